//! What the view "Attach" downloads when a visitor asks for it: a Pyodide as npm has it.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::pack;
use crate::{
    Workshop,
    tools::{
        files::copy,
        pyodide::{self, CURRENT},
    },
};

/// What `loadPyodide` loads.
const FILES: [&str; 5] =
    ["pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json"];

/// Puts the files into a folder of their version in `site`, and returns what the page has to know of them. No
/// file changes under its address, so that browsers may keep it.
pub fn add(workshop: &Workshop, site: &Path) -> Result<Value> {
    let stock = pyodide::folder(workshop, CURRENT)?;
    let version = &workshop.pins.pyodide[CURRENT];
    let folder = site.join("pyodide").join(version);
    fs::create_dir_all(&folder)?;
    let mut files = BTreeMap::new();
    let mut download = 0;
    for name in FILES {
        copy(&stock.join(name), &folder.join(name))?;
        let content = fs::read(stock.join(name)).context(name)?;
        files.insert(name, content.len());
        download += pack(&content)?.len();
    }
    Ok(json!({ "version": version, "download": download, "files": files }))
}
