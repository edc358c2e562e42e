//! What the set-up does when Debian no longer has a pinned version.

use std::fs;

use anyhow::{Context, Result, ensure};
use xtask::tools::{
    debian::{Debian, Pin},
    files::clear,
    pins::Pins,
    steps::Log,
    workshop::project_root,
};

#[test]
fn a_version_that_has_left_its_suite_is_replaced_by_the_newest() -> Result<()> {
    let root = project_root()?;
    let pins = Pins::read(&root)?;
    let home = root.join("target/trial-debian");
    clear(&home)?;
    fs::write(home.join("log"), "")?;
    let log = Log { path: home.join("log") };
    let debian = Debian::new(&home, &pins);

    let unpacked = home.join("unpacked");
    debian.unpack_one(&log, &unpacked, "bookworm", "patchelf", "0.0.1-1")?;
    ensure!(unpacked.join("usr/bin/patchelf").is_file());

    let source = home.join("source");
    let minor = pins.cpython.minor();
    let (name, version) = (format!("python{minor}"), format!("{minor}.0-1"));
    debian.download_source(&log, &source, Pin { suite: "trixie", name: &name, version: &version })?;
    let described = fs::read_dir(&source)?
        .filter_map(Result::ok)
        .any(|entry| entry.path().extension().is_some_and(|extension| extension == "dsc"));
    ensure!(described, "the newest source package is there");

    let nothing = home.join("nothing");
    let error = debian
        .unpack_one(&log, &nothing, "bookworm", "no-such-package", "1")
        .err()
        .context("a package that never was is an error")?;
    ensure!(format!("{error:#}").contains("no-such-package"), "{error:#}");
    fs::remove_dir_all(&home)?;
    Ok(())
}
