//! Packages of Debian's suites, unpacked into a prefix of the project's. The system's own apt
//! configuration and packages stay as they are.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use duct::cmd;

use crate::tools::{
    files::{clear, list, remove},
    pins::Pins,
    steps::{Log, Steps},
};

mod apt;

use apt::{Apt, Kind};

pub use apt::Pin;

/// How the names of binaryen's programs begin: wasm-opt, wasm2js.
const BINARYEN: &str = "wasm";
const LIBRARIES: &str = "usr/lib/x86_64-linux-gnu";
/// A private apt, and a prefix that it fills.
#[derive(Debug)]
pub struct Debian<'a> {
    apt: Apt<'a>,
    /// Where packages are unpacked.
    pub prefix: PathBuf,
    packages: Vec<Pin<'a>>,
    /// The emscripten in it: how the names of its files begin, and its version.
    pub emscripten: (&'a str, &'a str),
    /// What is pinned, as text: a change unpacks anew.
    pub key: String,
    patchelf: PathBuf,
    pins: &'a Pins,
}

impl<'a> Debian<'a> {
    /// The prefix of what everything is built with.
    pub fn new(home: &Path, pins: &'a Pins) -> Self {
        let packages = pins.debian.iter().flat_map(|(suite, all)| of_suite(suite, all)).collect();
        let key = format!("{:?}", pins.debian);
        Self::with(home, pins, "debian", ("emscripten", &pins.emscripten.version), packages, key)
    }

    /// The prefix of the oldest emscripten that the archive is linked with. The other prefix has to be there.
    pub fn of_oldest_emscripten(home: &Path, pins: &'a Pins) -> Self {
        let oldest = &pins.oldest_emscripten;
        let packages = of_suite(&oldest.suite, &oldest.packages).collect();
        let key = format!("{:?}", oldest.packages);
        let name = "oldest-emscripten";
        Self::with(home, pins, name, (name, &oldest.version), packages, key)
    }

    fn with(
        home: &Path,
        pins: &'a Pins,
        folder: &str,
        emscripten: (&'a str, &'a str),
        packages: Vec<Pin<'a>>,
        key: String,
    ) -> Self {
        let apt = Apt { folder: home.join("apt"), pins };
        let patchelf = home.join("debian/usr/bin/patchelf");
        Self { apt, prefix: home.join(folder), packages, emscripten, key, patchelf, pins }
    }

    /// Unpacks the pinned packages and makes their programs run on this machine's kernel with
    /// their own libraries.
    pub fn install(&self, steps: &Steps) -> Result<()> {
        let prefix = &self.prefix;
        let key = format!("{} {} {BINARYEN}", prefix.display(), self.key);
        let name = match self.emscripten {
            ("emscripten", _) => "Debian packages".to_owned(),
            (oldest, _) => format!("Debian packages, {oldest}"),
        };
        steps.once(&name, &key, |log| {
            steps.forget(&[&self.emscripten_step()])?;
            clear(prefix)?;
            let debs = self.apt.folder.join("debs");
            clear(&debs)?;
            self.apt.fetch(log, &debs, &["download"], Kind::Binary, &self.packages)?;
            unpack_all(log, &debs, prefix)?;
            // The older emscripten's libraries are compiled. Half of them are for -flto: emcc compiles the few that a link takes.
            remove(
                &prefix.join("usr/share/emscripten/cache/sysroot/lib/wasm32-emscripten"),
                &["lto", "lto-pic"],
            )?;
            self.patch_programs(log)
        })?;
        Ok(())
    }

    /// The step that makes emscripten ready. It works inside the prefix.
    pub fn emscripten_step(&self) -> String {
        format!("{} and its system libraries", self.emscripten.0)
    }

    /// The native Python's file name.
    fn python(&self) -> String {
        format!("python{}", self.pins.cpython.minor())
    }

