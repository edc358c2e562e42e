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
    build::{archive, attach, audit, cpython::Cpython, snapshot, upstream},
    tools::{
        files::{clear, copy_all, digest, list, sha256},
        javascript, node,
        pyodide::CURRENT,
        steps::Log,
    },
};

mod library;
pub mod program;
mod pyodide;

/// What a visitor may download before Python answers.
pub const MOST_BYTES: u64 = 5_000_000;

/// What each start of Python loads before anything else: worker.js.
const MOST_OF_A_WORKER: u64 = 130_000;

/// What the page is made from, besides the program.
const SOURCES: [&str; 9] = [
    "demo/page",
    "npm/attach",
    "npm/audit",
    "npm/pool",
    "npm/snapshot",
    EXAMPLE,
    "package.json",
    "xtask/python/compile_library.py",
    "xtask/js/demo-snapshot.mjs",
];
/// What the page shows for a reader to copy.
const EXAMPLE: &str = "examples/pyodide/main.mjs";
/// Each becomes a file that contains all that it imports.
const SCRIPTS: [&str; 5] = [
    "main.mjs",
    "input-service.mjs",
    "python/worker=worker.mjs",
    "pyodide/worker=attach-worker.mjs",
    "pyodide/audit-worker=audit-worker.mjs",
];

/// The same for a folder of their own: what resets Python in the view "Start-up", when a visitor asks for it.
const POOL_SCRIPTS: [&str; 3] = ["index=pool/index.mjs", "worker=pool/worker.mjs", "python=demo.mjs"];

/// Builds the page into a folder ready to upload, and returns it with the bytes of a visit.
pub fn build(workshop: &Workshop, cpython: &Cpython) -> Result<(PathBuf, u64)> {
    let site = workshop.root.join(archive::DIST).join("page");
    build_with(workshop, cpython, "page", &site, &[])?;
    let bytes = size(&site)?;
    ensure!(bytes < MOST_BYTES, "a visitor downloads {bytes} bytes; fewer than {MOST_BYTES} are allowed");
    let worker = fs::metadata(site.join("python/worker.js"))?.len();
    ensure!(
        worker < MOST_OF_A_WORKER,
        "worker.js has {worker} bytes; fewer than {MOST_OF_A_WORKER} are allowed"
    );
    Ok((site, bytes))
}

/// Builds it into `site`, with modules imported in its snapshot; `name` is that of the step, and of a folder for it.
pub fn build_with(
    workshop: &Workshop,
    cpython: &Cpython,
    name: &str,
    site: &Path,
    imports: &[&str],
) -> Result<()> {
    let program = program::build(workshop, cpython)?;
    attach::write(&workshop.root)?;
    audit::write(workshop)?;
    let inputs = SOURCES.map(|name| workshop.root.join(name));
    let outputs = ["demo.wasm", "demo.js"].map(|name| program.join(name));
    let others =
        format!("{} {:?} {} {imports:?}", site.display(), upstream::encode(), workshop.pins.pyodide[CURRENT]);
    let key = digest(&[&inputs[..], &outputs].concat())? + &others;
    if !site.join("manifest.json").exists() {
        workshop.steps.forget(&[name])?;
    }
    workshop.steps.once(name, &key, |log| {
        clear(site)?;
        let work = workshop.home.join(name);
        clear(&work)?;
        bundle(log, workshop, &program, &work, site)?;
        download(log, workshop, cpython, [&program, &work, site], &snapshot::import_lines(imports))
    })?;
    Ok(())
}

