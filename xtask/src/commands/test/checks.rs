//! Formatting, lints, types and documentation.

use anyhow::Result;
use duct::{Expression, cmd};

use crate::{
    Workshop,
    build::{attach, audit, page::program},
    tools::{
        self, javascript,
        rust_target::{self, TARGET},
    },
};

/// Those of Rust.
pub fn of_rust(workshop: &Workshop) -> Result<()> {
    let root = &workshop.root;
    let cargo = |arguments: &[&str]| tools::cargo(arguments).dir(root);
    let step = |name: &str, command: Expression| workshop.steps.always(name, |log| log.run(&command));
    step("rustfmt", cargo(&["fmt", "--all", "--check"]))?;
    for manifest in PYO3_PROGRAMS {
        step(&format!("rustfmt of {manifest}"), cargo(&["fmt", "--check", "--manifest-path", manifest]))?;
    }
    let clippy = ["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"];
    step("clippy", cargo(&clippy))?;
    step("clippy for the target", target_clippy(workshop)?)?;
    for manifest in PYO3_PROGRAMS {
        step(&format!("clippy of {manifest}"), pyo3_clippy(workshop, manifest)?)?;
    }
    let doc = ["doc", "--no-deps", "--package", "pyem-trampoline", "--document-private-items"];
    step("rustdoc", cargo(&doc).env("RUSTDOCFLAGS", "-D warnings"))
}

/// Those of JavaScript.
pub fn of_javascript(workshop: &Workshop) -> Result<()> {
    let root = &workshop.root;
    let step = |name: &str, command: Expression| workshop.steps.always(name, |log| log.run(&command));
    attach::write(root)?;
    audit::write(workshop)?;
    let bin = javascript::install(workshop)?.join(".bin");
    step("Biome", cmd!(bin.join("biome"), "ci", "--colors=off", "--error-on-warnings", ".").dir(root))?;
    step("tsc", cmd!(bin.join("tsc")).dir(root))
}

/// Most of the crate exists on the target only.
fn target_clippy(workshop: &Workshop) -> Result<Expression> {
    let arguments = ["clippy", "--release", "--lib", "--package", "pyem-trampoline", "--target", TARGET];
    let arguments = [&arguments[..], &["--", "-D", "warnings"]].concat();
    let clippy = rust_target::cargo(&workshop.home, "core", &arguments)?
        .dir(&workshop.root)
        .env("CARGO_TARGET_DIR", workshop.home.join("cargo-clippy"));
    Ok(workshop.emscripten.with_variables(clippy))
}

/// They are no members of the workspace: they exist on the target only.
const PYO3_PROGRAMS: [&str; 2] = [program::MANIFEST, "examples/pyo3/Cargo.toml"];

/// In the profile that is the same for all, so that they share what they depend on.
fn pyo3_clippy(workshop: &Workshop, manifest: &str) -> Result<Expression> {
    let clippy = program::cargo(workshop, manifest, &["clippy", "--locked"], &["--", "-D", "warnings"])?
        .env("CARGO_TARGET_DIR", workshop.home.join("cargo-clippy"))
        .env("CARGO_PROFILE_DEV_DEBUG", "false");
    Ok(workshop.emscripten.with_variables(clippy))
}
