//! C headers of the Pythons in stock Pyodide, for its side modules.

use std::{fs, path::PathBuf};

use anyhow::Result;

use crate::{
    Workshop,
    build::cpython::Cpython,
    tools::{debian::Debian, files::copy, pins::PlatformPins},
};

/// Debian's suite that has them.
const SUITE: &str = "forky";

/// The folders to include for a stock Pyodide, by its short version.
pub fn of_pyodide(workshop: &Workshop, cpython: &Cpython, pyodide: &str) -> Result<Vec<PathBuf>> {
    let PlatformPins { python, headers, .. } = workshop.pins.platform(pyodide)?;
    let Some(version) = headers else {
        return Ok(vec![cpython.source.join("Include"), cpython.build.clone()]);
    };
    let folder = workshop.home.join("headers").join(python);
    let include = folder.join(format!("usr/include/python{python}"));
    let key = format!("{} {version}", folder.display());
    workshop.steps.once(&format!("headers of Python {python}"), &key, |log| {
        let debian = Debian::new(&workshop.home, &workshop.pins);
        debian.unpack_one(log, &folder, SUITE, &format!("libpython{python}-dev"), version)?;
        // Debian's is for the machine. What our own build has found out of the platform holds for any version.
        let config = include.join("pyconfig.h");
        fs::remove_file(&config)?;
        copy(&cpython.build.join("pyconfig.h"), &config)
    })?;
    Ok(vec![include])
}
