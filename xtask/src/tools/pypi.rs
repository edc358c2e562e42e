//! Packages from PyPI, unpacked, by the pip that CPython's sources hold. It asks the machine's settings (pip's files
//! and variables) for the index.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use duct::{Expression, cmd};

use crate::{
    Workshop,
    tools::{
        debian::Debian,
        files::{clear, list},
        need,
        steps::Log,
    },
};

/// What pip downloads.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Sdist,
    Wheel,
}

/// The folder of a package's sources. `cpython` holds CPython's.
pub fn sdist(workshop: &Workshop, cpython: &Path, name: &str) -> Result<PathBuf> {
    install(workshop, cpython, Kind::Sdist, name)
}

/// The folder of a pure-Python package as it would be installed. `cpython` holds CPython's sources.
pub fn wheel(workshop: &Workshop, cpython: &Path, name: &str) -> Result<PathBuf> {
    install(workshop, cpython, Kind::Wheel, name)
}

fn install(workshop: &Workshop, cpython: &Path, kind: Kind, name: &str) -> Result<PathBuf> {
    let (pins, section) = match kind {
        Kind::Sdist => (&workshop.pins.sdists, "sdists"),
        Kind::Wheel => (&workshop.pins.wheels, "wheels"),
    };
    let version = pins.get(name).with_context(|| format!("toolchain.toml has no {name} in [{section}]"))?;
    let home = workshop.home.join("pypi");
    let folder = home.join(section).join(name);
    let key = format!("{} {version} {}", folder.display(), workshop.pins.pip.libssl);
    let ssl = libssl(workshop, &home)?;
    workshop.steps.once(&format!("{name} {version} of PyPI"), &key, |log| {
        let downloads = home.join("download");
        clear(&downloads)?;
        clear(&folder)?;
        let pip = only_file(&cpython.join("Lib/ensurepip/_bundled"))?.join("pip");
        let mut arguments: Vec<OsString> = vec![pip.into(), "download".into(), "--no-deps".into()];
        arguments.extend(match kind {
            // Only to be unpacked: its build system, which pip asks for the name, is a stand-in.
            Kind::Sdist => vec!["--no-binary=:all:".into(), "--no-build-isolation".into()],
            Kind::Wheel => vec!["--only-binary=:all:".into()],
        });
        arguments.extend(["--dest".into(), downloads.clone().into(), format!("{name}=={version}").into()]);
        let download = cmd(&workshop.build_python, arguments)
            .env("LD_LIBRARY_PATH", &ssl)
            .env("PYTHONPATH", workshop.root.join("xtask/python/stand-in"));
        log.run(&download).context("download from PyPI: is the network up?")?;
        unpack(log, workshop, kind, &only_file(&downloads)?, &folder)
    })?;
    Ok(folder)
}

fn unpack(log: &Log, workshop: &Workshop, kind: Kind, file: &Path, folder: &Path) -> Result<()> {
    let unpack: Expression = match kind {
        Kind::Sdist => {
            need("tar", "tar")?;
            cmd!("tar", "xf", file, "--strip-components=1", "-C", folder)
        }
        Kind::Wheel => cmd!(&workshop.build_python, "-m", "zipfile", "--extract", file, folder),
    };
    log.run(&unpack)
}

/// The folder of the TLS library. Debian's Python comes without it, and the machine's may be too old for it.
fn libssl(workshop: &Workshop, home: &Path) -> Result<PathBuf> {
    let folder = home.join("ssl");
    let version = &workshop.pins.pip.libssl;
    workshop.steps.once("libssl of Debian", &format!("{} {version}", folder.display()), |log| {
        let debian = Debian::new(&workshop.home, &workshop.pins);
        debian.unpack_one(log, &folder, "trixie", "libssl3t64", version)
    })?;
    Ok(folder.join("usr/lib/x86_64-linux-gnu"))
}

fn only_file(folder: &Path) -> Result<PathBuf> {
    list(folder)?.pop().with_context(|| format!("{} is empty", folder.display()))
}
