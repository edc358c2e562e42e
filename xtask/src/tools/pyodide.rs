//! Interpreters that others built, and engines that run them: programs and files of npm packages.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};

use crate::{
    Workshop,
    tools::{
        files::clear,
        need,
        node::{self, npm_install},
    },
};

/// The folder of a stock Pyodide, by its short version in toolchain.toml.
pub fn folder(workshop: &Workshop, short: &str) -> Result<PathBuf> {
    let version =
        workshop.pins.pyodide.get(short).with_context(|| format!("no Pyodide {short} is pinned"))?;
    Ok(package(workshop, "pyodide", version)?.join("node_modules/pyodide"))
}

/// A package of npm, installed into a folder of its own, which is returned.
fn package(workshop: &Workshop, name: &str, version: &str) -> Result<PathBuf> {
    let wanted = format!("{name}@{version}");
    let folder = workshop.home.join("npm").join(&wanted);
    workshop.steps.once(&format!("npm {wanted}"), &folder.display().to_string(), |log| {
        need("npm", "npm")?;
        clear(&folder)?;
        log.run(&npm_install(&folder, &["--ignore-scripts".to_owned(), wanted.clone()]))
    })?;
    Ok(folder)
}

/// A JavaScript runtime, as a command without its script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Runtime {
    /// A major version.
    Node(u32),
    /// V8.
    Deno,
    /// JavaScriptCore.
    Bun,
}

impl Runtime {
    /// Program and arguments.
    pub fn command(self, workshop: &Workshop) -> Result<Vec<PathBuf>> {
        let pin = |name: &str| {
            workshop.pins.runtimes.get(name).with_context(|| format!("no {name} is pinned in toolchain.toml"))
        };
        let command = match self {
            Self::Node(major) => vec![node::program(&workshop.home, &workshop.pins, &major.to_string())?],
            Self::Deno => {
                let name = "@deno/linux-x64-glibc";
                let program =
                    package(workshop, name, pin("deno")?)?.join("node_modules").join(name).join("deno");
                vec![program, "run".into(), "--allow-all".into(), "--quiet".into()]
            }
            Self::Bun => {
                let name = "@oven/bun-linux-x64";
                vec![package(workshop, name, pin("bun")?)?.join("node_modules").join(name).join("bin/bun")]
            }
        };
        ensure!(command[0].exists(), "{} is missing", command[0].display());
        Ok(command)
    }
}
