//! CPython for wasm32-emscripten, from Debian's source package, unpatched.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use duct::{Expression, cmd};

use crate::{
    Workshop,
    tools::{
        debian::{Debian, Pin},
        files::clear,
        need,
        pins::CpythonPins,
    },
};

/// The call sites that the trampoline is for. Upstream's configure leaves them out.
pub const CFLAGS: &str = "-DPY_CALL_TRAMPOLINE";

const CONFIGURE: &str = "configure";
const COMPILE: &str = "compile";

const CONFIGURE_ARGUMENTS: [&str; 7] = [
    "--quiet",
    "-C",
    "--host=wasm32-unknown-emscripten",
    "--build=x86_64-pc-linux-gnu",
    "--with-emscripten-target=node",
    "--disable-wasm-dynamic-linking",
    "--disable-test-modules",
];

/// What configure has found out.
const CACHE: &str = "config.cache";

/// `Modules/Setup.local`: both modules require libraries that CPython's sources do not contain.
const DISABLED: &str = "*disabled*\nzlib\n_bz2\n";

/// The libraries that CPython's library requires.
const DEPENDENCIES: [&str; 3] =
    ["Modules/expat/libexpat.a", "Modules/_hacl/libHacl_Hash_SHA2.a", "Modules/_decimal/libmpdec/libmpdec.a"];

/// What `make` builds besides the library.
const TARGETS: [&str; 6] = [
    "pybuilddir.txt",
    DEPENDENCIES[0],
    DEPENDENCIES[1],
    DEPENDENCIES[2],
    // They are for zlib, which is disabled.
    "MODULE_BINASCII_CFLAGS=",
    "MODULE_BINASCII_LDFLAGS=",
];

/// How CPython is built. Each has a folder of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// One program, extensions are compiled in.
    Static,
    /// Position-independent code for `-sMAIN_MODULE`: extensions may be side modules.
    Dynamic,
    /// Static, with threads.
    Threads,
    /// Static, of a later patch release.
    Later,
}

impl Kind {
    const ALL: [Self; 4] = [Self::Static, Self::Dynamic, Self::Threads, Self::Later];

    /// A step's name.
    fn step(self, verb: &str) -> String {
        format!("CPython{} {verb}", self.name())
    }

    /// The folder of the sources and of what is built from them.
    fn home(self) -> &'static str {
        match self {
            Self::Later => "cpython-later",
            _ => "cpython",
        }
    }

    /// Part of the names of folders and steps.
    pub fn name(self) -> &'static str {
        match self {
            Self::Static => "",
            Self::Dynamic => "-dynamic",
            Self::Threads => "-threads",
            Self::Later => "-later",
        }
    }

    /// The last of two that contradict each other counts.
    fn configure_argument(self) -> &'static str {
        match self {
            Self::Static | Self::Later => "",
            Self::Dynamic => "--enable-wasm-dynamic-linking",
            Self::Threads => "--enable-wasm-pthreads",
        }
    }

    /// What every object of such an interpreter is compiled with.
    pub fn flags(self) -> &'static [&'static str] {
        match self {
            Self::Static | Self::Later => &[],
            Self::Dynamic => &["-fPIC"],
            Self::Threads => &["-pthread"],
        }
    }

    /// The version, and its sources.
    pub fn pins(self, workshop: &Workshop) -> &CpythonPins {
        match self {
            Self::Later => &workshop.pins.later_cpython,
            _ => &workshop.pins.cpython,
        }
    }
}

/// Where CPython was built.
#[derive(Debug)]
pub struct Cpython {
    pub kind: Kind,
    /// The sources; `Lib` is the standard library.
    pub source: PathBuf,
    /// The build folder; it has the library and `pyconfig.h`.
    pub build: PathBuf,
    /// `3.13`: part of the names of the library and of its folders.
    pub minor: String,
}

impl Cpython {
    /// Builds what is not built yet.
    pub fn build(workshop: &Workshop) -> Result<Self> {
        Self::build_as(workshop, Kind::Static)
    }

    /// The same for any kind. The others require the static one, whose sources and settings they share.
    pub fn build_as(workshop: &Workshop, kind: Kind) -> Result<Self> {
        let minor = kind.pins(workshop).minor().to_owned();
        let home = workshop.home.join(kind.home());
        let build = home.join(format!("build{}", kind.name()));
        let found = Self { kind, source: home.join("source"), build, minor };
        let first = if kind == Kind::Static { None } else { Some(Self::build(workshop)?) };
        found.unpack(workshop, &home)?;
        found.configure(workshop, first.as_ref())?;
        found.compile(workshop)?;
        Ok(found)
    }

    pub fn library(&self) -> PathBuf {
        self.build.join(self.library_name())
    }

    /// `libpython3.13.a`
    pub fn library_name(&self) -> String {
        format!("libpython{}.a", self.minor)
    }

    /// The libraries that CPython's library requires.
    pub fn dependencies(&self) -> [PathBuf; 3] {
        DEPENDENCIES.map(|library| self.build.join(library))
    }

    /// The command that packs the standard library into a file, in whose place programs take it.
    pub fn pack_library(&self, workshop: &Workshop, file: &Path) -> Expression {
        let script = workshop.root.join("xtask/python/pack_stdlib.py");
        cmd!(&workshop.build_python, script, self.source.join("Lib"), file)
    }

    pub fn include_flags(&self) -> Vec<String> {
        let include = self.source.join("Include");
        [include.clone(), include.join("internal"), self.build.clone()]
            .map(|folder| format!("-I{}", folder.display()))
            .into()
    }