/// Puts the page's own files into `site`.
fn bundle(log: &Log, workshop: &Workshop, program: &Path, work: &Path, site: &Path) -> Result<()> {
    // What the page's modules import stands beside them when they are bundled.
    let page = workshop.root.join("demo/page");
    copy_all(&page, work)?;
    for part in ["attach", "audit", "pool", "snapshot"] {
        copy_all(&workshop.root.join("npm").join(part), &work.join(part))?;
    }
    fs::copy(workshop.root.join(EXAMPLE), work.join("example.txt"))?;
    fs::copy(program.join("demo.js"), work.join("demo.mjs"))?;
    std::os::unix::fs::symlink(javascript::install(workshop)?, work.join("node_modules"))?;
    let flags = [
        "--bundle",
        "--minify",
        "--format=esm",
        "--target=es2022",
        "--external:node:*",
        "--loader:.py=text",
        "--loader:.txt=text",
        "--log-level=warning",
    ];
    let bundler = javascript::esbuild(workshop)?;
    let esbuild = |scripts: &[&str], extension: &str, folder: &Path| {
        let arguments = scripts.iter().chain(&flags).map(|argument| (*argument).to_owned());
        let outputs = [format!("--out-extension:.js={extension}"), format!("--outdir={}", folder.display())];
        let arguments = arguments.chain(outputs);
        log.run(&cmd(&bundler, arguments).dir(work))
    };
    // By itself first, so that what is loaded later is not all of fflate.
    esbuild(&["gunzip.mjs"], ".js", work)?;
    esbuild(&SCRIPTS, ".js", site)?;
    esbuild(&POOL_SCRIPTS, ".mjs", &site.join("pool/new"))?;
    for name in ["index.html", "style.css"] {
        fs::copy(page.join(name), site.join(name))?;
    }
    Ok(())
}

/// Puts into `site` what the page fetches: the program, its library, a snapshot after `source`.
fn download(
    log: &Log,
    workshop: &Workshop,
    cpython: &Cpython,
    [program, work, site]: [&Path; 3],
    source: &str,
) -> Result<()> {
    let wasm = fs::read(program.join("demo.wasm"))?;
    let build = sha256(&wasm);
    fs::write(work.join("demo.wasm"), &wasm)?;
    let compiled = work.join("library");
    library::compile(log, workshop, cpython, &compiled)?;
    let taker = node::program(&workshop.home, &workshop.pins, node::TOOLS_NODE)?;
    let script = workshop.root.join("xtask/js/demo-snapshot.mjs");
    log.run(&cmd!(taker, "--stack-size=6500", "--no-warnings", script, work, &build, source))?;
    let read_at_start: Vec<String> = serde_json::from_slice(&fs::read(work.join("read.json"))?)?;
    let modules = site.join("library");
    let index = library::split(&compiled, &read_at_start, &modules)?;

    let start = modules.join(format!("{}.bin", library::START));
    let mut bytes = fs::metadata(start)?.len();
    for (name, content) in [
        ("demo.wasm", wasm),
        ("upstream.wasm", upstream::encode()),
        ("library.json", index.into_bytes()),
        ("python.snapshot", fs::read(work.join("python.snapshot"))?),
    ] {
        let packed = pack(&content)?;
        bytes += packed.len() as u64;
        fs::write(site.join(format!("{name}.bin")), packed)?;
    }
    let pyodide = pyodide::add(workshop, site)?;
    let version = &digest(&list(site)?)?[..16];
    // No file changes under its address, and its script finds the others by theirs.
    fs::rename(site.join("pool/new"), site.join("pool").join(version))?;
    let manifest = json!({ "build": build, "version": version, "bytes": bytes, "pyodide": pyodide });
    fs::write(site.join("manifest.json"), manifest.to_string())?;
    Ok(())
}

fn pack(content: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content)?;
    Ok(encoder.finish()?)
}

/// What is downloaded before Python answers. Servers compress text by themselves; counted as if by gzip.
fn size(site: &Path) -> Result<u64> {
    let mut paths = [list(site)?, list(&site.join("python"))?].concat();
    paths.retain(|path| path.is_file());
    paths.push(site.join("library").join(format!("{}.bin", library::START)));
    let mut bytes = 0;
    for path in paths {
        let content = fs::read(&path).with_context(|| format!("read {}", path.display()))?;
        let packed = path.extension().is_some_and(|extension| extension == "bin");
        bytes += if packed { content.len() } else { pack(&content)?.len() };
    }
    Ok(bytes as u64)
}
