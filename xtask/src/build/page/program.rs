//! The program of the page: `demo/`, linked with CPython, its C extensions and our crate.

use std::{fs, path::PathBuf};

use anyhow::Result;
use duct::Expression;

use crate::{
    Workshop,
    build::{cpython::Cpython, extension, link},
    tools::{
        self, cargo_tool,
        files::{clear, digest},
        rust_target::{self, TARGET},
        steps::Log,
    },
};

/// Of `demo/`.
pub const MANIFEST: &str = "demo/Cargo.toml";
/// The C extensions in it. `_operator` takes the place of CPython's.
const EXTENSIONS: [(&str, &str); 4] = [
    ("_operator", "demo/src/operator.c"),
    ("mismatched", "tests/e2e/cpython/mismatched.c"),
    ("dispatch", "benches/c/dispatch.c"),
    ("suspend", "demo/src/suspend.c"),
];
/// What it is made from, besides the extensions and CPython.
const SOURCES: [&str; 8] =
    ["demo/src", MANIFEST, "demo/Cargo.lock", "src", "build", "build.rs", "Cargo.toml", "preRun.js"];
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
/// Only the last such flag counts.
const METHODS: &str = "-sEXPORTED_RUNTIME_METHODS=FS,ENV,ccall,UTF8ToString,stringToNewUTF8,lengthBytesUTF8,wasmExports,wasmMemory,wasmTable,growMemory";

/// Compiles and links it, unless the same was linked before; returns the folder of `demo.js` and `demo.wasm`.
pub fn build(workshop: &Workshop, cpython: &Cpython) -> Result<PathBuf> {
    let tools = cargo_tool::install(workshop, "wasm-bindgen-cli")?;
    let (root, target) = (&workshop.root, workshop.home.join("cargo-demo"));
    let release = target.join(TARGET).join("release");
    let mut inputs: Vec<PathBuf> = SOURCES.iter().map(|name| root.join(name)).collect();
    let extensions = EXTENSIONS.map(|(_, source)| root.join(source));
    inputs.extend(extension::headers(&extensions.iter().collect(), &[])?);
    inputs.extend(extensions);
    inputs.push(cpython.library());
    inputs.extend(cpython.dependencies());
    if !release.join("demo.wasm").exists() {
        workshop.steps.forget(&["demo program"])?;
    }
    // With -sWASM_BINDGEN emcc exports every symbol of the files that it is given, of CPython's library 3,700. It does not
    // look into what it passes on to the linker.
    let libraries = [cpython.library()].into_iter().chain(cpython.dependencies());
    let libraries: Vec<String> = libraries.map(|library| format!("-Wl,{}", library.display())).collect();
    let key = digest(&inputs)?
        + &format!("{} {} {libraries:?} {FLAGS:?} {METHODS}", target.display(), workshop.emscripten.version);
    workshop.steps.once("demo program", &key, |log| {
        let flags = FLAGS.into_iter().chain([METHODS]).map(str::to_owned);
        let inputs = objects(log, workshop, cpython)?.into_iter().chain(libraries).chain(flags);
        let link: Vec<String> = inputs.map(|argument| format!("-Clink-arg={argument}")).collect();
        // cargo does not know what the linker reads.
        let clean = ["clean", "--release", "--package", "demo", "--target", TARGET];
        let manifest = ["--manifest-path".into(), root.join(MANIFEST).display().to_string()];
        let clean = clean.into_iter().map(str::to_owned).chain(manifest);
        log.run(&tools::cargo(clean).env("CARGO_TARGET_DIR", &target))?;
        let cargo = cargo(workshop, MANIFEST, &["build", "--release", "--locked"], &[])?
            .env("CARGO_TARGET_DIR", &target)
            .env("CARGO_TARGET_WASM32_UNKNOWN_EMSCRIPTEN_LINKER", workshop.emscripten.program("emcc"))
            .env("CARGO_ENCODED_RUSTFLAGS", link.join("\x1f"));
        log.run(&workshop.emscripten.with_tools(cargo, &tools))
    })?;
    Ok(release)
}

/// `cargo` for a program with pyo3: a verb with its options, and what stands at the end.
pub fn cargo(workshop: &Workshop, manifest: &str, verb: &[&str], last: &[&str]) -> Result<Expression> {
    let config = workshop.home.join("pyo3-config.txt");
    let text = format!(
        "implementation=CPython\nversion={}\nshared=false\nabi3=false\npointer_width=32\n\
         suppress_build_script_link_lines=true\n",
        workshop.pins.cpython.minor()
    );
    // Another cargo may be reading it.
    if !fs::read_to_string(&config).is_ok_and(|known| known == text) {
        fs::write(&config, text)?;
    }
    let manifest = workshop.root.join(manifest).display().to_string();
    let arguments = [verb, &["--target", TARGET, "--manifest-path", &manifest], last].concat();
    Ok(rust_target::cargo(&workshop.home, "std,panic_abort", &arguments)?.env("PYO3_CONFIG_FILE", config))
}

/// The objects of the C extensions.
fn objects(log: &Log, workshop: &Workshop, cpython: &Cpython) -> Result<Vec<String>> {
    let folder = workshop.home.join("demo");
    clear(&folder)?;
    let mut objects = Vec::new();
    for (name, source) in EXTENSIONS {
        let object = folder.join(format!("{name}.o"));
        link::compile(
            log,
            workshop,
            cpython,
            &[cpython.source.join("Modules")],
            &workshop.root.join(source),
            &object,
        )?;
        objects.push(object.display().to_string());
    }
    Ok(objects)
}
