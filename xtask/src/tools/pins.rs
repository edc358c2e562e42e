//! `toolchain.toml`, the file that pins every version.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::{Context, Result};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Pins {
    pub rust: RustPins,
    pub emscripten: EmscriptenPins,
    pub oldest_emscripten: OldestEmscriptenPins,
    pub cpython: CpythonPins,
    pub later_cpython: CpythonPins,
    /// Version by major version.
    pub node: BTreeMap<String, String>,
    /// Version of stock Pyodide by its short form.
    pub pyodide: BTreeMap<String, String>,
    /// Version by package of PyPI, compiled for it.
    pub pyodide_wheels: BTreeMap<String, String>,
    /// More of them by package of PyPI, which are audited only.
    pub audited_wheels: BTreeMap<String, AuditedWheelPins>,
    /// Version by package of PyPI that these import.
    pub audited_wheels_require: BTreeMap<String, String>,
    /// By stock Pyodide's short version.
    pub pyodide_platforms: BTreeMap<String, PlatformPins>,
    /// Version by package of PyPI: JupyterLite, and what its build requires.
    pub jupyterlite: BTreeMap<String, String>,
    /// Version by package of PyPI that its kernel requires.
    pub jupyterlite_kernel: BTreeMap<String, String>,
    /// Version by name, of more JavaScript runtimes.
    pub runtimes: BTreeMap<String, String>,
    /// Version by crate, of programs.
    pub cargo: BTreeMap<String, String>,
    pub workerd: WorkerdPins,
    pub pip: PipPins,
    /// Version by package of PyPI, whose sources are downloaded.
    pub sdists: BTreeMap<String, String>,
    /// Version by package of PyPI, which is pure Python.
    pub wheels: BTreeMap<String, String>,
    /// Version by package.
    pub npm: BTreeMap<String, String>,
    /// Version by suite and package.
    pub debian: BTreeMap<String, BTreeMap<String, String>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct RustPins {
    pub tested: String,
    /// The version of Debian's package.
    pub rust_src: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmscriptenPins {
    /// The least version that is accepted, and the one that is tested.
    pub version: String,
}

/// Debian's, in a folder of its own.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OldestEmscriptenPins {
    pub version: String,
    pub suite: String,
    /// Version by package of the suite.
    pub packages: BTreeMap<String, String>,
}

/// What the names of a stock Pyodide's wheels hold.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlatformPins {
    /// Python's minor version.
    pub python: String,
    pub platform: String,
    /// The version of Debian's package with that Python's headers; none for the Python that is built.
    pub headers: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditedWheelPins {
    pub version: String,
    /// Short versions of the Pyodides that there are wheels for.
    pub pyodide: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkerdPins {
    /// That of the npm package.
    pub version: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PipPins {
    /// The version of Debian's library that pip downloads with.
    pub libssl: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CpythonPins {
    /// Upstream's version.
    pub version: String,
    /// That of Debian's source package.
    pub source: String,
    /// The package's suite.
    pub suite: String,
}

impl CpythonPins {
    /// The version without its last part, which names of files hold: `3.13`.
    pub fn minor(&self) -> &str {
        self.version.rsplit_once('.').map_or(&self.version, |(minor, _)| minor)
    }

    /// The same without the point, as the packed library is named: `313`.
    pub fn digits(&self) -> String {
        self.minor().replace('.', "")
    }
}

impl Pins {
    /// Of a stock Pyodide, by its short version.
    pub fn platform(&self, pyodide: &str) -> Result<&PlatformPins> {
        let platform = self.pyodide_platforms.get(pyodide);
        platform.with_context(|| format!("toolchain.toml has no {pyodide} in [pyodide-platforms]"))
    }

    /// Reads the file of the project in `root`.
    pub fn read(root: &Path) -> Result<Self> {
        let path = root.join("toolchain.toml");
        let text = fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
        toml::from_str(&text).with_context(|| format!("parse {}", path.display()))
    }
}
