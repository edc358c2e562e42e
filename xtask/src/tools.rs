//! The tools of the project: found on the machine or installed into `.toolchain/`.

use std::{env, ffi::OsString};

use anyhow::{Context, Result, bail};
use duct::{Expression, cmd};

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

/// The cargo that runs this program.
pub fn cargo<I>(arguments: I) -> Expression
where
    I: IntoIterator,
    I::Item: Into<OsString>,
{
    cmd(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()), arguments)
}

/// The day in UTC, as records have it: `2026-11-21`.
pub fn today() -> Result<String> {
    cmd!("date", "--utc", "+%F").read().context("date")
}

/// Fails, and names the package to install, unless `tool` is on PATH.
pub fn need(tool: &str, package: &str) -> Result<()> {
    let path = env::var_os("PATH").unwrap_or_default();
    if env::split_paths(&path).any(|folder| folder.join(tool).is_file()) {
        return Ok(());
    }
    bail!("{tool} is not on PATH: install the package {package} (apt-get install {package})")
}
