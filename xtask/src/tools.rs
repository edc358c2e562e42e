//! The tools of the project: found on the machine or installed into `.toolchain/`.

use std::env;

use anyhow::{Result, bail};

pub mod build_tools;
pub mod cargo_tool;
pub mod debian;
pub mod emscripten;
pub mod files;
pub mod http;
pub mod javascript;
pub mod markdown;
pub mod node;
pub mod pins;
pub mod pyodide;
pub mod pypi;
pub mod rust_target;
pub mod steps;
pub mod workshop;

/// Fails, and names the package to install, unless `tool` is on PATH.
pub fn need(tool: &str, package: &str) -> Result<()> {
    let path = env::var_os("PATH").unwrap_or_default();
    if env::split_paths(&path).any(|folder| folder.join(tool).is_file()) {
        return Ok(());
    }
    bail!("{tool} is not on PATH: install the package {package} (apt-get install {package})")
}
