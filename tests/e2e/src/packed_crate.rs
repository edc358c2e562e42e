//! What `cargo package` packs.

use std::{fs, path::Path};

use anyhow::{Result, ensure};
use duct::cmd;
use xtask::tools::{
    cargo,
    files::{clear, list},
};

use crate::Bench;

/// Packs the crate and unpacks it into a new folder.
pub fn unpack(bench: &Bench, folder: &Path) -> Result<()> {
    let target = bench.workshop.home.join("cargo-package");
    clear(&target)?;
    cargo(["package", "--package", "pyem-trampoline", "--no-verify", "--allow-dirty", "--quiet"])
        .dir(&bench.workshop.root)
        .env("CARGO_TARGET_DIR", &target)
        .run()?;
    let files = list(&target.join("package"))?;
    let packed: Vec<_> =
        files.iter().filter(|file| file.extension().is_some_and(|end| end == "crate")).collect();
    ensure!(packed.len() == 1, "{files:?}");
    fs::create_dir(folder)?;
    cmd!("tar", "xf", packed[0], "--strip-components=1", "-C", folder).run()?;
    Ok(())
}
