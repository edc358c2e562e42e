//! Extensions as side modules, which CPython with dynamic linking loads.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use crate::{
    Workshop,
    build::{
        cpython::{CFLAGS, Cpython},
        extension::{Extension, is_cpp},
        link::CPP_EXCEPTIONS,
    },
    tools::steps::Log,
};

/// Where an extension lies in a folder of packages.
pub fn file(site: &Path, extension: &Extension) -> PathBuf {
    site.join(extension.name.replace('.', "/") + ".so")
}

/// Compiles an extension of `cpython` into a file.
pub fn build(
    log: &Log,
    workshop: &Workshop,
    cpython: &Cpython,
    extension: &Extension,
    include: &[PathBuf],
    file: &Path,
) -> Result<()> {
    fs::create_dir_all(file.parent().context("a file has a folder")?)?;
    let mut arguments: Vec<String> =
        ["-O2", "-sSIDE_MODULE=2", "-DNDEBUG", "-fno-strict-overflow", CFLAGS].map(str::to_owned).into();
    arguments.push(format!("-sEXPORTED_FUNCTIONS=_{}", extension.init_function()));
    arguments.extend(cpython.kind.flags().iter().map(|&flag| flag.to_owned()));
    arguments.extend(cpython.include_flags());
    arguments.extend(include.iter().map(|folder| format!("-I{}", folder.display())));
    let mut compiler = "emcc";
    if extension.files.iter().any(|file| is_cpp(file)) {
        compiler = "em++";
        arguments.push(CPP_EXCEPTIONS.to_owned());
    }
    arguments.extend(extension.files.iter().map(|file| file.display().to_string()));
    arguments.extend(["-o".to_owned(), file.display().to_string()]);
    log.run(&workshop.emscripten.command(compiler, arguments))
}
