//! CPython for wasm32-emscripten, from Debian's source package, unpatched.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use duct::{Expression, cmd};

use crate::{
    Workshop,
    tools::{debian::Debian, files::clear, need},
};

/// The call sites that the trampoline is for. Upstream's configure leaves them out.
pub const CFLAGS: &str = "-DPY_CALL_TRAMPOLINE";

const CONFIGURE: &str = "CPython configure";
const COMPILE: &str = "CPython compile";

const CONFIGURE_ARGUMENTS: [&str; 7] = [
    "--quiet",
    "-C",
    "--host=wasm32-unknown-emscripten",
    "--build=x86_64-pc-linux-gnu",
    "--with-emscripten-target=node",
    "--disable-wasm-dynamic-linking",
    "--disable-test-modules",
];

/// `Modules/Setup.local`: both modules require libraries that CPython's sources do not contain.
const DISABLED: &str = "*disabled*\nzlib\n_bz2\n";

/// What `make` builds besides the library.
const TARGETS: [&str; 6] = [
    "pybuilddir.txt",
    "Modules/expat/libexpat.a",
    "Modules/_hacl/libHacl_Hash_SHA2.a",
    "Modules/_decimal/libmpdec/libmpdec.a",
    // They are for zlib, which is disabled.
    "MODULE_BINASCII_CFLAGS=",
    "MODULE_BINASCII_LDFLAGS=",
];

/// Where CPython was built.
#[derive(Debug)]
pub struct Cpython {
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
        let home = workshop.home.join("cpython");
        let minor = workshop.pins.cpython.minor().to_owned();
        let found = Self { source: home.join("source"), build: home.join("build"), minor };
        found.unpack(workshop, &home)?;
        found.configure(workshop)?;
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
        [
            "Modules/expat/libexpat.a",
            "Modules/_hacl/libHacl_Hash_SHA2.a",
            "Modules/_decimal/libmpdec/libmpdec.a",
        ]
        .map(|library| self.build.join(library))
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
        let pins = &workshop.pins.cpython;
        let key = format!("{} {}", home.display(), pins.source);
        workshop.steps.once(&format!("CPython {} source", pins.version), &key, |log| {
            need("xz", "xz-utils")?;
            need("tar", "tar")?;
            workshop.steps.forget(&[CONFIGURE, COMPILE])?;
            clear(home)?;
            let downloads = home.join("download");
            let debian = Debian::new(&workshop.home, &workshop.pins);
            debian.download_source(log, &downloads, &format!("python{}", self.minor), &pins.source)?;
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
            workshop.pins.cpython.source,
            emscripten.version,
            emscripten.origin
        )
    }

    fn configure(&self, workshop: &Workshop) -> Result<()> {
        let key = format!("{} {CONFIGURE_ARGUMENTS:?} {DISABLED:?}", self.key(workshop));
        workshop.steps.once(CONFIGURE, &key, |log| {
            need("make", "make")?;
            workshop.steps.forget(&[COMPILE])?;
            clear(&self.build)?;
            let site = self.source.join("Tools/wasm/config.site-wasm32-emscripten");
            let python = format!("--with-build-python={}", workshop.build_python.display());
            let configure = self.source.join("configure").display().to_string();
            let mut arguments = vec![configure.as_str(), &python];
            arguments.extend(CONFIGURE_ARGUMENTS);
            let command = workshop.emscripten.command("emconfigure", arguments);
            log.run(&command.dir(&self.build).env("CONFIG_SITE", site).env("CFLAGS", CFLAGS))?;
            fs::write(self.build.join("Modules/Setup.local"), DISABLED)?;
            Ok(())
        })?;
        Ok(())
    }

    fn compile(&self, workshop: &Workshop) -> Result<()> {
        let key = format!("{} {} {TARGETS:?}", self.key(workshop), self.minor);
        workshop.steps.once(COMPILE, &key, |log| {
            // Its rule has no prerequisites: half a file of an interrupted build would be kept.
            fs::remove_file(self.build.join("pybuilddir.txt")).ok();
            log.run(&self.make(workshop))?;
            self.install_sysconfig()
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
