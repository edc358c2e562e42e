//! The packages of PyPI that CPython with dynamic linking loads as side modules.

use std::path::PathBuf;

use anyhow::{Context, Result};
use xtask::{
    Workshop,
    build::{cpython::Cpython, extension::Extension},
    tools::{
        files::{copy_all, list},
        pypi,
    },
};

/// A package with extensions, and its own tests.
#[derive(Clone, Copy, Debug)]
pub struct Package {
    /// Its name at PyPI.
    pub name: &'static str,
    /// The folder in the sources that holds the Python packages.
    pub python: &'static str,
    /// Name and files, as its `setup.py` has them.
    pub extensions: &'static [(&'static str, &'static [&'static str])],
    /// Folders of headers in the sources.
    pub include: &'static [&'static str],
    /// What `suites.py` gets: folders in the sources with its tests. Nothing if they are in the package.
    pub tests: &'static [&'static str],
}

// Not BTrees: the `tp_iternext` of its iterators has two parameters, so that each loop traps, compiled in as well.

/// The tests' own extension stands for a package, too: its functions are mismatched in every way.
pub const OWN: &str = "mismatched";

pub const PACKAGES: [Package; 5] = [
    Package {
        name: "wrapt",
        python: "src",
        extensions: &[("wrapt._wrappers", &["src/wrapt/_wrappers.c"])],
        include: &[],
        tests: &["tests/core"],
    },
    Package {
        name: "multidict",
        python: ".",
        extensions: &[
            ("multidict._multidict", &["multidict/_multidict.c"]),
            ("multidict._testcapi", &["multidict/_testcapi.c"]),
        ],
        include: &[],
        tests: &["tests"],
    },
    Package {
        name: "persistent",
        python: "src",
        extensions: &[
            ("persistent.cPersistence", &["src/persistent/cPersistence.c", "src/persistent/ring.c"]),
            ("persistent.cPickleCache", &["src/persistent/cPickleCache.c", "src/persistent/ring.c"]),
            ("persistent._timestamp", &["src/persistent/_timestamp.c"]),
        ],
        include: &[],
        tests: &[],
    },
    Package {
        name: "regex",
        python: ".",
        extensions: &[("regex._regex", &["src/_regex.c", "src/_regex_unicode.c"])],
        include: &[],
        tests: &[],
    },
    Package {
        name: "kiwisolver",
        python: "py",
        extensions: &[(
            "kiwisolver._cext",
            &[
                "py/src/kiwisolver.cpp",
                "py/src/constraint.cpp",
                "py/src/expression.cpp",
                "py/src/solver.cpp",
                "py/src/strength.cpp",
                "py/src/term.cpp",
                "py/src/variable.cpp",
            ],
        )],
        include: &["."],
        tests: &["py/tests"],
    },
];

/// What they and their tests import besides, in pure Python.
const WHEELS: [&str; 5] = ["iniconfig", "packaging", "pluggy", "pygments", "pytest"];

impl Package {
    /// Its sources.
    pub fn source(&self, workshop: &Workshop, cpython: &Cpython) -> Result<PathBuf> {
        pypi::sdist(workshop, &cpython.source, self.name)
    }

    pub fn extensions(&self, source: &std::path::Path) -> Vec<Extension> {
        let files = |files: &[&str]| files.iter().map(|file| source.join(file)).collect();
        let extension =
            |&(name, all): &(&str, &[&str])| Extension { name: name.to_owned(), files: files(all) };
        self.extensions.iter().map(extension).collect()
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
            let source = package.source(workshop, cpython)?;
            found.extensions.extend(package.extensions(&source));
            found.include.extend(package.include.iter().map(|folder| source.join(folder)));
            let name = package.extensions[0].0.split('.').next().context("a package has a name")?;
            found.python.push(source.join(package.python).join(name));
        }
        Ok(found)
    }

    /// Installs the packages' Python files, as pip does.
    pub fn install(&self, site: &std::path::Path) -> Result<()> {
        for folder in &self.python {
            copy_all(folder, &site.join(folder.file_name().context("a package has a name")?))?;
        }
        anyhow::ensure!(list(site)?.len() >= PACKAGES.len());
        Ok(())
    }
}
