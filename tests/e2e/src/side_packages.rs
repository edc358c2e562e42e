//! The packages of PyPI that CPython with dynamic linking loads as side modules.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use xtask::{
    Workshop,
    build::{cpython::Cpython, extension::Extension},
    tools::{
        files::{copy_all, list},
        pypi,
    },
};

use crate::sdists::{Module, sdist};

/// A package with extensions, and its own tests.
#[derive(Clone, Copy, Debug)]
pub struct Package {
    /// Of [`SDISTS`](crate::sdists::SDISTS).
    pub name: &'static str,
    /// More extensions, which its tests import.
    extensions: &'static [Module],
    /// What `suites.py` gets: folders in the sources with its tests. Nothing if they are in the package.
    pub tests: &'static [&'static str],
}

// Not BTrees: the `tp_iternext` of its iterators has two parameters, so that each loop traps, compiled in as well.

/// The tests' own extension stands for a package, too: its functions are mismatched in every way.
pub const OWN: &str = "mismatched";

pub const PACKAGES: [Package; 5] = [
    Package { name: "wrapt", extensions: &[], tests: &["tests/core"] },
    Package {
        name: "multidict",
        extensions: &[Module("multidict._testcapi", &["multidict/_testcapi.c"])],
        tests: &["tests"],
    },
    Package { name: "persistent", extensions: &[], tests: &[] },
    Package { name: "regex", extensions: &[], tests: &[] },
    Package { name: "kiwisolver", extensions: &[], tests: &["py/tests"] },
];

/// What they and their tests import besides, in pure Python.
const WHEELS: [&str; 5] = ["iniconfig", "packaging", "pluggy", "pygments", "pytest"];

impl Package {
    /// Its sources.
    pub fn source(&self, workshop: &Workshop, cpython: &Cpython) -> Result<PathBuf> {
        pypi::sdist(workshop, &cpython.source, self.name)
    }

    /// Name and files of each extension.
    pub fn all_extensions(&self, source: &Path) -> Result<Vec<Extension>> {
        let modules = sdist(self.name)?.modules.iter().chain(self.extensions);
        Ok(modules.map(|module| module.extension(source)).collect())
    }
}

/// All that is downloaded.
#[derive(Debug)]
pub struct Sources {
    pub extensions: Vec<Extension>,
    pub include: Vec<PathBuf>,
    /// For PYTHONPATH: pytest, and what the packages import.
    pub python_path: Vec<PathBuf>,
    /// Folders whose content is installed.
    pub python: Vec<PathBuf>,
}

impl Sources {
    pub fn download(workshop: &Workshop, cpython: &Cpython) -> Result<Self> {
        let own = workshop.root.join("tests/e2e/cpython").join(format!("{OWN}.c"));
        let mut found = Self {
            extensions: vec![Extension { name: OWN.to_owned(), files: vec![own] }],
            include: vec![
                workshop.root.join("include"),
                pypi::wheel(workshop, &cpython.source, "cppy")?.join("cppy/include"),
            ],
            python_path: vec![pypi::sdist(workshop, &cpython.source, "zope.interface")?.join("src")],
            python: Vec::new(),
        };
        for name in WHEELS {
            found.python_path.push(pypi::wheel(workshop, &cpython.source, name)?);
        }
        for package in PACKAGES {
            let (source, sdist) = (package.source(workshop, cpython)?, sdist(package.name)?);
            found.extensions.extend(package.all_extensions(&source)?);
            found.include.extend(sdist.include.iter().map(|folder| source.join(folder)));
            found.python.push(source.join(sdist.root).join(package.name));
        }
        Ok(found)
    }

    /// Installs the packages' Python files, as pip does.
    pub fn install(&self, site: &Path) -> Result<()> {
        for folder in &self.python {
            copy_all(folder, &site.join(folder.file_name().context("a package has a name")?))?;
        }
        anyhow::ensure!(list(site)?.len() >= PACKAGES.len());
        Ok(())
    }
}
