//! `toolchain.toml`, the file that pins every version.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::{Context, Result};
use serde::Deserialize;

/// The file's content.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Pins {
    /// The Rust toolchain.
    pub rust: RustPins,
    /// The C toolchain.
    pub emscripten: EmscriptenPins,
    /// The interpreter.
    pub cpython: CpythonPins,
    /// Version by major version.
    pub node: BTreeMap<String, String>,
    /// Version of stock Pyodide by its short form.
    pub pyodide: BTreeMap<String, String>,
    /// Version by name, of more JavaScript runtimes.
    pub runtimes: BTreeMap<String, String>,
    /// Version by package of PyPI.
    pub wheels: BTreeMap<String, String>,
    /// Version by crate, of programs.
    pub cargo: BTreeMap<String, String>,
    /// Cloudflare's runtime.
    pub workerd: WorkerdPins,
    /// Programs to measure.
    pub pyperformance: PyperformancePins,
    /// Version by package.
    pub npm: BTreeMap<String, String>,
    /// Version by suite and package.
    pub debian: BTreeMap<String, BTreeMap<String, String>>,
}

/// `[rust]`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct RustPins {
    /// The version that the project is tested with.
    pub tested: String,
    /// Debian's version of the same.
    pub rust_src: String,
}

/// `[emscripten]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmscriptenPins {
    /// The least version that is accepted, and the one that is tested.
    pub version: String,
}

/// `[workerd]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkerdPins {
    /// Of its npm package.
    pub version: String,
}

/// `[pyperformance]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PyperformancePins {
    /// Of its PyPI package.
    pub version: String,
    /// Of Debian's library that pip downloads with.
    pub libssl: String,
}

/// `[cpython]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CpythonPins {
    /// Upstream's version.
    pub version: String,
    /// That of Debian's source package.
    pub source: String,
}

impl Pins {
    /// Reads the file of the project in `root`.
    pub fn read(root: &Path) -> Result<Self> {
        let path = root.join("toolchain.toml");
        let text = fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
        toml::from_str(&text).with_context(|| format!("parse {}", path.display()))
    }
}
