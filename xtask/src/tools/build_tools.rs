//! The build systems of others, from PyPI: their wheels hold programs.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use crate::{Workshop, tools::pypi};

/// CMake, Ninja, Meson and pkg-config.
#[derive(Debug)]
pub struct BuildTools {
    pub cmake: PathBuf,
    pub ninja: PathBuf,
    /// The folder that Python finds `mesonbuild` in.
    pub meson: PathBuf,
    pub pkgconf: PathBuf,
}

impl BuildTools {
    /// Installs them. `cpython` holds CPython's sources.
    pub fn install(workshop: &Workshop, cpython: &Path) -> Result<Self> {
        let program = |package: &str, file: &str| {
            let program = pypi::wheel(workshop, cpython, package)?.join(file);
            // Python's zipfile does not keep modes.
            fs::set_permissions(&program, fs::Permissions::from_mode(0o755))
                .with_context(|| format!("make {} executable", program.display()))?;
            anyhow::Ok(program)
        };
        let ninja = format!("ninja-{}.data/scripts/ninja", workshop.pins.wheels["ninja"]);
        Ok(Self {
            cmake: program("cmake", "cmake/data/bin/cmake")?,
            ninja: program("ninja", &ninja)?,
            meson: pypi::wheel(workshop, cpython, "meson")?,
            pkgconf: program("pkgconf", "pkgconf/.bin/pkgconf")?,
        })
    }
}
