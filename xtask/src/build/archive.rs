//! `libpyem_trampoline.a`: one relocatable object in an archive, with what is shipped beside it.
//!
//! One object, because MAIN_MODULE=1 links archives whole: members of `core` would come along.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Result, ensure};
use duct::cmd;

use crate::{
    Workshop,
    tools::{
        files::{clear, copy, list},
        rust_target::{self, TARGET},
        steps::Log,
    },
};

#[allow(dead_code, reason = "each user takes what it needs")]
#[path = "../../../build/adaptor.rs"]
pub(crate) mod adaptor;

/// The folder that `cargo xtask dist` fills.
pub const DIST: &str = "dist";
pub const ARCHIVE: &str = "libpyem_trampoline.a";

/// Builds the crate for the target and fills `dist/`. Cheap when nothing changed.
pub fn build(workshop: &Workshop) -> Result<PathBuf> {
    workshop.steps.always("libpyem_trampoline.a", |log| {
        let dist = workshop.root.join(DIST);
        fs::create_dir_all(&dist)?;
        let archive = dist.join(ARCHIVE);
        compile(workshop, log, &workshop.root, &workshop.home.join("cargo"), &archive)?;
        fs::write(dist.join("adaptor.wasm"), adaptor::encode())?;
        copy(&workshop.root.join("tests/golden/adaptor.wat"), &dist.join("adaptor.wat"))?;
        copy(&workshop.root.join("preRun.js"), &dist.join("preRun.js"))?;
        copy(&workshop.root.join("include/pyem_trampoline.h"), &dist.join("pyem_trampoline.h"))?;
        for licence in ["LICENSE-MIT", "LICENSE-APACHE"] {
            copy(&workshop.root.join(licence), &dist.join(licence))?;
        }
        Ok(archive)
    })
}

/// Compiles the sources in a folder into an archive, with a target folder of cargo's.
pub fn compile(workshop: &Workshop, log: &Log, sources: &Path, target: &Path, archive: &Path) -> Result<()> {
    let arguments = ["build", "--release", "--lib", "--package", "pyem-trampoline", "--target", TARGET];
    let cargo = rust_target::cargo(&workshop.home, "core", &arguments)?.dir(sources);
    let cargo = cargo.env("CARGO_TARGET_DIR", target);
    log.run(&workshop.emscripten.with_variables(cargo))?;
    let objects = target.join("objects");
    clear(&objects)?;
    let llvm = &workshop.emscripten.llvm;
    let rlib = target.join(TARGET).join("release/libpyem_trampoline.rlib");
    log.run(&cmd!(llvm.join("llvm-ar"), "x", &rlib).dir(&objects))?;
    let mut members = list(&objects)?;
    members.retain(|path| path.extension().is_some_and(|extension| extension == "o"));
    ensure!(
        members.len() == 2,
        "{} should hold the crate's object and shim.o, and holds {members:?}",
        rlib.display()
    );
    let object = objects.join("pyem_trampoline.o");
    let mut link = vec!["-r".into(), "-o".into(), object.clone()];
    link.extend(members);
    log.run(&cmd(llvm.join("wasm-ld"), link))?;
    fs::remove_file(archive).ok();
    // D: no dates in it, so that the same sources give the same bytes.
    log.run(&cmd!(llvm.join("llvm-ar"), "rcsD", archive, &object))
}

/// Names that a symbol of the archive may begin with: ours, CPython's, and what emcc itself reads.
const KNOWN_PREFIXES: [&str; 8] = [
    "pyem_",
    "_PyEM_",
    "_Py_EmscriptenTrampoline_Init",
    "__wrap__PyEM_",
    "__wrap__Py_EmscriptenTrampoline_Init",
    "__em_js__pyem_",
    "__em_lib_deps_pyem_",
    // CPython's API.
    "Py",
];
/// What every object of wasm-ld refers to.
const LINKER_SYMBOLS: [&str; 5] =
    ["__indirect_function_table", "__linear_memory", "__memory_base", "__stack_pointer", "__table_base"];

/// Fails on the first symbol that has no place in the archive. `listing` is what
/// `llvm-nm --format=just-symbols --print-file-name` prints.
pub fn check_symbols(listing: &str) -> Result<()> {
    for line in listing.lines() {
        let name = line.rsplit(": ").next().unwrap_or(line).trim();
        ensure!(!name.contains("panic"), "panic machinery is in the archive: {line}");
        let known = name.is_empty()
            || KNOWN_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
            || LINKER_SYMBOLS.contains(&name);
        ensure!(known, "a stray symbol is in the archive: {line}");
    }
    Ok(())
}
