//! Takes snapshots of CPython, and describes them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use duct::Expression;

use crate::{
    Workshop,
    build::{cpython::Cpython, python::Run},
};

pub mod format;

/// It lies beside `python.wasm`: linking anew removes it.
pub const FILE: &str = "python.snapshot";
/// What is imported by default before the snapshot is taken.
pub const IMPORTS: [&str; 4] = ["asyncio", "json", "re", "dataclasses"];

/// An interpreter, started and called by `xtask/js/embed.mjs`.
#[derive(Clone, Copy, Debug)]
pub struct Embedder<'a> {
    pub workshop: &'a Workshop,
    /// For its standard library.
    pub cpython: &'a Cpython,
}

impl Embedder<'_> {
    /// Starts Python and runs `source`.
    pub fn cold(&self, run: &Run, source: &str) -> Result<Expression> {
        self.command(run, &["run", source])
    }

    /// Starts Python, runs `source`, and writes a snapshot to `file`.
    pub fn take(&self, run: &Run, file: &Path, source: &str) -> Result<Expression> {
        self.command(run, &["take", &file.display().to_string(), source])
    }

    /// Restores `file`, reseeds, and runs `source`.
    pub fn restore(&self, run: &Run, file: &Path, source: &str) -> Result<Expression> {
        self.command(run, &["restore", &file.display().to_string(), source])
    }

    fn command(&self, run: &Run, arguments: &[&str]) -> Result<Expression> {
        run.driver(self.workshop, self.cpython, "embed.mjs", arguments)
    }
}

/// Python's statements that import these modules.
pub fn import_lines(modules: &[impl AsRef<str>]) -> String {
    modules.iter().map(|name| format!("import {}\n", name.as_ref())).collect()
}

/// Takes the interpreter's snapshot with these modules imported, into a file of its folder.
pub fn take(embedder: Embedder<'_>, run: &Run, name: &str, imports: &[String]) -> Result<PathBuf> {
    for name in imports {
        let part_is_name =
            |part: &str| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '_');
        ensure!(name.split('.').all(part_is_name), "{name} is no module's name");
    }
    let file = run.folder.join(name);
    let source = import_lines(imports);
    embedder.workshop.steps.always("snapshot", |log| {
        // It gets its name when it is complete and has been restored.
        let unfinished = file.with_extension("unfinished");
        log.run(&embedder.take(run, &unfinished, &source)?)?;
        let restored = embedder.restore(run, &unfinished, "import sys; print(len(sys.modules))")?;
        log.run(&restored).context("restore the snapshot")?;
        fs::write(file.with_extension("imports"), imports.join(" "))?;
        Ok(fs::rename(&unfinished, &file)?)
    })?;
    Ok(file)
}

/// The modules that were imported before [`take`].
pub fn imports_of(file: &Path) -> Result<Vec<String>> {
    let imports = file.with_extension("imports");
    let text = fs::read_to_string(&imports).with_context(|| format!("read {}", imports.display()))?;
    Ok(text.split_whitespace().map(str::to_owned).collect())
}

/// The header of a snapshot file, as text for people.
pub fn describe(file: &Path) -> Result<String> {
    let bytes = fs::read(file).with_context(|| format!("read {}", file.display()))?;
    let info = format::Info::read(&bytes).with_context(|| file.display().to_string())?;
    let stored = info.pages() * format::PAGE;
    let mut text = format!(
        "format       {}\nbuild        {}\nmemory       {} bytes\nstored       {stored} bytes in {} runs\n\
         file         {} bytes, {:.3} of what is stored\ntable        {} slots\nside modules {}\n",
        info.version,
        info.build_id(),
        info.memory_size,
        info.runs.len(),
        bytes.len(),
        bytes.len() as f64 / stored.max(1) as f64,
        info.table_length,
        info.side_modules.len(),
    );
    for format::ValueTable { name, values } in &info.value_tables {
        text += &format!("values       {} slots of {name}\n", values.len());
    }
    for module in &info.side_modules {
        let format::SideModule { name, table_base, memory_base } = module;
        text += &format!("             {name} (table {table_base}, memory {memory_base})\n");
    }
    Ok(text)
}
