//! Interpreters that others built, and engines that run them: programs and files of npm packages.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};

use crate::{
    Workshop,
    tools::{files::clear, need, node::npm_install},
};

/// The short version of the Pyodide that each engine is tested with, and that the page has.
pub const CURRENT: &str = "314";
/// One of another Python, which wants another function of the trampoline.
pub const OLDER: &str = "0.29";

/// The folder of a stock Pyodide, by its short version in toolchain.toml.
pub fn folder(workshop: &Workshop, short: &str) -> Result<PathBuf> {
    let version =
        workshop.pins.pyodide.get(short).with_context(|| format!("no Pyodide {short} is pinned"))?;
    Ok(package(workshop, "pyodide", version)?.join("node_modules/pyodide"))
}

/// A package of npm, installed into a folder of its own, which is returned.
pub fn package(workshop: &Workshop, name: &str, version: &str) -> Result<PathBuf> {
    let wanted = format!("{name}@{version}");
    let folder = workshop.home.join("npm").join(&wanted);
    workshop.steps.once(&format!("npm {wanted}"), &folder.display().to_string(), |log| {
        need("npm", "npm")?;
        clear(&folder)?;
        log.run(&npm_install(&folder, &["--ignore-scripts".to_owned(), wanted.clone()]))
    })?;
    Ok(folder)
}

/// The program of a JavaScript runtime in a package of npm.
pub fn runtime(workshop: &Workshop, name: &str, package_name: &str, program: &str) -> Result<PathBuf> {
    let version =
        workshop.pins.runtimes.get(name).with_context(|| format!("no {name} is pinned in toolchain.toml"))?;
    let folder = package(workshop, package_name, version)?.join("node_modules").join(package_name);
    let program = folder.join(program);
    ensure!(program.exists(), "{} is missing", program.display());
    Ok(program)
}
