//! Calls of C functions and whole programs in CPython, four ways, as ratios to the one that has
//! no trampoline.

use std::{cell::OnceCell, collections::BTreeMap, ffi::OsString, path::PathBuf};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

use super::record::{Cases, Record};
use crate::{
    Workshop,
    build::{cpython::Cpython, python::Run},
    engines::{self, Engine, Path},
    tools::{node::TOOLS_NODE, pypi},
};

pub mod in_browsers;
pub mod interpreters;
pub mod table;

use in_browsers::Site;
use interpreters::Variant;

const PART: &str = "python";
/// The path that our trampoline takes.
const PATH: &str = "wasm-gc";

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Fresh processes of each interpreter, in turn.
    pub turns: u32,
    /// Rounds in each.
    pub rounds: u32,
    /// Statements of each kind in a run.
    pub statements: u32,
    /// Seconds before the first round.
    pub warm: u32,
}

/// Enough for a record.
pub const FULL: Size = Size { turns: 5, rounds: 5, statements: 40_000, warm: 2 };
/// Enough to see that it runs: results are checked, times mean nothing.
pub const QUICK: Size = Size { turns: 1, rounds: 1, statements: 1_000, warm: 2 };

impl Size {
    /// Statements of each kind in a run on an engine. The clocks of browsers are coarse: 5 to 20 µs.
    pub fn statements(self, engine: Engine) -> u32 {
        let factor = if matches!(engine, Engine::Browser(_)) { 3 } else { 1 };
        factor * self.statements
    }
}

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
    interpreters: Vec<(Variant, PathBuf)>,
    programs: PathBuf,
    site: OnceCell<Site>,
    size: Size,
}

/// Measures on engines with WebAssembly GC; `keep` gets each record when it is complete.
pub fn measure(
    workshop: &Workshop,
    engines: &[Engine],
    size: Size,
    keep: impl Fn(&Record) -> Result<()>,
) -> Result<Vec<Record>> {
    let cpython = Cpython::build(workshop)?;
    let programs = pyperformance(workshop, &cpython)?;
    let variants = Variant::MEASURED.into_iter().chain([Variant::Counting]);
    let interpreters = variants
        .map(|variant| Ok((variant, variant.build(workshop, &cpython)?)))
        .collect::<Result<Vec<_>>>()?;
    let bench = Bench { workshop, cpython, interpreters, programs, site: OnceCell::new(), size };
    let calls = bench.calls()?;
    let mut all = Vec::new();
    for &engine in engines {
        // Without WebAssembly GC there is nothing to run CPython main's design with.
        if engines::entry(engine)?.default_path() != Path::WasmGc {
            continue;
        }
        eprintln!("  run     {engine}");
        let mut record = bench.record(engine)?;
        for (case, calls) in &calls {
            record.conditions.insert(format!("trampoline calls, {case}"), calls.to_string());
        }
        let mut results = None;
        for turn in 0..size.turns as usize {
            let mut variants = Variant::MEASURED;
            // Each comes first in turn.
            variants.rotate_left(turn % Variant::MEASURED.len());
            for variant in variants {
                let found = bench.run(variant, engine)?;
                let expected = results.get_or_insert_with(|| found.results.clone());
                for (case, result) in &found.results {
                    let expected = expected.get(case).with_context(|| format!("no {case} before"))?;
                    let name = variant.name();
                    ensure!(result == expected, "{case}: {name} on {engine} has {result}, not {expected}");
                }
                record.add(variant.name(), found.samples);
            }
        }
        keep(&record)?;
        all.push(record);
    }
    Ok(all)
}

/// The folder of pyperformance's programs. Nothing of them is copied into the repository.
pub fn pyperformance(workshop: &Workshop, cpython: &Cpython) -> Result<PathBuf> {
    let wheel = pypi::wheel(workshop, &cpython.source, "pyperformance")?;
    Ok(wheel.join("pyperformance/data-files/benchmarks"))
}

