//! `libpyem_trampoline.a` and `libpyem_trampoline-mt.a`: one relocatable object in each, with what is shipped beside them.
//!
//! One object, because MAIN_MODULE=1 links archives whole: members of `core` would come along.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use duct::cmd;

use crate::{
    Workshop,
    tools::{
        files::{clear, copy, list, list_all},
        rust_target::{self, TARGET},
        steps::Log,
    },
};

#[allow(dead_code, reason = "each user takes what it needs")]
#[path = "../../../build/adaptor.rs"]
pub(crate) mod adaptor;

/// The folder that `cargo xtask dist` fills.
pub const DIST: &str = "dist";

/// An archive for one kind of links.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variant {
    /// Links without threads.
    Plain,
    /// Links with `-pthread`, which take no object without atomics.
    Threads,
}

impl Variant {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Plain, Self::Threads];

    /// Its file name.
    pub const fn file(self) -> &'static str {
        match self {
            Self::Plain => "libpyem_trampoline.a",
            Self::Threads => "libpyem_trampoline-mt.a",
        }
    }

    /// The features of WebAssembly that its object lists. wasm-ld takes all lists together, and hands them to a
    /// Binaryen that may be older than rustc: one name that it does not know fails the link.
    pub const fn features(self) -> &'static [&'static str] {
        match self {
            // Refuses links with shared memory.
            Self::Plain => &["-shared-mem"],
            Self::Threads => &["+atomics", "+bulk-memory"],
        }
    }

    /// The content of the object's section `target_features`:
    /// <https://github.com/WebAssembly/tool-conventions/blob/main/Linking.md#target-features-section>
    pub fn target_features(self) -> Vec<u8> {
        // Each length is less than 128, so that its byte is its LEB128.
        let mut bytes = vec![self.features().len() as u8];
        for feature in self.features() {
            let (prefix, name) = feature.split_at(1);
            bytes.extend(prefix.as_bytes());
            bytes.push(name.len() as u8);
            bytes.extend(name.as_bytes());
        }
        bytes
    }
}

/// Builds the crate for the target and fills `dist/`; returns the plain archive. Cheap when nothing changed.
pub fn build(workshop: &Workshop) -> Result<PathBuf> {
    let dist = workshop.root.join(DIST);
    fs::create_dir_all(&dist)?;
    for variant in Variant::ALL {
        workshop.steps.always(variant.file(), |log| {
            let target = workshop.home.join("cargo");
            compile(workshop, log, variant, &workshop.root, &target, &dist.join(variant.file()))
        })?;
    }
    fs::write(dist.join("adaptor.wasm"), adaptor::encode())?;
    copy(&workshop.root.join("tests/golden/adaptor.wat"), &dist.join("adaptor.wat"))?;
    copy(&workshop.root.join("preRun.js"), &dist.join("preRun.js"))?;
    copy(&workshop.root.join("include/pyem_trampoline.h"), &dist.join("pyem_trampoline.h"))?;
    pack_for_build_systems(&workshop.root, &dist)?;
    for licence in ["LICENSE-MIT", "LICENSE-APACHE"] {
        copy(&workshop.root.join(licence), &dist.join(licence))?;
    }
    Ok(dist.join(Variant::Plain.file()))
}

/// One line in another's build: what emscripten, CMake and pkg-config read, with the crate's version.
fn pack_for_build_systems(root: &Path, dist: &Path) -> Result<()> {
    let manifest: toml::Table = toml::from_str(&fs::read_to_string(root.join("Cargo.toml"))?)?;
    let version = manifest["package"]["version"].as_str().context("Cargo.toml has a version")?;
    let packaging = root.join("packaging");
    for file in list_all(&packaging)? {
        // It is built from the packed crate, not from here.
        if file.starts_with(packaging.join("conda")) {
            continue;
        }
        let to = dist.join(file.strip_prefix(&packaging)?);
        fs::create_dir_all(to.parent().context("a folder")?)?;
        fs::write(&to, fs::read_to_string(&file)?.replace("@VERSION@", version))?;
    }
    Ok(())
}

/// Compiles the sources in a folder into an archive, with a target folder of cargo's.
pub fn compile(
    workshop: &Workshop,
    log: &Log,
    variant: Variant,
    sources: &Path,
    target: &Path,
    archive: &Path,
) -> Result<()> {
    let arguments = ["build", "--release", "--lib", "--package", "pyem-trampoline", "--target", TARGET];
    let cargo = rust_target::cargo(&workshop.home, "core", &arguments)?.dir(sources);
    let used: Vec<&str> =
        variant.features().iter().copied().filter(|feature| feature.starts_with('+')).collect();
    let flags = format!("-Ctarget-cpu=mvp -Ctarget-feature={}", used.join(","));
    let cargo =
        cargo.env("CARGO_TARGET_DIR", target).env_remove("CARGO_ENCODED_RUSTFLAGS").env("RUSTFLAGS", flags);
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
    // rustc lists as well what the features imply to it, and wasm-ld drops what an object refuses.
    let features = objects.join("target_features");
    fs::write(&features, variant.target_features())?;
    let add = format!("--add-section=target_features={}", features.display());
    log.run(&cmd!(llvm.join("llvm-objcopy"), "--remove-section=target_features", add, &object))?;
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
