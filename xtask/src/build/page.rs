//! The demo page: a Rust program with Python in it, the page around it, and what it downloads.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use duct::cmd;
use flate2::{Compression, write::GzEncoder};
use serde_json::json;

use crate::{
    Workshop,
    build::{
        archive,
        cpython::Cpython,
        link::{self, STOCK_OBJECT},
        upstream,
    },
    tools::{
        cargo_tool,
        files::{clear, copy_all, digest, sha256},
        javascript, node,
        rust_target::{self, TARGET},
        steps::Log,
    },
};

/// What a visitor may download in all.
pub const MOST_BYTES: u64 = 6_000_000;
/// Of the standard library, what is left out for size: it makes no sense in a page, has a twin in C, or is large.
const OMITTED: [&str; 69] = [
    "asyncio",
    "email",
    "xml",
    "xmlrpc",
    "unittest",
    "http",
    "urllib",
    "pydoc.py",
    "_pydecimal.py",
    "_pydatetime.py",
    "_pyio.py",
    "html",
    "tarfile.py",
    "pdb.py",
    "bdb.py",
    "mailbox.py",
    "doctest.py",
    "subprocess.py",
    "concurrent",
    "wsgiref",
    "pickletools.py",
    "optparse.py",
    "ssl.py",
    "zipfile",
    "ftplib.py",
    "imaplib.py",
    "smtplib.py",
    "poplib.py",
    "socketserver.py",
    "webbrowser.py",
    "zipapp.py",
    "cProfile.py",
    "profile.py",
    "pstats.py",
    "trace.py",
    "tracemalloc.py",
    "modulefinder.py",
    "compileall.py",
    "mimetypes.py",
    "netrc.py",
    "cp[0-9]*.py",
    "mac_*.py",
    "iso8859_*.py",
    "iso2022*.py",
    "koi8*.py",
    "euc*.py",
    "*jis*.py",
    "gb*.py",
    "big5*.py",
    "johab.py",
    "kz*.py",
    "ptcp*.py",
    "tis_*.py",
    "hp_*.py",
    "palmos.py",
    "metadata",
    "resources",
    "_osx_support.py",
    "_sysconfigdata*.py",
    "ipaddress.py",
    "plistlib.py",
    "wave.py",
    "configparser.py",
    "pyclbr.py",
    "tabnanny.py",
    "fileinput.py",
    "cmd.py",
    "argparse.py",
    "zoneinfo",
];
/// The C extensions in it.
const EXTENSIONS: [(&str, &str); 3] = [
    ("offenders", "tests/e2e/cpython/offenders.c"),
    ("dispatch", "benches/c/dispatch.c"),
    ("suspend", "demo/src/suspend.c"),
];
const FLAGS: [&str; 9] = [
    "-sWASM_BINDGEN",
    "-sMODULARIZE",
    "-sEXPORT_ES6",
    "-sALLOW_MEMORY_GROWTH",
    "-sINITIAL_MEMORY=32MB",
    "-sSTACK_SIZE=5MB",
    "-sFORCE_FILESYSTEM",
    "-sENVIRONMENT=worker,node",
    link::EXPORTED_FUNCTIONS,
];
/// The last such flag counts.
const METHODS: &str = "-sEXPORTED_RUNTIME_METHODS=FS,ENV,ccall,UTF8ToString,stringToNewUTF8,wasmExports,wasmMemory,wasmTable,growMemory";

/// Builds the page into a folder ready to upload, and returns it with the bytes of a visit.
pub fn build(workshop: &Workshop, cpython: &Cpython) -> Result<(PathBuf, u64)> {
    let program = build_program(workshop, cpython)?;
    let site = workshop.root.join(archive::DIST).join("page");
    let root = &workshop.root;
    let inputs = ["demo/page", "npm/snapshot"].map(|name| root.join(name));
    let tools = ["package.json", "xtask/python/pack_stdlib.py", "xtask/js/demo-snapshot.mjs"]
        .map(|name| root.join(name));
    let outputs = ["demo.wasm", "demo.js"].map(|name| program.join(name));
    let key = digest(&[&inputs[..], &tools, &outputs].concat())?
        + &format!("{} {OMITTED:?} {:?}", site.display(), upstream::encode());
    if !site.join("manifest.json").exists() {
        workshop.steps.forget(&["page"])?;
    }
    let tools = javascript::install(workshop)?;
    workshop.steps.once("page", &key, |log| assemble(log, workshop, cpython, [&program, &tools], &site))?;
    let bytes = size(&site)?;
    ensure!(bytes < MOST_BYTES, "the page is {bytes} bytes to download, {MOST_BYTES} at most are wanted");
    Ok((site, bytes))
}

