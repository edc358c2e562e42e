//! What pools of fresh Pythons start from: an interpreter, its library in one file, and a snapshot with the usual imports.

use std::path::PathBuf;

use anyhow::Result;

use crate::{
    Workshop,
    build::{
        cpython::Cpython,
        interpreter,
        python::Run,
        snapshot::{self, Embedder},
    },
    tools::{
        files::{clear, copy},
        node::TOOLS_NODE,
    },
};

/// Returns a folder with `python.mjs`, `python.wasm`, `python.minor`, `library.zip` and `python.snapshot`.
pub fn build(workshop: &Workshop, cpython: &Cpython) -> Result<PathBuf> {
    build_with(workshop, cpython, &snapshot::IMPORTS.map(str::to_owned))
}

/// The same with these modules imported in the snapshot.
pub fn build_with(workshop: &Workshop, cpython: &Cpython, imports: &[String]) -> Result<PathBuf> {
    let python = interpreter::build(workshop, cpython)?;
    let folder = workshop.home.join("pool");
    workshop.steps.always("python for pools", |log| {
        clear(&folder)?;
        for name in ["python.mjs", "python.wasm", "python.build", "python.minor"] {
            copy(&python.join(name), &folder.join(name))?;
        }
        let library = folder.join("library.zip");
        log.run(&cpython.pack_library(workshop, &library))?;
        let run = Run { library: Some(library), ..Run::new(&folder, TOOLS_NODE) };
        let source = snapshot::import_lines(imports);
        log.run(&Embedder { workshop, cpython }.take(&run, &folder.join(snapshot::FILE), &source)?)
    })?;
    Ok(folder)
}
