//! The standard library of the page: all of it, in downloads of which a visitor gets what is imported.

use std::{
    collections::BTreeMap,
    fs,
    path::{Component, Path},
};

use anyhow::{Context, Result};
use duct::cmd;

use super::pack;
use crate::{
    Workshop,
    build::cpython::Cpython,
    tools::{files::list_all, steps::Log},
};

/// The download that Python starts with. No module has this name.
pub const START: &str = "start";

/// Downloads by name: the files in each with their sizes, in order. `demo/page/library.mjs` reads it.
type Index = BTreeMap<String, Vec<(String, usize)>>;

/// Compiles the library into a folder, as its place in Python's file system is laid out.
pub fn compile(log: &Log, workshop: &Workshop, cpython: &Cpython, folder: &Path) -> Result<()> {
    let name = format!("python{}", workshop.pins.cpython.minor());
    let script = workshop.root.join("xtask/python/compile_library.py");
    let library = cpython.source.join("Lib");
    let home = Path::new("/pyem/lib").join(&name);
    log.run(&cmd!(&workshop.build_python, script, library, folder.join(name), home))
}

/// Puts the compiled files into downloads in `site`: those that are read while Python starts into one, each other module or
/// package into its own. Returns the index.
pub fn split(compiled: &Path, read_at_start: &[String], site: &Path) -> Result<String> {
    let mut index = Index::new();
    let mut downloads: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for path in list_all(compiled)? {
        let inside = path.strip_prefix(compiled)?;
        let name = inside.to_str().context("a module's name is text")?.to_owned();
        let download = if read_at_start.contains(&name) {
            START.to_owned()
        } else {
            module(inside).context(name.clone())?
        };
        let content = fs::read(&path)?;
        index.entry(download.clone()).or_default().push((name, content.len()));
        downloads.entry(download).or_default().extend(content);
    }
    fs::create_dir_all(site)?;
    for (name, content) in downloads {
        fs::write(site.join(format!("{name}.bin")), pack(&content)?)?;
    }
    Ok(serde_json::to_string(&index)?)
}

/// `asyncio` of `python3.13/asyncio/events.pyc`, `this` of `python3.13/this.pyc`.
fn module(inside: &Path) -> Option<String> {
    let Component::Normal(first) = inside.components().nth(1)? else { return None };
    Some(Path::new(first).file_stem()?.to_str()?.to_owned())
}