/// Compiles `demo/`, and links it with CPython, the extensions and our crate, unless the same was
/// linked before; returns the folder of `demo.js` and `demo.wasm`.
pub fn build_program(workshop: &Workshop, cpython: &Cpython) -> Result<PathBuf> {
    let tools = cargo_tool::install(workshop, "wasm-bindgen-cli")?;
    let (root, target) = (&workshop.root, workshop.home.join("cargo-demo"));
    let release = target.join(TARGET).join("release");
    let sources = [
        "demo/src",
        "demo/Cargo.toml",
        "demo/Cargo.lock",
        "src",
        "build",
        "build.rs",
        "Cargo.toml",
        "preRun.js",
    ];
    let mut inputs: Vec<PathBuf> = sources.iter().map(|name| root.join(name)).collect();
    inputs.extend(EXTENSIONS.map(|(_, source)| root.join(source)));
    inputs.push(cpython.library());
    inputs.extend(cpython.dependencies());
    if !release.join("demo.wasm").exists() {
        workshop.steps.forget(&["demo program"])?;
    }
    let key = digest(&inputs)?
        + &format!("{} {} {FLAGS:?} {METHODS}", target.display(), workshop.emscripten.version);
    workshop.steps.once("demo program", &key, |log| {
        let folder = workshop.home.join("demo");
        clear(&folder)?;
        let mut inputs = Vec::new();
        for (name, source) in EXTENSIONS {
            let object = folder.join(format!("{name}.o"));
            link::compile(log, workshop, cpython, &workshop.root.join(source), &object)?;
            inputs.push(object);
        }
        // emcc links archives whole with -sWASM_BINDGEN: CPython's own trampoline has to go.
        let library = folder.join("libpython3.13.a");
        fs::copy(cpython.library(), &library)?;
        let delete = ["d", &library.display().to_string(), STOCK_OBJECT];
        log.run(&workshop.emscripten.command("emar", delete))?;
        inputs.push(library);
        inputs.extend(cpython.dependencies());

        let config = folder.join("pyo3-config.txt");
        fs::write(
            &config,
            "implementation=CPython\nversion=3.13\nshared=false\nabi3=false\npointer_width=32\n\
             suppress_build_script_link_lines=true\n",
        )?;
        let inputs = inputs.iter().map(|input| input.display().to_string());
        let flags = FLAGS.into_iter().chain([METHODS]).map(str::to_owned);
        let link: Vec<String> =
            inputs.chain(flags).map(|argument| format!("-Clink-arg={argument}")).collect();
        let manifest = workshop.root.join("demo/Cargo.toml").display().to_string();
        let arguments = ["build", "--release", "--locked", "--target", TARGET, "--manifest-path", &manifest];
        // It does not know what the linker reads.
        let clean =
            ["clean", "--release", "--package", "demo", "--target", TARGET, "--manifest-path", &manifest];
        let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        log.run(&cmd(program, clean).env("CARGO_TARGET_DIR", &target))?;
        let cargo = rust_target::cargo(&workshop.home, "std,panic_abort", &arguments)?
            .env("CARGO_TARGET_DIR", &target)
            .env("CARGO_TARGET_WASM32_UNKNOWN_EMSCRIPTEN_LINKER", workshop.emscripten.program("emcc"))
            .env("CARGO_ENCODED_RUSTFLAGS", link.join("\x1f"))
            .env("PYO3_CONFIG_FILE", &config);
        log.run(&workshop.emscripten.with_tools(cargo, &tools))
    })?;
    Ok(release)
}

fn assemble(
    log: &Log,
    workshop: &Workshop,
    cpython: &Cpython,
    [program, tools]: [&Path; 2],
    site: &Path,
) -> Result<()> {
    clear(site)?;
    let (root, work) = (&workshop.root, workshop.home.join("page"));
    clear(&work)?;
    // What the page's modules import stands beside them when they are bundled.
    let page = root.join("demo/page");
    for entry in fs::read_dir(&page)? {
        let path = entry?.path();
        fs::copy(&path, work.join(path.file_name().context("a file")?))?;
    }
    copy_all(&root.join("npm/snapshot"), &work.join("snapshot"))?;
    fs::copy(program.join("demo.js"), work.join("demo.mjs"))?;
    std::os::unix::fs::symlink(tools, work.join("node_modules"))?;
    let esbuild = tools.join("@esbuild/linux-x64/bin/esbuild");
    let bundle = cmd!(
        esbuild,
        "main.mjs",
        "worker.mjs",
        "--bundle",
        "--minify",
        "--format=esm",
        "--target=es2022",
        "--external:node:*",
        "--log-level=warning",
        format!("--outdir={}", site.display())
    );
    log.run(&bundle.dir(&work))?;
    for name in ["index.html", "style.css"] {
        fs::copy(page.join(name), site.join(name))?;
    }

    let wasm = fs::read(program.join("demo.wasm"))?;
    let build = sha256(&wasm);
    let stdlib = work.join("python313.zip");
    let pack = root.join("xtask/python/pack_stdlib.py");
    let mut arguments = vec![pack.into_os_string(), cpython.source.join("Lib").into(), stdlib.clone().into()];
    arguments.extend(OMITTED.map(Into::into));
    log.run(&cmd(&workshop.build_python, arguments))?;
    let snapshot = work.join("python.snapshot");
    fs::copy(program.join("demo.wasm"), work.join("demo.wasm"))?;
    let taker = node::program(&workshop.home, &workshop.pins, node::TOOLS_NODE)?;
    let script = root.join("xtask/js/demo-snapshot.mjs");
    log.run(&cmd!(taker, "--stack-size=6500", "--no-warnings", script, &work, &build))?;

    let mut bytes = 0;
    for (name, content) in [
        ("demo.wasm", wasm),
        ("upstream.wasm", upstream::encode()),
        ("python313.zip", fs::read(&stdlib)?),
        ("python.snapshot", fs::read(&snapshot)?),
    ] {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(&content)?;
        let packed = encoder.finish()?;
        bytes += packed.len();
        fs::write(site.join(format!("{name}.bin")), packed)?;
    }
    let names = ["main.js", "worker.js", "demo.wasm.bin", "python313.zip.bin", "python.snapshot.bin"];
    let version = digest(&names.map(|name| site.join(name)))?;
    let manifest = json!({ "build": build, "version": version[..16], "bytes": bytes });
    fs::write(site.join("manifest.json"), manifest.to_string())?;
    Ok(())
}

/// What a visitor downloads. Servers compress text by themselves; counted as if by gzip.
fn size(site: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(site)? {
        let path = entry?.path();
        let content = fs::read(&path)?;
        let packed = path.extension().is_some_and(|extension| extension == "bin");
        bytes += if packed {
            content.len()
        } else {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(&content)?;
            encoder.finish()?.len()
        };
    }
    Ok(bytes as u64)
}
