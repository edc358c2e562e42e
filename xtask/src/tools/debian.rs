//! Packages of Debian's suites, unpacked into a prefix of the project's. The system's own apt
//! configuration and packages stay as they are.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use duct::{Expression, cmd};

use crate::tools::{
    files::{clear, list},
    need,
    pins::Pins,
    steps::{EMSCRIPTEN_STEP, Log, Steps},
};

const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";
const LIBRARIES: &str = "usr/lib/x86_64-linux-gnu";
/// The suite of CPython's source package.
const SOURCE_SUITE: &str = "trixie";
/// Suites that only serve single packages.
const MORE_SUITES: [&str; 1] = ["trixie-backports"];

/// A version of a package in a suite.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Pin<'p> {
    suite: &'p str,
    name: &'p str,
    version: &'p str,
}

/// What apt downloads.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Binary,
    Source,
}

impl Kind {
    /// How apt-cache calls the index that lists it.
    fn index(self) -> &'static str {
        match self {
            Self::Binary => "Packages",
            Self::Source => "Sources",
        }
    }
}

/// A private apt, and the prefix it fills.
#[derive(Debug)]
pub struct Debian<'a> {
    apt: PathBuf,
    /// Where packages are unpacked.
    pub prefix: PathBuf,
    pins: &'a Pins,
}

impl<'a> Debian<'a> {
    /// In `home`.
    pub fn new(home: &Path, pins: &'a Pins) -> Self {
        Self { apt: home.join("apt"), prefix: home.join("debian"), pins }
    }

