//! What a fresh Python costs: a call in a pool, on each Node.

use anyhow::{Context, Result};
use duct::cmd;

use super::{
    record::{Cases, Record},
    stats::Spread,
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

/// Measures, and returns a record of each Node.
pub fn measure(
    workshop: &Workshop,
    engines: &[Engine],
    rounds: u32,
    keep: impl Fn(&Record) -> Result<()>,
) -> Result<Vec<Record>> {
    let folder = pool::build(workshop, &Cpython::build(workshop)?)?;
    let script = workshop.root.join("benches/js/pool.mjs");
    let mut records = Vec::new();
    for node in engines.iter().filter_map(|engine| engine.node()) {
        let program = node::program(&workshop.home, &workshop.pins, node)?;
        let text = cmd!(program, "--no-warnings", &script, &folder, rounds.to_string()).read()?;
        let cases: Cases = serde_json::from_str(&text).with_context(|| format!("parse {text}"))?;
        let version = &workshop.pins.node[&node.to_string()];
        let mut record = Record::new(workshop, "pool", "Node", version, "default", "ms")?;
        record.conditions.insert("imported".into(), snapshot::IMPORTS.join(", "));
        record.add(CALL, cases);
        keep(&record)?;
        records.push(record);
    }
    Ok(records)
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
            spread("busy")?
        );
    }
    Ok(text)
}
