//! Wheels from PyPI for stock Pyodide.

use std::{fs, path::PathBuf};

use anyhow::{Context, Result};
use duct::cmd;

use crate::{
    Workshop,
    build::cpython::Cpython,
    tools::{debian::Debian, files::clear},
};

/// The Pyodides that PyPI has wheels for: short version, Python, ABI and platform.
pub const PLATFORMS: [(&str, &str, &str, &str); 3] = [
    ("0.29", "3.13", "cp313", "pyemscripten_2025_0_wasm32"),
    ("314", "3.14", "cp314", "pyemscripten_2026_0_wasm32"),
    ("315", "3.15", "cp315", "pyemscripten_2026_5_wasm32"),
];

/// A folder with the pinned wheels for one of them. By the pip that CPython's sources hold.
pub fn download(
    workshop: &Workshop,
    cpython: &Cpython,
    platform: &(&str, &str, &str, &str),
) -> Result<PathBuf> {
    let (short, version, abi, platform) = platform;
    let folder = workshop.home.join("wheels").join(abi);
    let packages: Vec<String> =
        workshop.pins.wheels.iter().map(|(name, version)| format!("{name}=={version}")).collect();
    let key = format!("{} {packages:?}", folder.display());
    workshop.steps.once(&format!("wheels for Pyodide {short}"), &key, |log| {
        clear(&folder)?;
        // Debian's Python leaves it out.
        let ssl = workshop.home.join("wheels/ssl");
        let debian = Debian::new(&workshop.home, &workshop.pins);
        debian.unpack_one(log, &ssl, "trixie", "libssl3t64", &workshop.pins.pyperformance.libssl)?;
        let bundled = fs::read_dir(cpython.source.join("Lib/ensurepip/_bundled"))?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .find(|path| path.extension().is_some_and(|extension| extension == "whl"));
        let pip = bundled.context("CPython's sources hold pip")?.join("pip");
        let mut arguments: Vec<String> = vec![pip.display().to_string(), "download".to_owned()];
        arguments.extend(
            ["--no-deps", "--ignore-requires-python", "--only-binary=:all:", "--implementation", "cp"]
                .map(str::to_owned),
        );
        for (flag, value) in [("--python-version", *version), ("--abi", abi), ("--platform", platform)] {
            arguments.extend([flag.to_owned(), value.to_owned()]);
        }
        arguments.extend(["--dest".to_owned(), folder.display().to_string()]);
        arguments.extend(packages);
        let download = cmd(&workshop.build_python, arguments);
        log.run(&download.env("LD_LIBRARY_PATH", ssl.join("usr/lib/x86_64-linux-gnu")))
            .context("download from PyPI: is the network up?")
    })?;
    Ok(folder)
}
