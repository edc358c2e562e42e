//! The tools of the project: found on the machine or installed into `.toolchain/`.

use std::env;

use anyhow::{Result, bail};

pub mod cargo_tool;
pub mod check;
pub mod debian;
pub mod emscripten;
pub mod files;
pub mod javascript;
pub mod markdown;
pub mod node;
pub mod pins;
pub mod pyodide;
pub mod rust_target;
pub mod steps;
pub mod workshop;

/// An error that names the package, unless `tool` is on PATH.
pub fn need(tool: &str, package: &str) -> Result<()> {
    let path = env::var_os("PATH").unwrap_or_default();
    if env::split_paths(&path).any(|folder| folder.join(tool).is_file()) {
        return Ok(());
    }
    bail!("{tool} is not on PATH: install the package {package} (apt-get install {package})")
}
