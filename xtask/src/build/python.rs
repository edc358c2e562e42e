//! Runs a linked interpreter in Node.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use anyhow::Result;
use duct::{Expression, cmd};

use crate::{
    Workshop,
    build::cpython::Cpython,
    engines::{self, Ability, Engine},
    tools::node,
};

/// What a Node needs for CPython, and for a path that is forced.
pub fn v8_flags(node: u32, path: Option<&str>) -> Result<Vec<String>> {
    // CPython counts its recursion for a stack of 8 MB, Node's is 1 MB by default.
    let mut flags = ["--no-warnings", "--stack-size=6500"].map(str::to_owned).to_vec();
    let entry = engines::entry(Engine::Node(node))?;
    let forced = engines::Path::ALL.into_iter().find(|known| path == Some(known.name()));
    if let Some(Ability::Flag(flag)) = forced.map(|path| entry.path(path)) {
        flags.push(flag.clone());
    }
    Ok(flags)
}

/// A run of one interpreter.
#[derive(Clone, Debug)]
pub struct Run {
    /// The folder of `python.mjs`.
    pub folder: PathBuf,
    /// The major version of Node.
    pub node: u32,
    /// The path that is forced.
    pub path: Option<String>,
    /// `first-miss`: the hook finds the archive's data not relocated, and works at the first miss.
    pub install: Option<String>,
    /// Another standard library than CPython's folder: a file of pack_stdlib.py.
    pub library: Option<PathBuf>,
}

impl Run {
    pub fn new(folder: &Path, node: u32) -> Self {
        Self { folder: folder.to_owned(), node, path: None, install: None, library: None }
    }

    /// The command; its arguments are those of `python`.
    pub fn command<I>(&self, workshop: &Workshop, cpython: &Cpython, arguments: I) -> Result<Expression>
    where
        I: IntoIterator,
        I::Item: Into<OsString>,
    {
        self.driver(workshop, cpython, "python.mjs", arguments)
    }

    /// One of the drivers in `xtask/js`; it gets the folder and then the arguments.
    pub fn driver<I>(
        &self,
        workshop: &Workshop,
        cpython: &Cpython,
        driver: &str,
        arguments: I,
    ) -> Result<Expression>
    where
        I: IntoIterator,
        I::Item: Into<OsString>,
    {
        let program = node::program(&workshop.home, &workshop.pins, self.node)?;
        let driver = workshop.root.join("xtask/js").join(driver);
        let flags = v8_flags(self.node, self.path.as_deref())?;
        let mut all: Vec<OsString> = flags.into_iter().map(OsString::from).collect();
        all.push(driver.into());
        all.push(self.folder.clone().into());
        all.extend(arguments.into_iter().map(Into::into));
        let set_or_remove = |command: Expression, name: &str, value: &Option<String>| match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
        let command = cmd(program, all)
            .env("PYEM_LIB", self.library.clone().unwrap_or_else(|| cpython.source.join("Lib")));
        let command = set_or_remove(command, "PYEM_PATH", &self.path);
        let command = set_or_remove(command, "PYEM_INSTALL", &self.install);
        Ok(command)
    }
}