/// What the engine reports, or its pin.
pub fn version(workshop: &Workshop, engine: Engine) -> Result<String> {
    let pins = &workshop.pins;
    let pin = match engine {
        Engine::Browser(browser) => return in_browsers::version(workshop, browser),
        Engine::Node(major) => pins.node.get(&major.to_string()),
        Engine::Deno | Engine::Bun => pins.runtimes.get(&engine.to_string()),
        Engine::Workerd => bail!("nothing is measured in {engine}"),
    };
    Ok(pin.with_context(|| format!("{engine} is not pinned"))?.clone())
}

impl Bench<'_> {
    fn record(&self, engine: Engine) -> Result<Record> {
        let Size { turns, rounds, .. } = self.size;
        let statements = self.size.statements(engine);
        let version = version(self.workshop, engine)?;
        let mut record = Record::new(self.workshop, PART, engine.name(), &version, PATH, "ns")?;
        let conditions = [
            ("pyperformance", self.workshop.pins.wheels["pyperformance"].clone()),
            ("fresh processes of each interpreter, in turn", turns.to_string()),
            ("rounds in each", rounds.to_string()),
            ("statements of a kind in a round", statements.to_string()),
        ];
        record.conditions.extend(conditions.map(|(name, value)| (name.to_owned(), value)));
        Ok(record)
    }

    fn run(&self, variant: Variant, engine: Engine) -> Result<Found> {
        // A forced path is live, or the run fails.
        let path = if variant == Variant::Ours { PATH } else { "" };
        let rounds = self.size.rounds;
        let statements = self.size.statements(engine);
        let [rounds_, statements, warm] = [rounds, statements, self.size.warm].map(|n| n.to_string());
        let arguments = |programs| [variant.mark(), &rounds_, &statements, &warm, programs];
        let text = match engine {
            Engine::Node(node) => {
                let programs = self.programs.to_string_lossy();
                self.run_node(variant, node, path, arguments(&programs))
            }
            Engine::Browser(browser) => {
                let site = self.site()?;
                site.run(self.workshop, browser, variant, path, &arguments(in_browsers::PROGRAMS))
            }
            Engine::Workerd | Engine::Deno | Engine::Bun => bail!("nothing is measured in {engine}"),
        };
        let text = text.with_context(|| format!("{} on {engine}", variant.name()))?;
        let found: Found = serde_json::from_str(&text).with_context(|| format!("parse {text}"))?;
        let complete = found.samples.values().all(|samples| samples.len() == rounds as usize);
        ensure!(complete && !found.samples.is_empty(), "not every round was measured: {text}");
        Ok(found)
    }

    fn run_node(&self, variant: Variant, node: u32, path: &str, arguments: [&str; 5]) -> Result<String> {
        let interpreter = self.interpreters.iter().find(|(known, _)| *known == variant);
        let mut run = Run::new(&interpreter.context("it is linked")?.1, node);
        run.path = (!path.is_empty()).then(|| path.to_owned());
        let script = self.workshop.root.join("benches/python/measure.py").into_os_string();
        let arguments = [script].into_iter().chain(arguments.map(OsString::from));
        let command = run.command(self.workshop, &self.cpython, arguments)?;
        // Innermost, so that they hold. The machine's own variables for Python do not.
        let command = command.env("PYTHONHASHSEED", "0").env("PYTHONDONTWRITEBYTECODE", "1");
        let python = std::env::vars_os().map(|(name, _)| name);
        let python = python.filter(|name| name.to_string_lossy().starts_with("PYTHON"));
        Ok(python.fold(command, |command, name| command.env_remove(name)).read()?)
    }

    fn site(&self) -> Result<&Site> {
        if let Some(site) = self.site.get() {
            return Ok(site);
        }
        let measured = &self.interpreters[..Variant::MEASURED.len()];
        let site = Site::start(self.workshop, &self.cpython, measured, &self.programs)?;
        Ok(self.site.get_or_init(|| site))
    }

    /// How often a run of each program calls the trampoline. The kinds of calls must call it as often as they say.
    fn calls(&self) -> Result<BTreeMap<String, u32>> {
        // They are as many on each engine.
        let mut found = self.run(Variant::Counting, Engine::Node(TOOLS_NODE))?;
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
