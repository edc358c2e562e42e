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
    files::{clear, list},
    pins::Pins,
    steps::{EMSCRIPTEN_STEP, Log, Steps},
};

mod apt;

use apt::{Apt, Kind, Pin};

/// How the names of binaryen's programs begin: wasm-opt, wasm2js.
const BINARYEN: &str = "wasm";
const LIBRARIES: &str = "usr/lib/x86_64-linux-gnu";
/// The suite of CPython's source package.
const SOURCE_SUITE: &str = "trixie";
/// A private apt, and the prefix it fills.
#[derive(Debug)]
pub struct Debian<'a> {
    apt: Apt<'a>,
    /// Where packages are unpacked.
    pub prefix: PathBuf,
    pins: &'a Pins,
}

impl<'a> Debian<'a> {
    pub fn new(home: &Path, pins: &'a Pins) -> Self {
        Self { apt: Apt { folder: home.join("apt"), pins }, prefix: home.join("debian"), pins }
    }

    /// Unpacks the pinned packages and makes their programs run on this machine's kernel with
    /// their own libraries.
    pub fn install(&self, steps: &Steps) -> Result<()> {
        let prefix = &self.prefix;
        let key = format!("{} {:?} {BINARYEN}", prefix.display(), self.pins.debian);
        steps.once("Debian packages", &key, |log| {
            steps.forget(&[EMSCRIPTEN_STEP])?;
            clear(prefix)?;
            let debs = self.apt.folder.join("debs");
            clear(&debs)?;
            self.apt.fetch(log, &debs, &["download"], Kind::Binary, &self.packages())?;
            unpack_all(log, &debs, prefix)?;
            self.patch_programs(log)
        })?;
        Ok(())
    }

    fn packages(&self) -> Vec<Pin<'_>> {
        let of_suite = |(suite, all): (&'a String, &'a BTreeMap<String, String>)| {
            all.iter().map(move |(name, version)| Pin { suite, name, version })
        };
        self.pins.debian.iter().flat_map(of_suite).collect()
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
    pub fn download_source(&self, log: &Log, folder: &Path, name: &str, version: &str) -> Result<()> {
        clear(folder)?;
        let pin = Pin { suite: SOURCE_SUITE, name, version };
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
        let mut programs = vec![prefix.join("usr/bin").join(self.python())];
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
        let patchelf = prefix.join("usr/bin/patchelf");
        for program in programs {
            let program =
                fs::canonicalize(&program).with_context(|| format!("find {}", program.display()))?;
            log.run(&cmd!(
                &patchelf,
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
                log.run(&cmd!(&patchelf, "--force-rpath", "--set-rpath", &libraries, &path))?;
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
