//! What the tests have seen of each engine, for README's table.

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    sync::{Mutex, PoisonError},
};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    Workshop,
    tools::{javascript, markdown, today},
};

/// The tests' own record, in `.toolchain`; a copy of it is in `docs`.
const FILE: &str = "engines.json";
/// The same of stock Pyodide.
const ATTACHED: &str = "attached.json";
/// What README shows, from the pictures that the tests take.
const PICTURE: (&str, &str) = ("target/screenshots/chromium-signatures.png", "docs/page.png");

/// What was seen of one engine.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Seen {
    /// As the engine reports it.
    pub version: String,
    /// The day of the last test, in UTC.
    pub date: String,
    /// The path by default.
    pub path: String,
    /// The paths that were forced.
    pub forced: Vec<String>,
    /// `yes` or `no`.
    pub jspi: String,
}

impl Seen {
    /// Notes a path that was forced.
    pub fn force(&mut self, path: &str) {
        if !self.forced.iter().any(|known| known == path) {
            self.forced.push(path.to_owned());
            self.forced.sort();
        }
    }
}

/// By name.
type Engines = BTreeMap<String, Seen>;
/// By version of stock Pyodide.
type Attached = BTreeMap<String, Engines>;

fn read<T: DeserializeOwned>(file: &Path) -> Result<T> {
    let text = fs::read_to_string(file).with_context(|| format!("read {}", file.display()))?;
    serde_json::from_str(&text).with_context(|| format!("parse {}", file.display()))
}

/// Forgets what earlier tests have shown, before all of them run again. Of stock Pyodide, tests run a selection: the other
/// cells stay as `docs` has them, each with the day of its test.
pub fn begin(workshop: &Workshop, every_cell: bool) -> Result<()> {
    let [engines, attached] = [FILE, ATTACHED].map(|name| workshop.home.join(name));
    for file in [&engines, &attached].into_iter().filter(|file| file.exists()) {
        fs::remove_file(file)?;
    }
    if !every_cell {
        fs::copy(workshop.root.join("docs").join(ATTACHED), attached)?;
    }
    Ok(())
}

/// Changes a record in `.toolchain`. Tests that run at once take turns.
fn update<T>(workshop: &Workshop, name: &str, change: impl FnOnce(&mut T) -> Result<()>) -> Result<()>
where
    T: Default + Serialize + DeserializeOwned,
{
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let file = workshop.home.join(name);
    let mut known = if file.exists() { read(&file)? } else { T::default() };
    change(&mut known)?;
    Ok(fs::write(file, serde_json::to_string_pretty(&known)? + "\n")?)
}

fn note(engines: &mut Engines, name: &str, version: &str, seen: impl FnOnce(&mut Seen)) -> Result<()> {
    let engine = engines.entry(name.to_owned()).or_default();
    if engine.version != version {
        *engine = Seen { version: version.to_owned(), ..Seen::default() };
    }
    engine.date = today()?;
    seen(engine);
    Ok(())
}

/// Keeps what a test has just shown.
pub fn record(workshop: &Workshop, name: &str, version: &str, seen: impl FnOnce(&mut Seen)) -> Result<()> {
    update(workshop, FILE, |engines| note(engines, name, version, seen))
}

/// The same of an engine with the trampoline attached to a stock Pyodide.
pub fn record_attached(
    workshop: &Workshop,
    pyodide: &str,
    name: &str,
    version: &str,
    seen: impl FnOnce(&mut Seen),
) -> Result<()> {
    update(workshop, ATTACHED, |pyodides: &mut Attached| {
        note(pyodides.entry(pyodide.to_owned()).or_default(), name, version, seen)
    })
}

/// The rows of README's table.
fn table(engines: &Engines) -> String {
    let mut text = String::from("| engine | version | default path | forced paths | JSPI | tested |\n");
    text += "| --- | --- | --- | --- | --- | --- |\n";
    for (name, Seen { version, date, path, forced, jspi }) in engines {
        // What the footnote says.
        let forced = forced.join(", ").replace("reflection", "reflection¹");
        text += &format!("| {name} | {version} | {path} | {forced} | {jspi} | {date} |\n");
    }
    text
}

/// Each Pyodide's default path on each engine.
fn attached_table(pyodides: &Attached) -> String {
    let mut engines = Engines::new();
    for (name, seen) in pyodides.values().flatten() {
        let engine = engines.entry(name.clone()).or_insert_with(|| seen.clone());
        // Where all of them have it.
        if seen.jspi != "yes" {
            engine.jspi = "no".to_owned();
        }
    }
    let row = |first: &str, cells: Vec<&str>| format!("| {first} | {} |\n", cells.join(" | "));
    let mut text = row("Pyodide", engines.keys().map(String::as_str).collect());
    text += &row("---", vec!["---"; engines.len()]);
    for (version, seen) in pyodides {
        let path = |name| seen.get(name).map_or("", |seen| seen.path.as_str());
        text += &row(version, engines.keys().map(path).collect());
    }
    text + &row("JSPI", engines.values().map(|seen| seen.jspi.as_str()).collect())
}

/// Puts the records and the picture of the last tests into README and `docs`.
pub fn publish(workshop: &Workshop) -> Result<()> {
    let root = &workshop.root;
    let [engines_file, attached_file] = [FILE, ATTACHED].map(|name| workshop.home.join(name));
    let advice = "no tests have run: cargo xtask test";
    let engines = read(&engines_file).context(advice)?;
    let attached = read(&attached_file).context(advice)?;
    fs::copy(engines_file, root.join("docs").join(FILE))?;
    fs::copy(attached_file, root.join("docs").join(ATTACHED))?;
    fs::copy(root.join(PICTURE.0), root.join(PICTURE.1)).context("no picture: cargo xtask test")?;
    markdown::replace(&root.join("README.md"), "engines", &table(&engines))?;
    markdown::replace(&root.join("README.md"), "attached", &attached_table(&attached))?;
    javascript::format(workshop, &["docs/engines.json", "docs/attached.json", "README.md"])
}