    /// A launcher of the native Python, of the version that is cross-built.
    pub fn build_python(&self) -> Result<PathBuf> {
        let python = self.python();
        let launcher = self.prefix.join(&python);
        let usr = self.prefix.join("usr");
        let script = format!("#!/bin/sh\nPYTHONHOME='{0}' exec '{0}/bin/{python}' \"$@\"\n", usr.display());
        if fs::read_to_string(&launcher).is_ok_and(|old| old == script) {
            return Ok(launcher);
        }
        fs::write(&launcher, script).with_context(|| format!("write {}", launcher.display()))?;
        fs::set_permissions(&launcher, fs::Permissions::from_mode(0o755))?;
        Ok(launcher)
    }

    /// Downloads the files of a source package into `folder`.
    pub fn download_source(&self, log: &Log, folder: &Path, pin: Pin<'_>) -> Result<()> {
        clear(folder)?;
        self.apt.fetch(log, folder, &["source", "--download-only"], Kind::Source, &[pin])
    }

    /// Downloads one package and unpacks it into `folder`.
    pub fn unpack_one(&self, log: &Log, folder: &Path, suite: &str, name: &str, version: &str) -> Result<()> {
        let debs = self.apt.folder.join("debs-one");
        clear(&debs)?;
        self.apt.fetch(log, &debs, &["download"], Kind::Binary, &[Pin { suite, name, version }])?;
        clear(folder)?;
        unpack_all(log, &debs, folder)
    }

    /// The programs were linked for their own suite's C library, which may be newer than the
    /// machine's: they get its loader, and search its libraries only.
    fn patch_programs(&self, log: &Log) -> Result<()> {
        let prefix = &self.prefix;
        let libraries = prefix.join(LIBRARIES);
        let loader = libraries.join("ld-linux-x86-64.so.2");
        let mut programs = Vec::new();
        let python = prefix.join("usr/bin").join(self.python());
        if python.exists() {
            programs.push(python);
        }
        let llvm = self.llvm_bin()?;
        for name in ["clang", "lld", "llvm-ar", "llvm-nm", "llvm-objcopy", "llvm-objdump", "llvm-dwarfdump"] {
            programs.push(llvm.join(name));
        }
        for path in list(&prefix.join("usr/bin"))? {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name.starts_with(BINARYEN) && !path.is_symlink() && is_elf(&path)? {
                programs.push(path);
            }
        }
        let patchelf = &self.patchelf;
        for program in programs {
            let program =
                fs::canonicalize(&program).with_context(|| format!("find {}", program.display()))?;
            log.run(&cmd!(
                patchelf,
                "--set-interpreter",
                &loader,
                "--force-rpath",
                "--set-rpath",
                &libraries,
                program
            ))?;
        }
        // Debian gives the LLVM libraries a search path of their own, which would hide ours.
        for path in list(&libraries)? {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if (name.starts_with("libLLVM") || name.starts_with("libclang-cpp")) && !path.is_symlink() {
                log.run(&cmd!(patchelf, "--force-rpath", "--set-rpath", &libraries, &path))?;
            }
        }
        Ok(())
    }

    /// The folder of clang and lld.
    pub fn llvm_bin(&self) -> Result<PathBuf> {
        let lib = self.prefix.join("usr/lib");
        for folder in list(&lib)? {
            let bin = folder.join("bin");
            if bin.join("wasm-ld").exists() {
                return Ok(bin);
            }
        }
        anyhow::bail!("no LLVM below {}", lib.display())
    }
}

fn of_suite<'a>(suite: &'a str, packages: &'a BTreeMap<String, String>) -> impl Iterator<Item = Pin<'a>> {
    packages.iter().map(move |(name, version)| Pin { suite, name, version })
}

fn unpack_all(log: &Log, debs: &Path, folder: &Path) -> Result<()> {
    for deb in list(debs)? {
        log.run(&cmd!("dpkg-deb", "-x", &deb, folder))?;
        fs::remove_file(&deb)?;
    }
    Ok(())
}

fn is_elf(path: &Path) -> Result<bool> {
    Ok(fs::read(path)?.starts_with(b"\x7fELF"))
}
