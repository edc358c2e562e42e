//! `cargo xtask python`: the emscripten CPython as a command.

use std::{collections::BTreeSet, ffi::OsString, path::PathBuf, process::ExitCode};

use anyhow::{Result, ensure};
use clap::ValueEnum;
use duct::Expression;

use crate::{
    Workshop,
    build::{
        archive,
        cpython::Cpython,
        extension::Extension,
        link::{Link, Trampoline, Way},
        python::Run,
    },
    engines::Path,
    tools::{files::sha256, node::TOOLS_NODE},
};

/// The longest name of an interpreter's folder; longer ones are replaced by their hash.
const MOST_LETTERS: usize = 80;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The major version of Node
    #[arg(long, default_value_t = TOOLS_NODE)]
    node: u32,
    /// Forces a path
    #[arg(long, value_enum)]
    path: Option<Path>,
    #[command(flatten)]
    interpreter: Interpreter,
    /// Python's own arguments
    #[arg(last = true)]
    arguments: Vec<OsString>,
}

/// What is linked.
#[derive(Debug, clap::Args)]
pub struct Interpreter {
    /// Whose trampoline is linked
    #[arg(long, value_enum, default_value = "ours")]
    trampoline: Whose,
    /// Compiles a module in from its C or C++ files; NAME is its full name: package.module.
    ///
    /// Give it once for each module. A package's Python files are found by PYTHONPATH.
    #[arg(long = "extension", value_name = "NAME=FILE[,FILE...]")]
    pub extensions: Vec<Extension>,
    /// A folder of headers that the extensions include
    #[arg(long, value_name = "FOLDER", value_parser = folder)]
    include: Vec<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Whose {
    Ours,
    Stock,
}

fn folder(text: &str) -> Result<PathBuf> {
    let folder = std::path::absolute(text)?;
    ensure!(folder.is_dir(), "there is no folder {}", folder.display());
    Ok(folder)
}

impl Interpreter {
    /// Links it unless it is there; returns its folder.
    pub fn link(&self, workshop: &Workshop, cpython: &Cpython) -> Result<PathBuf> {
        let archive = archive::build(workshop)?;
        let (name, trampoline) = match self.trampoline {
            Whose::Ours => ("ours", Trampoline::Ours(Way::ArchiveFirst)),
            Whose::Stock => ("stock", Trampoline::Stock),
        };
        let mut link = Link::new(name, trampoline);
        for extension in &self.extensions {
            link.name += &format!("-{}", extension.name);
        }
        if link.name.len() > MOST_LETTERS {
            link.name = format!("{name}-{}", &sha256(link.name.as_bytes())[..16]);
        }
        link.extensions.clone_from(&self.extensions);
        link.include.clone_from(&self.include);
        link.build(workshop, cpython, &archive)
    }

    /// Refuses what cannot be linked, before anything is built.
    pub fn check(&self) -> Result<()> {
        let mut names = BTreeSet::new();
        for Extension { name, .. } in &self.extensions {
            ensure!(
                names.insert(name),
                "the extension {name} is named twice: NAME=FILE,FILE has several files"
            );
        }
        Ok(())
    }
}

/// Links the interpreter unless it is there, runs it, and returns its exit code.
pub fn run(python: &Arguments) -> Result<ExitCode> {
    python.interpreter.check()?;
    let mut workshop = Workshop::open()?;
    let cpython = Cpython::build(&workshop)?;
    let mut run = Run::new(&python.interpreter.link(&workshop, &cpython)?, python.node);
    run.path = python.path.map(|path| path.to_string());
    // Other runs need not wait for this program to end.
    workshop.unlock();
    exit_code(&run.command(&workshop, &cpython, &python.arguments)?)
}

/// Runs a command, and returns its exit code.
pub fn exit_code(command: &Expression) -> Result<ExitCode> {
    let status = command.unchecked().run()?.status;
    Ok(ExitCode::from(u8::try_from(status.code().unwrap_or(1)).unwrap_or(1)))
}