    /// Unpacks the pinned packages and makes their programs run on this machine's kernel with
    /// their own libraries.
    pub fn install(&self, steps: &Steps) -> Result<()> {
        let prefix = &self.prefix;
        let key = format!("{} {:?}", prefix.display(), self.pins.debian);
        steps.once("Debian packages", &key, |log| {
            steps.forget(&[EMSCRIPTEN_STEP])?;
            clear(prefix)?;
            let debs = self.apt.join("debs");
            clear(&debs)?;
            self.fetch(log, &debs, &["download"], Kind::Binary, &self.packages())?;
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

    /// A launcher of the native Python 3.13.
    pub fn build_python(&self) -> Result<PathBuf> {
        let launcher = self.prefix.join("python3.13");
        let usr = self.prefix.join("usr");
        let script = format!("#!/bin/sh\nPYTHONHOME='{0}' exec '{0}/bin/python3.13' \"$@\"\n", usr.display());
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
        self.fetch(log, folder, &["source", "--download-only"], Kind::Source, &[pin])
    }

    /// Downloads one package and unpacks it into `folder`.
    pub fn unpack_one(&self, log: &Log, folder: &Path, suite: &str, name: &str, version: &str) -> Result<()> {
        let debs = self.apt.join("debs-one");
        clear(&debs)?;
        self.fetch(log, &debs, &["download"], Kind::Binary, &[Pin { suite, name, version }])?;
        clear(folder)?;
        unpack_all(log, &debs, folder)
    }

    /// Downloads packages into `folder` by one call of apt-get, which is fast. What has left its
    /// suite even by fresh indices is replaced by the suite's newest.
    fn fetch(&self, log: &Log, folder: &Path, verb: &[&str], kind: Kind, packages: &[Pin<'_>]) -> Result<()> {
        self.update(log)?;
        // Old indices may name what the mirror has no more.
        if self.not_in_index(kind, packages)?.is_empty()
            && self.fetch_now(log, folder, verb, packages, &[]).is_ok()
        {
            return Ok(());
        }
        fs::remove_file(self.updated())?;
        self.update(log)?;
        let gone = self.not_in_index(kind, packages)?;
        self.fetch_now(log, folder, verb, packages, &gone).context("download from Debian: is the network up?")
    }

    /// The pinned versions, but the suite's newest of what is gone.
    fn fetch_now(
        &self,
        log: &Log,
        folder: &Path,
        verb: &[&str],
        packages: &[Pin<'_>],
        gone: &[Pin<'_>],
    ) -> Result<()> {
        let mut arguments: Vec<String> = verb.iter().map(|&word| word.to_owned()).collect();
        for pin in packages {
            let Pin { suite, name, version } = pin;
            if gone.contains(pin) {
                eprintln!("  NOTE    {name} {version} has left Debian's {suite}: taking the newest there");
                arguments.push(format!("{name}/{suite}"));
            } else {
                arguments.push(format!("{name}={version}"));
            }
        }
        log.run(&self.apt_get(&arguments).dir(folder))
    }

    /// The pins whose version the indices do not have.
    fn not_in_index<'p>(&self, kind: Kind, packages: &[Pin<'p>]) -> Result<Vec<Pin<'p>>> {
        let names = packages.iter().map(|pin| pin.name);
        let listing = cmd("apt-cache", ["madison"].into_iter().chain(names))
            .env("APT_CONFIG", self.apt.join("apt.conf"))
            .read()
            .context("apt-cache madison")?;
        // `NAME | VERSION | MIRROR SUITE/main amd64 Packages`, or `… Sources`
        let rows: Vec<Vec<&str>> =
            listing.lines().map(|line| line.split('|').map(str::trim).collect()).collect();
        let listed = |pin: &Pin<'_>| {
            rows.iter().any(|row| match row[..] {
                [name, version, origin] => {
                    name == pin.name && version == pin.version && origin.ends_with(kind.index())
                }
                _ => false,
            })
        };
        Ok(packages.iter().filter(|pin| !listed(pin)).copied().collect())
    }

    fn updated(&self) -> PathBuf {
        self.apt.join("updated")
    }

    /// Sets up the private apt and reads the suites' indices, unless that was done.
    fn update(&self, log: &Log) -> Result<()> {
        if self.updated().exists() {
            return Ok(());
        }
        need("apt-get", "apt")?;
        need("dpkg-deb", "dpkg")?;
        ensure!(
            Path::new(KEYRING).exists(),
            "{KEYRING} is missing: install the package debian-archive-keyring"
        );
        for folder in ["lists/partial", "cache/archives/partial", "parts"] {
            fs::create_dir_all(self.apt.join(folder))?;
        }
        let mirror = mirror()?;
        let suites = self.pins.debian.keys().map(String::as_str).chain(MORE_SUITES);
        let mut sources = String::new();
        for suite in suites {
            sources += &format!("deb [signed-by={KEYRING} arch=amd64] {mirror} {suite} main\n");
            sources += &format!("deb-src [signed-by={KEYRING}] {mirror} {suite} main\n");
        }
        fs::write(self.apt.join("sources.list"), sources)?;
        let apt = self.apt.display();
        let config = format!(
            "Dir::Etc::SourceList \"{apt}/sources.list\";\nDir::Etc::SourceParts \"{apt}/parts\";\n\
             Dir::State::Lists \"{apt}/lists\";\nDir::Cache \"{apt}/cache\";\n\
             APT::Sandbox::User \"root\";\nAcquire::Languages \"none\";\nAcquire::Retries \"3\";\n\
             APT::Update::Error-Mode \"any\";\n\
             Acquire::IndexTargets::deb::DEP-11::DefaultEnabled \"false\";\n"
        );
        fs::write(self.apt.join("apt.conf"), config)?;
        log.run(&self.apt_get(&["update"]))?;
        fs::write(self.updated(), "")?;
        Ok(())
    }

    fn apt_get<S: AsRef<std::ffi::OsStr>>(&self, arguments: &[S]) -> Expression {
        let arguments = arguments.iter().map(AsRef::as_ref);
        cmd("apt-get", arguments).env("APT_CONFIG", self.apt.join("apt.conf"))
    }

    /// The programs were linked for their own suite's C library, which may be newer than the
    /// machine's: they get its loader, and search its libraries only.
    fn patch_programs(&self, log: &Log) -> Result<()> {
        let prefix = &self.prefix;
        let libraries = prefix.join(LIBRARIES);
        let loader = libraries.join("ld-linux-x86-64.so.2");
        let mut programs = vec![prefix.join("usr/bin/python3.13")];
        let llvm = self.llvm_bin()?;
        for name in ["clang", "lld", "llvm-ar", "llvm-nm", "llvm-objcopy", "llvm-objdump", "llvm-dwarfdump"] {
            programs.push(llvm.join(name));
        }
        for path in list(&prefix.join("usr/bin"))? {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name.starts_with("wasm-") && !path.is_symlink() && is_elf(&path)? {
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

/// The Debian mirror that this machine uses.
fn mirror() -> Result<String> {
    if let Ok(mirror) = std::env::var("PYEM_DEBIAN_MIRROR") {
        return Ok(mirror);
    }
    let listing = cmd!("apt-get", "--print-uris", "update")
        .stderr_null()
        .read()
        .context("apt-get --print-uris update")?;
    listing
        .lines()
        .filter_map(|line| line.trim_start_matches('\'').split_once("/dists/"))
        .map(|(mirror, _)| mirror)
        .find(|mirror| mirror.trim_end_matches('/').ends_with("/debian"))
        .map(str::to_owned)
        .context("apt knows no Debian mirror (sources.list): name one in PYEM_DEBIAN_MIRROR")
}
