//! The npm package, from `npm/`.

use std::{fs, path::PathBuf};

use anyhow::{Context, Result};
use duct::cmd;
use serde_json::Value;

use super::{archive::DIST, attach, audit};
use crate::{
    Workshop,
    tools::{
        files::{clear, copy, copy_all},
        javascript,
    },
};

/// Puts the package with its types and licences together, packs it into `dist/npm`, and returns the
/// `.tgz`. `npm install FILE` installs it.
pub fn pack(workshop: &Workshop) -> Result<PathBuf> {
    let tsc = javascript::install(workshop)?.join(".bin/tsc");
    attach::write(&workshop.root)?;
    audit::write(workshop)?;
    let dist = workshop.root.join(DIST).join("npm");
    workshop.steps.always("npm package", |log| {
        clear(&dist)?;
        let package = workshop.home.join("npm-package");
        clear(&package)?;
        copy_all(&workshop.root.join("npm"), &package)?;
        for file in ["LICENSE-MIT", "LICENSE-APACHE", "preRun.js"] {
            copy(&workshop.root.join(file), &package.join(file))?;
        }
        let types = ["--project", "npm/tsconfig.json", "--outDir"];
        log.run(
            &cmd(tsc, types.map(Into::into).into_iter().chain([package.clone().into_os_string()]))
                .dir(&workshop.root),
        )?;
        fs::remove_file(package.join("tsconfig.json"))?;
        log.run(&cmd!("npm", "pack", "--pack-destination", &dist).dir(&package))?;
        let manifest: Value = serde_json::from_str(&fs::read_to_string(package.join("package.json"))?)?;
        let version = manifest["version"].as_str().context("package.json has a version")?;
        Ok(dist.join(format!("pyem-trampoline-{version}.tgz")))
    })
}
