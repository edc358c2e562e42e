//! `docs/cpythons.json`: how the cells of `--all` ended that build another CPython. The tables in docs/links.md follow
//! from it, and by default the tests hold them to the record only, because the builds take half an hour.

use std::{collections::BTreeMap, env, fs, path::PathBuf};

use anyhow::{Context, Result, ensure};
use serde_json::{Map, Value, json};
use xtask::{
    Workshop,
    tools::{markdown, today},
};

use crate::Bench;

const FILE: &str = "docs/cpythons.json";

/// What was counted in a cell.
#[derive(Clone, Debug, PartialEq)]
pub struct Counts {
    pub passed: usize,
    pub skipped: usize,
    /// The tests that fail in the same way with what the cell is compared with.
    pub failed: Vec<String>,
}

fn file(workshop: &Workshop) -> PathBuf {
    workshop.root.join(FILE)
}

fn read(workshop: &Workshop) -> Result<Map<String, Value>> {
    let text = fs::read_to_string(file(workshop)).unwrap_or_else(|_| "{}".to_owned());
    serde_json::from_str(&text).context(FILE)
}

/// Keeps what a cell has shown. `versions` names all that it depends on.
pub fn write(workshop: &Workshop, cell: &str, versions: &str, counts: &Counts) -> Result<()> {
    let mut all = read(workshop)?;
    let Counts { passed, skipped, failed } = counts;
    let date = today()?;
    let seen =
        json!({ "date": date, "versions": versions, "passed": passed, "skipped": skipped, "failed": failed });
    all.insert(cell.to_owned(), seen);
    Ok(fs::write(file(workshop), serde_json::to_string_pretty(&all)? + "\n")?)
}

/// The cells of a test file, which begin with `prefix`: each is one that it lists, with the versions that are pinned.
/// With `--all`, where this comes last, none is missing.
pub fn cells(
    bench: &Bench,
    prefix: &str,
    listed: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, Counts>> {
    let mut found = BTreeMap::new();
    for (cell, seen) in read(&bench.workshop)?.into_iter().filter(|(cell, _)| cell.starts_with(prefix)) {
        let versions = seen["versions"].as_str().unwrap_or_default();
        let expected = listed.get(&cell).with_context(|| format!("{FILE}: {cell} is not listed"))?;
        ensure!(versions == expected, "{FILE}: {cell} was tested with {versions}, and pinned is {expected}");
        let count = |name: &str| seen[name].as_u64().map_or(0, |count| count as usize);
        let failed = seen["failed"].as_array().into_iter().flatten();
        let failed = failed.filter_map(|test| Some(test.as_str()?.to_owned())).collect();
        found.insert(cell, Counts { passed: count("passed"), skipped: count("skipped"), failed });
    }
    for cell in listed.keys().filter(|_| crate::every_cell()) {
        ensure!(found.contains_key(cell), "{FILE} has no {cell}");
    }
    Ok(found)
}

/// Holds a table of docs/links.md to what the tests make of their list and record.
pub fn table(bench: &Bench, mark: &str, table: &str) -> Result<()> {
    let file = bench.workshop.root.join("docs/links.md");
    if env::var_os("BLESS").is_some() {
        markdown::replace(&file, mark, table)?;
    }
    let known = markdown::part(&file, mark)?;
    ensure!(
        markdown::rows(&known) == markdown::rows(table),
        "docs/links.md has another table than BLESS=1 writes:\n{table}"
    );
    Ok(())
}
