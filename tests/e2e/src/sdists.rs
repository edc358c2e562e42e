//! Packages of PyPI whose extensions the tests compile, from their sources, as their setup.py has it.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use duct::Expression;
use xtask::{
    build::{extension::Extension, headers, side_module::SideModule},
    tools::{
        files::{clear, list_all},
        pypi,
    },
};

use crate::Bench;

/// A package of `[sdists]` in toolchain.toml.
#[derive(Debug)]
pub struct Sdist {
    pub name: &'static str,
    /// Where Python finds it, in the sdist.
    pub root: &'static str,
    pub modules: &'static [Module],
    /// More folders with headers.
    pub include: &'static [&'static str],
    pub flags: &'static [&'static str],
}

/// An extension module: its full name, and its C and C++ files.
#[derive(Debug)]
pub struct Module(pub &'static str, pub &'static [&'static str]);

impl Module {
    /// The extension, with its files in a folder of sources.
    pub fn extension(&self, source: &Path) -> Extension {
        let Self(name, files) = self;
        Extension { name: (*name).to_owned(), files: files.iter().map(|file| source.join(file)).collect() }
    }
}

/// Not greenlet: `slp_switch` moves the machine's stack, which WebAssembly does not have, and its source stops with an
/// `#error`.
pub const SDISTS: [Sdist; 10] = [
    Sdist {
        name: "BTrees",
        root: "src",
        // Of 22 modules from the same templates.
        modules: &[
            Module("BTrees._IIBTree", &["src/BTrees/_IIBTree.c"]),
            Module("BTrees._OOBTree", &["src/BTrees/_OOBTree.c"]),
            Module("BTrees._fsBTree", &["src/BTrees/_fsBTree.c"]),
        ],
        include: &["include/persistent"],
        flags: &[],
    },
    Sdist {
        name: "bitarray",
        root: "",
        modules: &[
            Module("bitarray._bitarray", &["bitarray/_bitarray.c"]),
            Module("bitarray._util", &["bitarray/_util.c"]),
        ],
        include: &[],
        flags: &[],
    },
    Sdist {
        name: "immutables",
        root: "",
        modules: &[Module("immutables._map", &["immutables/_map.c"])],
        include: &[],
        flags: &[],
    },
    Sdist {
        name: "kiwisolver",
        root: "py",
        modules: &[Module(
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
        include: &[""],
        flags: &[],
    },
    Sdist {
        name: "lz4",
        root: "",
        modules: &[
            Module("lz4._version", &["lz4/_version.c", "lz4libs/lz4.c"]),
            Module("lz4.block._block", &["lz4/block/_block.c", "lz4libs/lz4.c", "lz4libs/lz4hc.c"]),
            Module(
                "lz4.frame._frame",
                &[
                    "lz4/frame/_frame.c",
                    "lz4libs/lz4.c",
                    "lz4libs/lz4hc.c",
                    "lz4libs/lz4frame.c",
                    "lz4libs/xxhash.c",
                ],
            ),
        ],
        include: &["lz4libs"],
        flags: &[],
    },
    Sdist {
        name: "multidict",
        root: "",
        modules: &[Module("multidict._multidict", &["multidict/_multidict.c"])],
        include: &[],
        flags: &[],
    },
    Sdist {
        name: "persistent",
        root: "src",
        modules: &[
            Module("persistent._timestamp", &["src/persistent/_timestamp.c"]),
            Module("persistent.cPersistence", &["src/persistent/cPersistence.c", "src/persistent/ring.c"]),
            Module("persistent.cPickleCache", &["src/persistent/cPickleCache.c", "src/persistent/ring.c"]),
        ],
        include: &[],
        flags: &[],
    },
    Sdist {
        name: "regex",
        root: "",
        modules: &[Module("regex._regex", &["src/_regex.c", "src/_regex_unicode.c"])],
        include: &[],
        flags: &[],
    },
    Sdist {
        name: "wrapt",
        root: "src",
        modules: &[Module("wrapt._wrappers", &["src/wrapt/_wrappers.c"])],
        include: &[],
        flags: &[],
    },
    Sdist {
        name: "zstandard",
        root: "",
        modules: &[Module("zstandard.backend_c", &["c-ext/backend_c.c"])],
        include: &["c-ext", "zstd"],
        flags: &[
            "-DZSTD_SINGLE_FILE",
            "-DZSTDLIB_VISIBLE=",
            "-DZDICTLIB_VISIBLE=",
            "-DZSTDERRORLIB_VISIBLE=",
        ],
    },
];

/// The package of this name.
pub fn sdist(name: &str) -> Result<&'static Sdist> {
    SDISTS.iter().find(|each| each.name == name).with_context(|| format!("no sdist {name} is listed"))
}

impl Sdist {
    /// Its extensions, compiled for a stock Pyodide, and its Python files: by their paths in site-packages.
    pub fn install(&self, bench: &Bench, pyodide: &str) -> Result<BTreeMap<String, PathBuf>> {
        let source = pypi::sdist(&bench.workshop, &bench.cpython.source, self.name)?;
        let compiled = bench.workshop.home.join("audit/sdists").join(pyodide).join(self.name);
        let pins = &bench.workshop.pins;
        let key = format!(
            "{} {self:?} {} {:?} {}",
            compiled.display(),
            pins.sdists[self.name],
            pins.pyodide_platforms[pyodide].headers,
            bench.workshop.emscripten.version
        );
        let headers = headers::of_pyodide(&bench.workshop, &bench.cpython, pyodide)?;
        bench.workshop.steps.once(&format!("{} for Pyodide {pyodide}", self.name), &key, |log| {
            clear(&compiled)?;
            for module in self.modules {
                log.run(&self.compile(bench, &source, &headers, module, &compiled)?)?;
            }
            Ok(())
        })?;
        let mut files = python_files(&source.join(self.root), self.name)?;
        files.insert(format!("{}.dist-info/METADATA", self.name), source.join("PKG-INFO"));
        for Module(name, _) in self.modules {
            files.insert(format!("{}.so", name.replace('.', "/")), compiled.join(format!("{name}.so")));
        }
        if self.name == "persistent" {
            let interface = pypi::sdist(&bench.workshop, &bench.cpython.source, "zope.interface")?;
            files.extend(python_files(&interface.join("src"), "zope")?);
            // cffi's part of the Python implementation, which the audit does not need.
            files.insert(
                "persistent/_ring.py".to_owned(),
                bench.workshop.root.join("tests/e2e/audit/_ring.py"),
            );
        }
        Ok(files)
    }

    fn compile(
        &self,
        bench: &Bench,
        source: &Path,
        headers: &[PathBuf],
        module: &Module,
        compiled: &Path,
    ) -> Result<Expression> {
        // What they were declared as does not depend on the optimiser, which takes most of the time.
        let mut flags = vec!["-O0", "-fPIC", "-w", "-DNDEBUG"];
        // As stock Pyodide is compiled.
        flags.extend(["-fwasm-exceptions", "-sSUPPORT_LONGJMP=wasm"]);
        flags.extend(self.flags);
        let own = self.include.iter().map(|folder| source.join(folder));
        let cppy = pypi::wheel(&bench.workshop, &bench.cpython.source, "cppy")?.join("cppy/include");
        let include: Vec<PathBuf> = headers.iter().cloned().chain(own).chain([cppy]).collect();
        let extension = module.extension(source);
        let module = SideModule {
            files: &extension.files,
            include: &include,
            flags: &flags,
            export: &extension.init_function(),
        };
        Ok(module.compile(&bench.workshop.emscripten, &compiled.join(extension.name + ".so")))
    }
}

/// The Python files of a folder below `root`, without tests, by their paths from there.
fn python_files(root: &Path, folder: &str) -> Result<BTreeMap<String, PathBuf>> {
    let mut files = BTreeMap::new();
    for path in list_all(&root.join(folder))? {
        let below = path.strip_prefix(root)?.display().to_string();
        if below.ends_with(".py") && !below.contains("/tests/") {
            files.insert(below, path);
        }
    }
    Ok(files)
}
