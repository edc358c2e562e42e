//! Extensions that are compiled into an interpreter.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf, absolute},
    str::FromStr,
};

use anyhow::{Context, Error, Result, ensure};

use crate::tools::files::{list, list_all};

/// A C or C++ extension that is compiled into the interpreter.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Extension {
    /// The module's full name: `package.module`. One of its files defines `PyInit_module`.
    pub name: String,
    /// The C and C++ files. One that several extensions name is compiled once.
    pub files: Vec<PathBuf>,
}

impl Extension {
    /// The function that makes the module.
    pub fn init_function(&self) -> String {
        format!("PyInit_{}", self.name.rsplit('.').next().unwrap_or_default())
    }
}

/// `NAME=FILE[,FILE…]`
impl FromStr for Extension {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (name, files) = text.split_once('=').context("an extension is NAME=FILE[,FILE...]")?;
        let is_identifier = |part: &str| {
            part.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
                && part.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
        };
        ensure!(name.split('.').all(is_identifier), "{name:?} is no module name: PACKAGE.MODULE in ASCII");
        let file = |file: &str| {
            let file = absolute(file)?;
            ensure!(file.is_file(), "there is no file {}", file.display());
            let known = has_ending(&file, &["c"]) || is_cpp(&file);
            ensure!(known, "{} is neither C (.c) nor C++ (.cc, .cpp, .cxx)", file.display());
            Ok(file)
        };
        let files = files.split(',').map(file).collect::<Result<_>>()?;
        Ok(Self { name: name.to_owned(), files })
    }
}

fn has_ending(file: &Path, endings: &[&str]) -> bool {
    file.extension().is_some_and(|ending| endings.iter().any(|known| ending == *known))
}

/// Whether a file is compiled as C++.
pub fn is_cpp(file: &Path) -> bool {
    has_ending(file, &["cc", "cpp", "cxx"])
}

/// The headers beside the sources, and all in the include folders.
pub fn headers(sources: &BTreeSet<&PathBuf>, include: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut headers = Vec::new();
    let beside: BTreeSet<&Path> = sources.iter().filter_map(|source| source.parent()).collect();
    for folder in beside {
        headers.extend(list(folder)?);
    }
    for folder in include {
        headers.extend(list_all(folder)?);
    }
    headers.retain(|path| has_ending(path, &["h", "hh", "hpp", "hxx"]));
    Ok(headers)
}
