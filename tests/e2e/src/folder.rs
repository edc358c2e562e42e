//! Folders of pages for browsers to visit.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use xtask::{
    browser::tab::Page,
    build::page,
    tools::files::{self, clear, copy},
};

use crate::Bench;

/// A folder with copies of files, and with `errors.js`, by which a page reports its errors.
pub fn copy_of(bench: &Bench, name: &str, files: &[(PathBuf, &str)]) -> Result<PathBuf> {
    let folder = bench.scratch(name)?;
    clear(&folder)?;
    for (from, to) in files {
        copy(from, &folder.join(to))?;
    }
    let errors = bench.workshop.root.join("tests/e2e/js/errors.js");
    fs::copy(errors, folder.join("errors.js"))?;
    Ok(folder)
}

/// A copy of the demo page, to be changed. The page reports its errors.
pub fn demo(bench: &Bench, name: &str) -> Result<PathBuf> {
    let (site, _) = page::build(&bench.workshop, &bench.cpython)?;
    let folder = copy_of(bench, name, &[])?;
    files::copy_all(&site, &folder)?;
    let index = folder.join("index.html");
    let html = fs::read_to_string(&index)?;
    let first = "<link rel=\"stylesheet\"";
    ensure!(html.contains(first), "index.html has a stylesheet");
    fs::write(&index, html.replacen(first, &format!("<script src=\"errors.js\"></script>{first}"), 1))?;
    let forward = fs::read_to_string(bench.workshop.root.join("tests/e2e/js/worker-errors.js"))?;
    for worker in ["python/worker.js", "pyodide/worker.js", "pyodide/audit-worker.js"] {
        prepend(&folder.join(worker), &forward)?;
    }
    Ok(folder)
}

/// Puts a text before the content of a file.
pub fn prepend(file: &Path, text: &str) -> Result<()> {
    let known = fs::read_to_string(file).with_context(|| format!("read {}", file.display()))?;
    Ok(fs::write(file, text.to_owned() + &known)?)
}

/// Fails if the page had an error.
pub async fn no_errors(page: &Page) -> Result<()> {
    let errors = page.errors().await?;
    ensure!(errors.is_empty(), "errors in the page: {errors:?}");
    Ok(())
}
