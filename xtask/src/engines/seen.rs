//! What the tests have seen of each engine, for README's table.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::{Context, Result};
use duct::cmd;
use serde::{Deserialize, Serialize};

use crate::{Workshop, tools::markdown};

/// The tests' own record, in `.toolchain`; a copy of it is in `docs`.
const FILE: &str = "engines.json";
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

fn read(file: &Path) -> Result<Engines> {
    let text = fs::read_to_string(file).with_context(|| format!("read {}", file.display()))?;
    serde_json::from_str(&text).with_context(|| format!("parse {}", file.display()))
}

/// Forgets what earlier tests have shown, before all of them run again.
pub fn begin(workshop: &Workshop) -> Result<()> {
    let file = workshop.home.join(FILE);
    if file.exists() {
        fs::remove_file(file)?;
    }
    Ok(())
}

/// Keeps what a test has just shown.
pub fn record(workshop: &Workshop, name: &str, version: &str, seen: impl FnOnce(&mut Seen)) -> Result<()> {
    let file = workshop.home.join(FILE);
    let mut engines = if file.exists() { read(&file)? } else { Engines::new() };
    let engine = engines.entry(name.to_owned()).or_default();
    if engine.version != version {
        *engine = Seen { version: version.to_owned(), ..Seen::default() };
    }
    engine.date = cmd!("date", "--utc", "+%F").read()?;
    seen(engine);
    Ok(fs::write(file, serde_json::to_string_pretty(&engines)? + "\n")?)
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

/// Puts the record and the picture of the last tests into README and `docs`.
pub fn publish(workshop: &Workshop) -> Result<()> {
    let root = &workshop.root;
    let engines = read(&workshop.home.join(FILE)).context("no tests have run: cargo xtask test")?;
    fs::copy(workshop.home.join(FILE), root.join("docs").join(FILE))?;
    fs::copy(root.join(PICTURE.0), root.join(PICTURE.1)).context("no picture: cargo xtask test")?;
    markdown::replace(&root.join("README.md"), "engines", &table(&engines))?;
    // Tables are padded by the formatter.
    Ok(cmd!("npx", "biome", "format", "--write", "README.md", "docs/engines.json")
        .dir(root)
        .run()
        .map(drop)?)
}
