//! Programs that cargo installs.

use std::path::PathBuf;

use anyhow::Result;

use crate::{Workshop, tools::cargo};

/// Installs a program that is pinned under `[cargo]`; returns its folder.
pub fn install(workshop: &Workshop, name: &str) -> Result<PathBuf> {
    let home = workshop.home.join("cargo-tools");
    let version = &workshop.pins.cargo[name];
    let key = format!("{} {version}", home.display());
    workshop.steps.once(&format!("{name} {version}"), &key, |log| {
        let root = home.display().to_string();
        // Optimised they would take twice as long to compile, and they run for seconds.
        let install =
            ["install", name, "--version", version, "--debug", "--locked", "--force", "--root", &root];
        log.run(&cargo(install).env("CARGO_PROFILE_DEV_DEBUG", "false"))
    })?;
    Ok(home.join("bin"))
}
