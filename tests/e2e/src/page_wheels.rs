//! What a visitor drops on the demo page's view "Audit": wheels, and files that are none.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use duct::cmd;
use xtask::tools::{
    files::{clear, copy, list},
    pyodide::{CURRENT, OLDER},
    pypi,
};

use crate::{
    Bench, Once,
    audit_command::{named, pack_wheel, tag},
    sdists::sdist,
    side_module,
};

/// No Pyodide takes it.
pub const NATIVE: &str = "cp314-cp314-manylinux_2_28_x86_64";

/// What a visitor chooses.
pub struct Wheels {
    /// From PyPI, with functions that the trampoline handles.
    pub bitarray: PathBuf,
    /// The same for another Python.
    pub other_python: PathBuf,
    /// Packed here: a package of PyPI that traps, and what is no wheel for the page. Names begin with the package's.
    pub folder: PathBuf,
}

static WHEELS: Once<Wheels> = Once::new();

/// Made by the first test that asks for it.
pub fn wheels(bench: &Bench) -> Result<&'static Wheels> {
    WHEELS.get(|| {
        let folder = bench.workshop.home.join("page-audit");
        clear(&folder)?;
        let tag = tag(bench, CURRENT);
        let kiwisolver = sdist("kiwisolver")?.install(bench, CURRENT)?;
        pack_package(bench, &folder, "kiwisolver", &tag, &kiwisolver)?;
        let source = bench.workshop.root.join("tests/e2e/audit/packages.c");
        let traps = side_module::compile(bench, "page-audit", "traps", &source)?;
        pack_wheel(bench, &folder, "traps", &tag, &[traps])?;
        let damaged = folder.join("damaged.so");
        fs::write(&damaged, "PyInit_damaged")?;
        pack_wheel(bench, &folder, "damaged", &tag, &[damaged])?;
        pack_wheel(bench, &folder, "native", NATIVE, &[])?;
        pack_wheel(bench, &folder, "pure", "py3-none-any", &[])?;
        let bitarray = |pyodide| -> Result<PathBuf> {
            named(&pypi::pyodide_wheels(&bench.workshop, &bench.cpython.source, pyodide)?, "bitarray")
        };
        let wheels = Wheels { bitarray: bitarray(CURRENT)?, other_python: bitarray(OLDER)?, folder };
        let whole = fs::read(&wheels.bitarray)?;
        fs::write(wheels.folder.join("cut_off.whl"), &whole[..whole.len() / 2])?;
        fs::write(wheels.folder.join("notes.txt"), "no wheel")?;
        Ok(wheels)
    })
}

/// Packs a wheel of files by their paths in site-packages.
fn pack_package(
    bench: &Bench,
    folder: &Path,
    name: &str,
    tag: &str,
    files: &BTreeMap<String, PathBuf>,
) -> Result<()> {
    let content = folder.join(name);
    for (path, file) in files {
        let path = content.join(path);
        fs::create_dir_all(path.parent().context("it is in a folder")?)?;
        copy(file, &path)?;
    }
    fs::write(content.join(format!("{name}.dist-info/WHEEL")), format!("Wheel-Version: 1.0\nTag: {tag}\n"))?;
    let parts = list(&content)?.into_iter().map(PathBuf::into_os_string);
    let arguments = ["-m".into(), "zipfile".into(), "--create".into()].into_iter();
    let wheel = folder.join(format!("{name}-{tag}.whl")).into_os_string();
    cmd(&bench.workshop.build_python, arguments.chain([wheel]).chain(parts)).run()?;
    Ok(())
}
