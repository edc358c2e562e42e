//! An apt beside the system's, with suites and indices of its own.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use duct::{Expression, cmd};

use crate::tools::{need, pins::Pins, steps::Log};

const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";
/// Suites that only serve single packages.
const MORE_SUITES: [&str; 1] = ["trixie-backports"];

/// A version of a package in a suite.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pin<'p> {
    pub suite: &'p str,
    pub name: &'p str,
    pub version: &'p str,
}

/// What apt downloads.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    Binary,
    Source,
}

impl Kind {
    /// What apt-cache calls the index that lists it.
    fn index(self) -> &'static str {
        match self {
            Self::Binary => "Packages",
            Self::Source => "Sources",
        }
    }
}

#[derive(Debug)]
pub struct Apt<'a> {
    /// Its settings, indices and downloads.
    pub folder: PathBuf,
    pub pins: &'a Pins,
}

impl Apt<'_> {
    /// Downloads packages into `folder` by one call of apt-get, which is fast. What has left its
    /// suite even by fresh indices is replaced by the suite's newest.
    pub fn fetch(
        &self,
        log: &Log,
        folder: &Path,
        verb: &[&str],
        kind: Kind,
        packages: &[Pin<'_>],
    ) -> Result<()> {
        self.update(log)?;
        // Old indices may name what the mirror no longer has.
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
            .env("APT_CONFIG", self.folder.join("apt.conf"))
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
        self.folder.join("updated")
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
            fs::create_dir_all(self.folder.join(folder))?;
        }
        let mirror = mirror()?;
        let suites = self.pins.debian.keys().map(String::as_str).chain(MORE_SUITES);
        let mut sources = String::new();
        for suite in suites {
            sources += &format!("deb [signed-by={KEYRING} arch=amd64] {mirror} {suite} main\n");
            sources += &format!("deb-src [signed-by={KEYRING}] {mirror} {suite} main\n");
        }
        fs::write(self.folder.join("sources.list"), sources)?;
        let apt = self.folder.display();
        let config = format!(
            "Dir::Etc::SourceList \"{apt}/sources.list\";\nDir::Etc::SourceParts \"{apt}/parts\";\n\
             Dir::State::Lists \"{apt}/lists\";\nDir::Cache \"{apt}/cache\";\n\
             APT::Sandbox::User \"root\";\nAcquire::Languages \"none\";\nAcquire::Retries \"3\";\n\
             APT::Update::Error-Mode \"any\";\n\
             Acquire::IndexTargets::deb::DEP-11::DefaultEnabled \"false\";\n"
        );
        fs::write(self.folder.join("apt.conf"), config)?;
        log.run(&self.apt_get(&["update"]))?;
        fs::write(self.updated(), "")?;
        Ok(())
    }

    fn apt_get<S: AsRef<std::ffi::OsStr>>(&self, arguments: &[S]) -> Expression {
        let arguments = arguments.iter().map(AsRef::as_ref);
        cmd("apt-get", arguments).env("APT_CONFIG", self.folder.join("apt.conf"))
    }
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
