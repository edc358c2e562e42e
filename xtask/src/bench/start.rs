//! Where the time goes from the start of a page, a worker or a process to Python's first answer, in steps that add up:
//! cold, restored from a snapshot, and the floor, which only instantiates the same module and copies the same pages.

use std::{collections::BTreeMap, fmt};

use anyhow::{Result, bail, ensure};

use super::record::{Cases, Record};
use crate::{Workshop, build::cpython::Cpython, build::snapshot, engines::Engine};

mod node;
mod page;
pub mod table;

pub use node::cold_and_restored;

const PART: &str = "start";
/// The case that is the sum of all steps.
pub const ALL: &str = "all";
/// The variant of a Node that holds copying and restoring the same pages, in instances of one process.
pub const WARM: &str = "instances of one process";

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Starts of each kind, in turn.
    pub rounds: u32,
}

/// Enough for a record.
pub const FULL: Size = Size { rounds: 11 };
/// Enough to see that it runs.
pub const QUICK: Size = Size { rounds: 1 };

/// What Python is asked first: an import of these, or nothing but its version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Modules {
    /// As Python starts.
    None,
    /// [`snapshot::IMPORTS`], which are in the snapshot.
    Some,
}

impl Modules {
    /// Both.
    pub const ALL: [Self; 2] = [Self::None, Self::Some];

    fn imports(self) -> &'static [&'static str] {
        match self {
            Self::None => &[],
            Self::Some => &snapshot::IMPORTS,
        }
    }

    fn source(self) -> String {
        match self {
            Self::None => String::new(),
            Self::Some => format!("import {}", self.imports().join(", ")),
        }
    }
}

impl fmt::Display for Modules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "nothing imported",
            Self::Some => "four modules",
        })
    }
}

/// What the engine has kept of earlier starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Visit {
    /// Nothing: a fresh browser, counted from the navigation; Node without cached bytecode and compiled scripts.
    First,
    /// What a browser caches when a page is left: the same page, loaded again.
    Again,
    /// A fresh worker of an open page, whose code is compiled; a Node process with both cached.
    Later,
}

impl fmt::Display for Visit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::First => "first",
            Self::Again => "again",
            Self::Later => "later",
        })
    }
}

/// How Python starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// It initialises.
    Cold,
    /// From a snapshot.
    Restored,
    /// It does not run.
    Floor,
}

impl Kind {
    /// Each.
    pub const ALL: [Self; 3] = [Self::Cold, Self::Restored, Self::Floor];
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cold => "cold",
            Self::Restored => "restored",
            Self::Floor => "floor",
        })
    }
}

/// The variant of a record that holds these starts.
pub fn variant(visit: Visit, modules: Modules, kind: Kind) -> String {
    format!("{visit}, {modules}, {kind}")
}

/// What a step took, in milliseconds, in the order of the steps.
type Steps = Vec<(String, f64)>;

/// Adds one start to a record; the steps' order is kept as a condition, which tables follow.
fn add(record: &mut Record, variant: &str, steps: &[(String, f64)]) -> Result<()> {
    ensure!(steps.iter().all(|(_, took)| *took > -1.0), "{variant}: a step ended before it began: {steps:?}");
    let names: Vec<&str> = steps.iter().map(|(name, _)| name.as_str()).collect();
    let order = record.conditions.entry(format!("steps, {variant}")).or_insert_with(|| names.join("; "));
    ensure!(*order == names.join("; "), "{variant} had the steps {order} before, now {names:?}");
    let all = steps.iter().map(|(_, took)| took).sum();
    let mut cases: Cases = BTreeMap::from([(ALL.to_owned(), vec![all])]);
    cases.extend(steps.iter().map(|(name, took)| (name.clone(), vec![*took])));
    ensure!(cases.len() == steps.len() + 1, "{variant}: a step has two names: {names:?}");
    record.add(variant, cases);
    Ok(())
}

/// Measures on each engine; `keep` gets each record when it is complete.
pub fn measure(
    workshop: &Workshop,
    engines: &[Engine],
    size: Size,
    keep: impl Fn(&Record) -> Result<()>,
) -> Result<Vec<Record>> {
    let cpython = Cpython::build(workshop)?;
    let mut records = Vec::new();
    for &engine in engines {
        eprintln!("  run     {engine}");
        let mut record = match engine {
            Engine::Node(major) => node::measure(workshop, &cpython, major, size)?,
            Engine::Browser(browser) => page::measure(workshop, &cpython, browser, size)?,
            Engine::Workerd | Engine::Deno | Engine::Bun => bail!("nothing is measured in {engine}"),
        };
        record.conditions.insert("starts of each kind, in turn".to_owned(), size.rounds.to_string());
        record.conditions.insert("the four modules".to_owned(), snapshot::IMPORTS.join(", "));
        keep(&record)?;
        records.push(record);
    }
    Ok(records)
}
