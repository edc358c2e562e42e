//! Calls of C functions and whole programs in CPython 3.13, four ways, as ratios to the one that has
//! no trampoline.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use super::{
    engine::Engine,
    record::{Cases, Record},
    records,
};
use crate::{Workshop, cpython::Cpython, python::Run};

pub mod interpreters;
mod pyperformance;
pub mod table;

use interpreters::Variant;

/// The engines, unless others are asked for.
const ENGINES: [Engine; 3] = [Engine::Node(22), Engine::Node(24), Engine::Node(26)];
/// The engine of the quick run, and of the one that counts: it counts the same everywhere.
const ONE_ENGINE: u32 = 24;
/// Ours takes no other on these engines.
const PATH: &str = "wasm-gc";

/// How long it takes.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Fresh processes of each interpreter, in turn.
    pub turns: u32,
    /// Rounds in each.
    pub rounds: u32,
    /// Statements of each kind in a round.
    pub statements: u32,
    /// Whether records are kept.
    pub recorded: bool,
}

/// For numbers.
pub const FULL: Size = Size { turns: 9, rounds: 3, statements: 100_000, recorded: true };
/// For a test that it runs: results are checked, times mean nothing.
pub const QUICK: Size = Size { turns: 1, rounds: 1, statements: 1_000, recorded: false };

/// What benches/python/measure.py prints.
#[derive(Debug, Deserialize)]
struct Found {
    samples: Cases,
    results: BTreeMap<String, String>,
    /// Of a counting interpreter: calls of its trampoline in a round.
    #[serde(default)]
    calls: BTreeMap<String, u32>,
    /// How many calls a statement of each kind makes.
    #[serde(default)]
    expected: BTreeMap<String, u32>,
}

/// The interpreters, linked, and the programs.
struct Bench<'w> {
    workshop: &'w Workshop,
    cpython: Cpython,
    programs: PathBuf,
    size: Size,
}

/// Measures on the engines, or on the usual ones if none is named; one record for each.
pub fn measure(workshop: &Workshop, size: Size, engines: &[Engine]) -> Result<Vec<Record>> {
    let cpython = Cpython::build(workshop)?;
    let programs = pyperformance::install(workshop, &cpython)?;
    let bench = Bench { workshop, cpython, programs, size };
    let mut folders = Vec::new();
    for variant in Variant::MEASURED {
        folders.push((variant, variant.build(workshop, &bench.cpython)?));
    }
    let calls = bench.calls()?;
    let usual = if size.recorded { &ENGINES[..] } else { &[Engine::Node(ONE_ENGINE)] };
    let engines = if engines.is_empty() { usual } else { engines };
    let mut all = Vec::new();
    for &engine in engines {
        let mut record = bench.record(engine)?;
        for (case, calls) in &calls {
            record.conditions.insert(format!("trampoline calls, {case}"), calls.to_string());
        }
        let mut results = None;
        for turn in 0..size.turns {
            for offset in 0..folders.len() {
                // Each is first in turn.
                let (variant, folder) = &folders[(turn as usize + offset) % folders.len()];
                let found = bench.run(*variant, folder, engine)?;
                let expected = results.get_or_insert_with(|| found.results.clone());
                for (case, result) in &found.results {
                    let expected = expected.get(case).with_context(|| format!("no {case} before"))?;
                    let name = variant.name();
                    ensure!(result == expected, "{case}: {name} on {engine} has {result}, not {expected}");
                }
                record.add(variant.name(), found.samples);
            }
        }
        if size.recorded {
            let file = record.write(&records(workshop))?;
            eprintln!("  wrote   {}", file.display());
        }
        all.push(record);
    }
    Ok(all)
}

/// Measures and prints the tables.
pub fn print(workshop: &Workshop, size: Size, engines: &[Engine]) -> Result<()> {
    let records = measure(workshop, size, engines)?;
    print!("{}", table::table(&records)?);
    Ok(())
}

impl Bench<'_> {
    fn record(&self, engine: Engine) -> Result<Record> {
        let Size { turns, rounds, statements, .. } = self.size;
        let (name, version) = match engine {
            Engine::Node(major) => {
                let pins = &self.workshop.pins.node;
                ("Node", pins.get(&major.to_string()).context("a pinned Node")?.as_str())
            }
            Engine::Browser(_) => anyhow::bail!("{engine}: only Node so far"),
        };
        let mut record = Record::new(self.workshop, "python", name, version, PATH, "ns")?;
        let conditions = [
            ("pyperformance", self.workshop.pins.pyperformance.version.clone()),
            ("fresh processes of each interpreter, in turn", turns.to_string()),
            ("rounds in each", rounds.to_string()),
            ("statements of a kind in a round", statements.to_string()),
        ];
        record.conditions.extend(conditions.map(|(name, value)| (name.to_owned(), value)));
        Ok(record)
    }

    fn run(&self, variant: Variant, folder: &Path, engine: Engine) -> Result<Found> {
        let Engine::Node(node) = engine else { anyhow::bail!("{engine}: only Node so far") };
        let mut run = Run::new(folder, node);
        if variant == Variant::Ours {
            // Forced, it is live or the run fails.
            run.path = Some(PATH.to_owned());
        }
        let script = self.workshop.root.join("benches/python/measure.py");
        let Size { rounds, statements, .. } = self.size;
        let arguments = [
            script.into_os_string(),
            variant.mark().into(),
            rounds.to_string().into(),
            statements.to_string().into(),
            self.programs.clone().into(),
        ];
        let command = run.command(self.workshop, &self.cpython, arguments)?;
        // Of the machine's variables for Python none means the same elsewhere.
        let python = std::env::vars_os().map(|(name, _)| name);
        let python = python.filter(|name| name.to_string_lossy().starts_with("PYTHON"));
        let command = python.fold(command, |command, name| command.env_remove(name));
        let command = command.env("PYTHONHASHSEED", "0").env("PYTHONDONTWRITEBYTECODE", "1");
        let text = command.read().with_context(|| format!("{} on {engine}", variant.name()))?;
        let found: Found = serde_json::from_str(&text).with_context(|| format!("parse {text}"))?;
        let complete = found.samples.values().all(|samples| samples.len() == rounds as usize);
        ensure!(complete && !found.samples.is_empty(), "not every round was measured: {text}");
        Ok(found)
    }

    /// How often a run of each program calls the trampoline; that the kinds of calls do is checked.
    fn calls(&self) -> Result<BTreeMap<String, u32>> {
        let folder = Variant::Counting.build(self.workshop, &self.cpython)?;
        let mut found = self.run(Variant::Counting, &folder, Engine::Node(ONE_ENGINE))?;
        for (kind, expected) in &found.expected {
            let calls = found.calls.remove(kind).with_context(|| format!("no calls of {kind}"))?;
            let least = expected * self.size.statements;
            // Reading the counter and the clock are calls too.
            ensure!((least..least + 10).contains(&calls), "{kind}: {calls} trampoline calls, not {least}");
        }
        ensure!(!found.expected.is_empty() && !found.calls.is_empty(), "nothing was counted");
        Ok(found.calls)
    }
}
