//! Side modules, which programs with dynamic linking load: extensions of CPython, and others.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use duct::Expression;

use crate::{
    Workshop,
    build::{
        cpython::{CFLAGS, Cpython},
        extension::{Extension, is_cpp},
        link::CPP_EXCEPTIONS,
    },
    tools::{emscripten::Emscripten, steps::Log},
};

/// What a side module is made of.
#[derive(Clone, Copy, Debug)]
pub struct SideModule<'a> {
    /// C and C++.
    pub files: &'a [PathBuf],
    /// Folders of headers.
    pub include: &'a [PathBuf],
    pub flags: &'a [&'a str],
    /// The one function that it exports.
    pub export: &'a str,
}

impl SideModule<'_> {
    /// The command that compiles it into a file.
    pub fn compile(&self, emscripten: &Emscripten, file: &Path) -> Expression {
        let compiler = if self.files.iter().any(|file| is_cpp(file)) { "em++" } else { "emcc" };
        let mut arguments: Vec<String> = self.flags.iter().map(|&flag| flag.to_owned()).collect();
        arguments.extend(["-sSIDE_MODULE=2".to_owned(), format!("-sEXPORTED_FUNCTIONS=_{}", self.export)]);
        arguments.extend(self.include.iter().map(|folder| format!("-I{}", folder.display())));
        arguments.extend(self.files.iter().map(|file| file.display().to_string()));
        arguments.extend(["-o".to_owned(), file.display().to_string()]);
        emscripten.command(compiler, arguments)
    }
}

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
    let cpythons_own = cpython.include_flags();
    let mut flags = vec!["-O2", "-DNDEBUG", "-fno-strict-overflow", CFLAGS];
    flags.extend(cpython.kind.flags());
    flags.extend(cpythons_own.iter().map(String::as_str));
    if extension.files.iter().any(|file| is_cpp(file)) {
        flags.push(CPP_EXCEPTIONS);
    }
    let module =
        SideModule { files: &extension.files, include, flags: &flags, export: &extension.init_function() };
    log.run(&module.compile(&workshop.emscripten, file))
}
