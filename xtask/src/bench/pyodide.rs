//! Calls of C functions and whole programs in stock Pyodide: as it comes and with the trampoline attached, in
//! turn in the same process.

use std::{collections::BTreeMap, fs, os::unix::fs::symlink, path::PathBuf};

use anyhow::{Context, Result, ensure};
use duct::cmd;
use serde::Deserialize;

use super::{
    python::{
        Size,
        in_browsers::{PROGRAMS, scripts, visit},
        pyperformance, version,
    },
    record::{Cases, Record},
};
use crate::{
    Workshop,
    browser::serve::Server,
    build::{attach, cpython::Cpython},
    engines::{self, Engine, Entry},
    tools::{
        files::clear,
        pyodide::{self, CURRENT, OLDER},
    },
};

pub mod table;

/// The short versions of Pyodide that are measured. CPython wants another function of the trampoline in each.
pub const VERSIONS: [&str; 2] = [CURRENT, OLDER];
/// V8 in forms that differ little from those that are measured.
const LEFT_OUT: [&str; 3] = ["node-22", "deno", "chromium-112"];

/// Enough for a record.
pub const FULL: Size = Size { turns: 4, rounds: 5, statements: 40_000, warm: 2 };
/// Enough to see that it runs: results are checked, times mean nothing.
pub const QUICK: Size = Size { turns: 1, rounds: 1, statements: 1_000, warm: 0 };

/// The engines that are measured unless others are named.
pub fn engines() -> Result<Vec<Engine>> {
    let all = engines::attached()?.into_iter().map(|entry| entry.engine);
    Ok(all.filter(|engine| !LEFT_OUT.contains(&engine.to_string().as_str())).collect())
}

/// The name of a version's part in records.
fn part(version: &str) -> String {
    format!("pyodide-{version}")
}

/// What benches/js/pyodide.mjs measures.
#[derive(Debug, Deserialize)]
struct Found {
    /// The version of CPython.
    python: String,
    samples: BTreeMap<String, Cases>,
    results: BTreeMap<String, String>,
}

/// Measures; `keep` gets each record when it is complete.
pub fn measure(
    workshop: &Workshop,
    engines: &[Engine],
    size: Size,
    keep: impl Fn(&Record) -> Result<()>,
) -> Result<Vec<Record>> {
    let bench = Bench::new(workshop, size)?;
    let mut all = Vec::new();
    for version in VERSIONS {
        for &engine in engines {
            let entry = engines::attached()?.into_iter().find(|entry| entry.engine == engine);
            let entry = entry.with_context(|| format!("nothing is attached in {engine}"))?;
            eprintln!("  run     Pyodide {version} on {engine}");
            let record = bench.record(version, &entry)?;
            keep(&record)?;
            all.push(record);
        }
    }
    Ok(all)
}

/// What all engines share.
struct Bench<'w> {
    workshop: &'w Workshop,
    /// The scripts and the programs, as JSON.
    files: PathBuf,
    site: Server,
    size: Size,
}

impl<'w> Bench<'w> {
    fn new(workshop: &'w Workshop, size: Size) -> Result<Self> {
        attach::write(&workshop.root)?;
        let cpython = Cpython::build(workshop)?;
        // Laid out as the project is.
        let folder = workshop.home.join("bench/pyodide-site");
        clear(&folder)?;
        let js = folder.join("benches/js");
        fs::create_dir_all(&js)?;
        for name in ["python.html", "python-page.mjs", "pyodide-worker.mjs", "pyodide.mjs"] {
            fs::copy(workshop.root.join("benches/js").join(name), js.join(name))?;
        }
        symlink(workshop.root.join("npm"), folder.join("npm"))?;
        for version in VERSIONS {
            symlink(pyodide::folder(workshop, version)?, folder.join(part(version)))?;
        }
        let files = js.join("files.json");
        fs::write(&files, scripts(workshop, &pyperformance(workshop, &cpython)?)?)?;
        Ok(Self { workshop, files, site: Server::start(&folder, None)?, size })
    }

    fn record(&self, short: &str, entry: &Entry) -> Result<Record> {
        let (Self { workshop, size, .. }, engine) = (self, entry.engine);
        let path = entry.default_path().name();
        let version = version(workshop, engine)?;
        let mut record = Record::new(workshop, &part(short), engine.name(), &version, path, "ns")?;
        let mut results = None;
        for turn in 0..size.turns {
            let found = self.run(short, engine, path)?;
            let expected = results.get_or_insert_with(|| found.results.clone());
            ensure!(*expected == found.results, "process {turn} has other results: {:?}", found.results);
            for (variant, cases) in found.samples {
                record.add(&variant, cases);
            }
            // Pyodide was built by others: our tools do not matter.
            record.conditions = [
                ("Pyodide", workshop.pins.pyodide[short].clone()),
                ("CPython", found.python),
                ("pyperformance", workshop.pins.wheels["pyperformance"].clone()),
                ("fresh processes", size.turns.to_string()),
                ("rounds in each, stock and attached in turn", size.rounds.to_string()),
                ("statements of a kind in a round", size.statements(engine).to_string()),
            ]
            .map(|(name, value)| (name.to_owned(), value))
            .into();
        }
        Ok(record)
    }

    /// One process.
    fn run(&self, short: &str, engine: Engine, path: &str) -> Result<Found> {
        let Size { rounds, warm, .. } = self.size;
        let statements = self.size.statements(engine);
        let size =
            format!("path={path}&rounds={rounds}&statements={statements}&warm={warm}&programs={PROGRAMS}");
        let text = match engine {
            Engine::Browser(browser) => {
                let page = format!("{}benches/js/python.html", self.site.address);
                let url = format!("{page}?worker=pyodide-worker&version={short}&{size}");
                visit(self.workshop, browser, &url)
            }
            _ => self.run_command(short, engine, size),
        };
        let text = text.with_context(|| format!("Pyodide {short} on {engine}"))?;
        let found: Found = serde_json::from_str(&text).with_context(|| format!("parse {text}"))?;
        for variant in [table::STOCK, table::ATTACHED] {
            let cases = found.samples.get(variant).with_context(|| format!("{variant} was not measured"))?;
            let complete = cases.values().all(|samples| samples.len() == rounds as usize);
            ensure!(complete && cases.len() == found.results.len(), "not every round was measured: {text}");
        }
        Ok(found)
    }

    fn run_command(&self, short: &str, engine: Engine, size: String) -> Result<String> {
        let mut command = engine.command(self.workshop)?;
        command.push(self.workshop.root.join("benches/js/pyodide-run.mjs"));
        command.extend([pyodide::folder(self.workshop, short)?, self.files.clone(), size.into()]);
        Ok(cmd(&command[0], &command[1..]).read()?)
    }
}
