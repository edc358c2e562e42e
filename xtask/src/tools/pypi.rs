//! Packages from PyPI, unpacked, by the pip that CPython's sources hold. It asks the machine's settings (pip's files
//! and variables) for the index.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fmt::Display,
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
        pins::PlatformPins,
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
        clear(&folder)?;
        let mut arguments: Vec<OsString> = match kind {
            // Only to be unpacked: its build system, which pip asks for the name, is a stand-in.
            Kind::Sdist => vec!["--no-binary=:all:".into(), "--no-build-isolation".into()],
            Kind::Wheel => vec!["--only-binary=:all:".into()],
        };
        arguments.push(wanted((name, version)).into());
        pip(log, workshop, (cpython, &ssl), ["download", "--dest"], &downloads, arguments)?;
        unpack(log, workshop, kind, &only_file(&downloads)?, &folder)
    })?;
    Ok(folder)
}

/// The wheels for a stock Pyodide, by its short version, as files of a folder. `cpython` holds CPython's sources.
pub fn pyodide_wheels(workshop: &Workshop, cpython: &Path, pyodide: &str) -> Result<PathBuf> {
    let packages = workshop.pins.pyodide_wheels.iter().map(wanted).collect();
    for_pyodide(workshop, cpython, ("pyodide-wheels", "wheels"), pyodide, packages)
}

/// The wheels that are audited only, and what they import.
pub fn audited_wheels(workshop: &Workshop, cpython: &Path, pyodide: &str) -> Result<PathBuf> {
    let pins = &workshop.pins;
    let built =
        pins.audited_wheels.iter().filter(|(_, pins)| pins.pyodide.iter().any(|each| each == pyodide));
    let packages = built.map(|(name, pins)| wanted((name, &pins.version)));
    let packages = packages.chain(pins.audited_wheels_require.iter().map(wanted)).collect();
    for_pyodide(workshop, cpython, ("audited-wheels", "audited wheels"), pyodide, packages)
}

/// Downloads packages for a stock Pyodide into `folder`; `what` names the step.
fn for_pyodide(
    workshop: &Workshop,
    cpython: &Path,
    (folder, what): (&str, &str),
    pyodide: &str,
    packages: Vec<String>,
) -> Result<PathBuf> {
    let home = workshop.home.join("pypi");
    let folder = home.join(folder).join(pyodide);
    let PlatformPins { python, platform, .. } = workshop.pins.platform(pyodide)?;
    let key = format!("{} {packages:?} {platform} {}", folder.display(), workshop.pins.pip.libssl);
    let ssl = libssl(workshop, &home)?;
    workshop.steps.once(&format!("{what} for Pyodide {pyodide}"), &key, |log| {
        let flags = ["--ignore-requires-python", "--only-binary=:all:", "--implementation=cp", "--abi=abi3"]
            .map(str::to_owned);
        let mut arguments: Vec<OsString> = flags.map(Into::into).into();
        let abi = format!("cp{}", python.replace('.', ""));
        for (flag, value) in [("python-version", python), ("abi", &abi), ("platform", platform)] {
            arguments.push(format!("--{flag}={value}").into());
        }
        arguments.extend(packages.into_iter().map(OsString::from));
        pip(log, workshop, (cpython, &ssl), ["download", "--dest"], &folder, arguments)
    })?;
    Ok(folder)
}

/// Pure-Python packages, by name and version, as files of a folder. The title names the step and the folder;
/// `cpython` holds CPython's sources.
pub fn download_all(
    workshop: &Workshop,
    cpython: &Path,
    title: &str,
    packages: &BTreeMap<String, String>,
) -> Result<PathBuf> {
    all(workshop, cpython, title, ["download", "--dest"], packages)
}

/// The same, installed into a folder for PYTHONPATH.
pub fn install_all(
    workshop: &Workshop,
    cpython: &Path,
    title: &str,
    packages: &BTreeMap<String, String>,
) -> Result<PathBuf> {
    all(workshop, cpython, title, ["install", "--target"], packages)
}

fn all(
    workshop: &Workshop,
    cpython: &Path,
    title: &str,
    command: [&str; 2],
    packages: &BTreeMap<String, String>,
) -> Result<PathBuf> {
    let home = workshop.home.join("pypi");
    let folder = home.join(title.replace(' ', "-"));
    let key = format!("{} {packages:?} {}", folder.display(), workshop.pins.pip.libssl);
    let ssl = libssl(workshop, &home)?;
    workshop.steps.once(title, &key, |log| {
        let mut arguments: Vec<OsString> = vec!["--only-binary=:all:".into()];
        arguments.extend(packages.iter().map(|package| wanted(package).into()));
        pip(log, workshop, (cpython, &ssl), command, &folder, arguments)
    })?;
    Ok(folder)
}

fn wanted((name, version): (impl Display, impl Display)) -> String {
    format!("{name}=={version}")
}

/// Runs a command of pip with the option that names a folder, which is emptied first.
fn pip(
    log: &Log,
    workshop: &Workshop,
    (cpython, ssl): (&Path, &Path),
    [command, option]: [&str; 2],
    folder: &Path,
    arguments: Vec<OsString>,
) -> Result<()> {
    clear(folder)?;
    let pip = only_file(&cpython.join("Lib/ensurepip/_bundled"))?.join("pip");
    let mut all: Vec<OsString> = vec![pip.into(), command.into(), "--no-deps".into()];
    all.extend([option.into(), folder.into()]);
    all.extend(arguments);
    let download = cmd(&workshop.build_python, all)
        .env("LD_LIBRARY_PATH", ssl)
        .env("PYTHONPATH", workshop.root.join("xtask/python/stand-in"));
    log.run(&download).context("download from PyPI: is the network up?")
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
