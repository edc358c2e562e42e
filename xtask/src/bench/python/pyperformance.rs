//! Programs that people know, from PyPI: nothing of pyperformance is copied into the repository.

use std::{fs, path::PathBuf};

use anyhow::{Context, Result};
use duct::cmd;

use crate::{
    Workshop,
    build::cpython::Cpython,
    tools::{debian::Debian, files::clear},
};

/// The folder of the programs. It needs no pip of the machine: CPython's sources hold one, which asks
/// the machine's settings (pip's files and variables) for the index.
pub fn install(workshop: &Workshop, cpython: &Cpython) -> Result<PathBuf> {
    let pins = &workshop.pins.pyperformance;
    let home = workshop.home.join("pyperformance");
    let programs = home.join("benchmarks");
    let key = format!("{} {} {}", home.display(), pins.version, pins.libssl);
    workshop.steps.once(&format!("pyperformance {}", pins.version), &key, |log| {
        clear(&home)?;
        // Debian's Python leaves it out, and the machine's may be too old for it.
        let ssl = home.join("ssl");
        let debian = Debian::new(&workshop.home, &workshop.pins);
        debian.unpack_one(log, &ssl, "trixie", "libssl3t64", &pins.libssl)?;
        let python = &workshop.build_python;
        let bundled = cpython.source.join("Lib/ensurepip/_bundled");
        let pip = only_wheel(&bundled)?.join("pip");
        let package = format!("pyperformance=={}", pins.version);
        let download =
            cmd!(python, pip, "download", "--no-deps", "--only-binary=:all:", "--dest", &home, package);
        log.run(&download.env("LD_LIBRARY_PATH", ssl.join("usr/lib/x86_64-linux-gnu")))
            .context("download from PyPI: is the network up?")?;
        let wheel = only_wheel(&home)?;
        let files = home.join("files");
        log.run(&cmd!(python, "-m", "zipfile", "--extract", wheel, &files))?;
        Ok(fs::rename(files.join("pyperformance/data-files/benchmarks"), &programs)?)
    })?;
    Ok(programs)
}

fn only_wheel(folder: &std::path::Path) -> Result<PathBuf> {
    fs::read_dir(folder)
        .with_context(|| format!("read {}", folder.display()))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.extension().is_some_and(|extension| extension == "whl"))
        .with_context(|| format!("no wheel in {}", folder.display()))
}
