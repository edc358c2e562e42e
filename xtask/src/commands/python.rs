//! `cargo xtask python`: the emscripten CPython as a command.

use std::{ffi::OsString, path::PathBuf, process::ExitCode};

use anyhow::Result;
use clap::ValueEnum;

use crate::{
    Workshop,
    build::{
        archive,
        cpython::Cpython,
        link::{Link, Trampoline, Way},
        python::{Run, parse_extension},
    },
    engines::Path,
    tools::node::TOOLS_NODE,
};

/// Of `cargo xtask python`
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The major version of Node
    #[arg(long, default_value = TOOLS_NODE)]
    node: u32,
    /// Forces a path
    #[arg(long, value_enum)]
    path: Option<Path>,
    /// Whose trampoline
    #[arg(long, value_enum, default_value = "ours")]
    trampoline: Whose,
    /// Compiles a C extension in: NAME=FILE.c
    #[arg(long = "extension", value_name = "NAME=FILE.c", value_parser = parse_extension)]
    extensions: Vec<(String, PathBuf)>,
    /// Python's own arguments
    #[arg(last = true)]
    arguments: Vec<OsString>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Whose {
    Ours,
    Stock,
}

/// Links the interpreter unless it is there, runs it, and returns its exit code.
pub fn run(python: &Arguments) -> Result<ExitCode> {
    let mut workshop = Workshop::open()?;
    let cpython = Cpython::build(&workshop)?;
    let archive = archive::build(&workshop)?;
    let (name, trampoline) = match python.trampoline {
        Whose::Ours => ("ours", Trampoline::Ours(Way::ArchiveFirst)),
        Whose::Stock => ("stock", Trampoline::Stock),
    };
    let mut link = Link::new(name, trampoline);
    for (module, file) in &python.extensions {
        link.name += &format!("-{module}");
        link = link.extension(module, std::slice::from_ref(file));
    }
    let mut run = Run::new(&link.build(&workshop, &cpython, &archive)?, python.node);
    run.path = python.path.map(|path| path.to_string());
    // Other runs need not wait for this program to end.
    workshop.unlock();
    let status = run.command(&workshop, &cpython, &python.arguments)?.unchecked().run()?.status;
    Ok(ExitCode::from(u8::try_from(status.code().unwrap_or(1)).unwrap_or(1)))
}
