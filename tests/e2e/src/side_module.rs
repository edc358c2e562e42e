//! Extensions that tests compile for stock Pyodide, each from one file.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use xtask::build::side_module::SideModule;

use crate::Bench;

const FLAGS: [&str; 7] = [
    "-O1",
    "-fPIC",
    "-Wall",
    "-Wextra",
    "-Werror",
    "-Wno-unused-parameter",
    "-Wno-missing-field-initializers",
];

/// Compiles an extension for every Python into `.toolchain/FOLDER/NAME.so`: it keeps to the limited API, so any version's
/// headers will do.
pub fn compile(bench: &Bench, folder: &str, name: &str, source: &Path) -> Result<PathBuf> {
    let headers = [bench.cpython.source.join("Include"), bench.cpython.build.clone()];
    compile_with(bench, &headers, folder, &format!("PyInit_{name}"), source)
}

/// The same with other headers and another function that it begins with, whose name ends with the module's.
pub fn compile_with(
    bench: &Bench,
    headers: &[PathBuf],
    folder: &str,
    entry: &str,
    source: &Path,
) -> Result<PathBuf> {
    let (_, name) = entry.split_once('_').context("PyInit_NAME")?;
    let folder = bench.workshop.home.join(folder);
    fs::create_dir_all(&folder)?;
    let output = folder.join(format!("{name}.so"));
    let files = [source.to_owned()];
    let module = SideModule { files: &files, include: headers, flags: &FLAGS, export: entry };
    let command = module.compile(&bench.workshop.emscripten, &output);
    bench.workshop.steps.always(&format!("{name}.so"), |log| log.run(&command))?;
    Ok(output)
}
