//! What a fresh Python costs: a call in a pool, on each Node.

use std::path::Path;

use anyhow::{Context, Result};
use duct::cmd;

use super::{
    record::{Cases, Record},
    stats::{Spread, median},
};
use crate::{
    Workshop,
    build::{cpython::Cpython, pool, snapshot},
    engines::Engine,
    tools::node,
};

/// Calls of each kind.
pub const FULL: u32 = 300;
/// Enough to see that it runs.
pub const QUICK: u32 = 10;

/// The variant of all samples.
const CALL: &str = "pool.run('1+1')";
/// The case in which an instance is set back and then called.
const RESET: &str = "busy";

/// Measures, and returns a record of each Node.
pub fn measure(
    workshop: &Workshop,
    engines: &[Engine],
    rounds: u32,
    keep: impl Fn(&Record) -> Result<()>,
) -> Result<Vec<Record>> {
    let folder = pool::build(workshop, &Cpython::build(workshop)?)?;
    let mut records = Vec::new();
    for node in engines.iter().filter_map(|engine| engine.node()) {
        let cases = cases(workshop, &folder, node, rounds)?;
        let version = &workshop.pins.node[&node.to_string()];
        let mut record = Record::new(workshop, "pool", "Node", version, "default", "ms")?;
        record.conditions.insert("imported".into(), snapshot::IMPORTS.join(", "));
        record.add(CALL, cases);
        keep(&record)?;
        records.push(record);
    }
    Ok(records)
}

/// Samples on a Node of the pool that is built in `folder`.
fn cases(workshop: &Workshop, folder: &Path, node: u32, rounds: u32) -> Result<Cases> {
    let program = node::program(&workshop.home, &workshop.pins, node)?;
    let script = workshop.root.join("benches/js/pool.mjs");
    let text = cmd!(program, "--no-warnings", script, folder, rounds.to_string()).read()?;
    serde_json::from_str(&text).with_context(|| format!("parse {text}"))
}

/// Milliseconds of a call behind one whose instance has to be set back: the median.
pub fn reset(workshop: &Workshop, folder: &Path, node: u32) -> Result<f64> {
    median(cases(workshop, folder, node, QUICK)?.remove(RESET).context("calls behind others")?)
}

/// The same of a record of this engine.
pub fn recorded_reset(records: &[Record], engine: &str, version: &str) -> Result<Option<f64>> {
    let records = Record::of_part(records, "pool");
    let record = records.into_iter().find(|record| record.engine == engine && record.version == version);
    let samples = record.and_then(|record| record.samples.get(CALL)?.get(RESET));
    samples.map(|samples| median(samples.clone())).transpose()
}

/// One row for each engine.
pub fn table(records: &[Record]) -> Result<String> {
    let mut text = String::from(
        "Milliseconds of `pool.run('1+1')` in a fresh Python; median and the middle half.\n\n\
         | engine | idle pool | one instance, one call after the other | for each call, two instances | calls a second |\n\
         | --- | --- | --- | --- | --- |\n",
    );
    for record in Record::of_part(records, "pool") {
        let Record { engine, version, .. } = record;
        let spread = |case: &str| -> Result<Spread> {
            let samples = record.samples.get(CALL).and_then(|cases| cases.get(case));
            Spread::of(samples.with_context(|| format!("{case} of {engine}"))?.clone())
        };
        let two = spread("two")?;
        let each_second = 1000.0 / two.median;
        text += &format!(
            "| {engine} {version} | {} | {} | {two} | {each_second:.0} |\n",
            spread("idle")?,
            spread(RESET)?
        );
    }
    Ok(text)
}
