//! The JavaScript tools of package.json.

use std::{fs, path::PathBuf};

use anyhow::Result;
use duct::cmd;

use super::need;
use crate::Workshop;

/// Installs them, unless they are there: checkers, and what the page is made of. Returns their folder.
///
/// package.json names exact versions. No lock file: npm's, written on one platform, leaves out
/// the tools' programs for others, and `npm ci` then refuses it.
pub fn install(workshop: &Workshop) -> Result<PathBuf> {
    let folder = workshop.root.join("node_modules");
    if !folder.join(".bin/biome").exists() {
        workshop.steps.forget(&["JavaScript tools"])?;
    }
    let wanted = fs::read_to_string(workshop.root.join("package.json"))?;
    workshop.steps.once("JavaScript tools", &format!("{} {wanted}", folder.display()), |log| {
        need("npm", "npm")?;
        let install = cmd!("npm", "install", "--no-package-lock", "--no-audit", "--no-fund");
        log.run(&install.dir(&workshop.root))
    })?;
    Ok(folder)
}

/// The program that bundles and minifies.
pub fn esbuild(workshop: &Workshop) -> Result<PathBuf> {
    Ok(install(workshop)?.join("@esbuild/linux-x64/bin/esbuild"))
}

/// Formats files of the project, in which something was written: tables are padded.
pub fn format(workshop: &Workshop, files: &[&str]) -> Result<()> {
    let biome = install(workshop)?.join(".bin/biome");
    cmd(biome, ["format", "--write"].iter().chain(files)).dir(&workshop.root).run()?;
    Ok(())
}