    /// The C files of a test module in `Modules/`.
    pub fn test_module_files(&self, name: &str) -> Result<Vec<PathBuf>> {
        let modules = self.source.join("Modules");
        let main = [format!("{name}.c"), format!("{name}module.c")].map(|file| modules.join(file));
        let mut files: Vec<PathBuf> = main.into_iter().filter(|file| file.exists()).collect();
        if let Ok(parts) = fs::read_dir(modules.join(name)) {
            let parts = parts.filter_map(|entry| Some(entry.ok()?.path()));
            files.extend(parts.filter(|path| path.extension().is_some_and(|end| end == "c")));
        }
        files.sort();
        ensure!(!files.is_empty(), "CPython has no module {name} in {}", modules.display());
        Ok(files)
    }

    fn unpack(&self, workshop: &Workshop, home: &Path) -> Result<()> {
        let pins = self.kind.pins(workshop);
        let key = format!("{} {}", home.display(), pins.source);
        workshop.steps.once(&format!("CPython {} source", pins.version), &key, |log| {
            need("xz", "xz-utils")?;
            need("tar", "tar")?;
            for kind in Kind::ALL.into_iter().filter(|kind| kind.home() == self.kind.home()) {
                workshop.steps.forget(&[&kind.step(CONFIGURE), &kind.step(COMPILE)])?;
            }
            clear(home)?;
            let downloads = home.join("download");
            let debian = Debian::new(&workshop.home, &workshop.pins);
            let name = format!("python{}", self.minor);
            let pin = Pin { suite: &pins.suite, name: &name, version: &pins.source };
            debian.download_source(log, &downloads, pin)?;
            clear(&self.source)?;
            let archive = fs::read_dir(&downloads)?
                .filter_map(|entry| Some(entry.ok()?.path()))
                .find(|path| path.to_string_lossy().ends_with(".orig.tar.xz"))
                .context("Debian's source package has no .orig.tar.xz")?;
            log.run(&cmd!("tar", "xf", &archive, "--strip-components=1", "-C", &self.source))
        })?;
        Ok(())
    }

    fn key(&self, workshop: &Workshop) -> String {
        let emscripten = &workshop.emscripten;
        format!(
            "{} {} {} {} {CFLAGS}",
            self.build.display(),
            self.kind.pins(workshop).source,
            emscripten.version,
            emscripten.origin
        )
    }

    /// `first` is a build that was configured with nearly the same arguments: what it has found out holds here too,
    /// because configure compiles its trials without the flags in which they differ.
    fn configure(&self, workshop: &Workshop, first: Option<&Self>) -> Result<()> {
        let own = self.kind.configure_argument();
        let key = format!("{} {CONFIGURE_ARGUMENTS:?} {DISABLED:?}{own}", self.key(workshop));
        workshop.steps.once(&self.kind.step(CONFIGURE), &key, |log| {
            need("make", "make")?;
            workshop.steps.forget(&[&self.kind.step(COMPILE)])?;
            clear(&self.build)?;
            if let Some(first) = first {
                fs::copy(first.build.join(CACHE), self.build.join(CACHE))?;
            }
            let site = self.source.join("Tools/wasm/config.site-wasm32-emscripten");
            let python = format!("--with-build-python={}", workshop.build_python.display());
            let configure = self.source.join("configure").display().to_string();
            let mut arguments = vec![configure.as_str(), &python];
            arguments.extend(CONFIGURE_ARGUMENTS);
            arguments.extend((!own.is_empty()).then_some(own));
            let command = workshop.emscripten.command("emconfigure", arguments);
            log.run(&command.dir(&self.build).env("CONFIG_SITE", site).env("CFLAGS", CFLAGS))?;
            fs::write(self.build.join("Modules/Setup.local"), DISABLED)?;
            Ok(())
        })?;
        Ok(())
    }

    fn compile(&self, workshop: &Workshop) -> Result<()> {
        let key = format!("{} {} {TARGETS:?}", self.key(workshop), self.minor);
        workshop.steps.once(&self.kind.step(COMPILE), &key, |log| {
            // Its rule has no prerequisites: half a file of an interrupted build would be kept.
            fs::remove_file(self.build.join("pybuilddir.txt")).ok();
            log.run(&self.make(workshop))?;
            match self.kind {
                Kind::Static | Kind::Later => self.install_sysconfig(),
                // The sources are those of the static one, and have its file.
                Kind::Dynamic | Kind::Threads => Ok(()),
            }
        })?;
        Ok(())
    }

    /// Puts `_sysconfigdata_….py` beside the other modules, as `make install` does.
    fn install_sysconfig(&self) -> Result<()> {
        let folder = fs::read_to_string(self.build.join("pybuilddir.txt"))?;
        for entry in fs::read_dir(self.build.join(folder.trim()))? {
            let path = entry?.path();
            let name = path.file_name().context("a file has a name")?;
            if name.to_string_lossy().starts_with("_sysconfigdata_") {
                fs::copy(&path, self.source.join("Lib").join(name))?;
            }
        }
        Ok(())
    }

    fn make(&self, workshop: &Workshop) -> Expression {
        let jobs = std::thread::available_parallelism().map_or(2, usize::from);
        let jobs = format!("-j{jobs}");
        let library = self.library_name();
        let mut arguments = vec!["make", &jobs, &library];
        arguments.extend(TARGETS);
        workshop.emscripten.command("emmake", arguments).dir(&self.build)
    }
}
