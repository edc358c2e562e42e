//! The tables of the dispatch part.

use std::fmt::Write;

use anyhow::{Context, Result};

use crate::bench::{
    chart::{Bar, Chart},
    record::Record,
    stats::Spread,
};

/// The design that all times are divided by.
const LIMIT: &str = "direct";
/// The designs in the order of the table.
const DESIGNS: [&str; 6] =
    ["ours, wasm-gc", "ours, probe", "CPython main", "CPython #128628", "CPython 3.13", "emulated casts"];
/// Of the cases with one arity, those of two parameters: most of what CPython calls.
const CASES: [&str; 5] = ["one of 2", "16 of 2", "64 mixed", "4096 random", "4096 random, arity too"];
/// The same number of callees of the same arity.
const CACHED: &str = "16 of 2";
const WRITTEN: &str = "16 of 2, written";
const FIRST: &str = "first call";

/// The tables of this part's records, in Markdown.
pub fn of(records: &[Record]) -> Result<String> {
    let records = in_order(records);
    let mut text = String::new();
    let cases = CASES.join(" | ");
    writeln!(text, "| engine | design | {cases} | {FIRST}, ns |")?;
    writeln!(text, "|{}", "---|".repeat(CASES.len() + 3))?;
    for record in &records {
        let engine = format!("{} {}", record.engine, record.version);
        write!(text, "| {engine} | {LIMIT}, ns |")?;
        for case in CASES {
            write!(text, " {} |", Spread::of(samples(record, LIMIT, case)?.to_vec())?)?;
        }
        writeln!(text, " |")?;
        for design in DESIGNS.into_iter().filter(|&design| record.samples.contains_key(design)) {
            write!(text, "| {engine} | {design} |")?;
            for case in CASES {
                write!(text, " {} |", ratio(record, design, case)?)?;
            }
            writeln!(text, " {} |", Spread::of(samples(record, design, FIRST)?.to_vec())?)?;
        }
    }
    write!(text, "\n{}{}", by_arity(&records)?, written(&records)?)?;
    Ok(text)
}

/// One case on all engines, for docs/speed.md.
pub fn short(records: &[Record]) -> Result<String> {
    let case = CACHED;
    let mut text = format!("| engine | {} |\n|{}\n", DESIGNS.join(" | "), "---|".repeat(DESIGNS.len() + 1));
    for record in in_order(records) {
        write!(text, "| {} {} |", record.engine, record.version)?;
        for design in DESIGNS {
            match record.samples.contains_key(design) {
                true => write!(text, " {:.2} |", ratio(record, design, case)?.median)?,
                false => write!(text, " |")?,
            }
        }
        writeln!(text)?;
    }
    Ok(text)
}

/// One for each case, with all engines.
pub fn charts(records: &[Record]) -> Result<Vec<Chart>> {
    let mut charts = Vec::new();
    for case in CASES {
        let mut bars = Vec::new();
        for record in in_order(records) {
            let group = format!("{} {}", record.engine, record.version);
            for design in DESIGNS.into_iter().filter(|&design| record.samples.contains_key(design)) {
                let Spread { lower: low, median: value, upper: high } = ratio(record, design, case)?;
                bars.push(Bar { group: group.clone(), name: design.to_owned(), value, low, high });
            }
        }
        charts.push(Chart {
            file: format!("dispatch-{case}").replace(", ", "-").replace(' ', "-"),
            title: format!("Dispatch, {case}: medians and quartiles"),
            unit: "times a typed call".to_owned(),
            bars,
        });
    }
    Ok(charts)
}

/// The records of this part, in the tables' order of engines.
fn in_order(records: &[Record]) -> Vec<&Record> {
    Record::of_part(records, super::PART)
}

/// Ours on the path that is live by default.
fn by_arity(records: &[&Record]) -> Result<String> {
    let cases: Vec<String> =
        ["one", "16"].iter().flat_map(|many| (0..4).map(move |arity| format!("{many} of {arity}"))).collect();
    let mut text = format!("| engine | design | {} |\n|{}\n", cases.join(" | "), "---|".repeat(10));
    for record in records {
        let ours = format!("ours, {}", record.path);
        write!(text, "| {} {} | {ours} |", record.engine, record.version)?;
        for case in &cases {
            write!(text, " {} |", ratio(record, &ours, case)?)?;
        }
        writeln!(text)?;
    }
    Ok(text)
}

/// Slots that JavaScript wrote beside those of an element segment, on each path. (Earlier records do not have them.)
fn written(records: &[&Record]) -> Result<String> {
    let mut text = String::new();
    for record in records.iter().filter(|record| samples(record, LIMIT, WRITTEN).is_ok()) {
        write!(text, "| {} {} |", record.engine, record.version)?;
        for design in &DESIGNS[..2] {
            let (Ok(written), Ok(cached)) =
                (samples(record, design, WRITTEN), samples(record, design, CACHED))
            else {
                write!(text, " |")?;
                continue;
            };
            let ratios = written.iter().zip(cached).map(|(time, limit)| time / limit);
            write!(text, " {} |", Spread::of(ratios.collect())?)?;
        }
        writeln!(text)?;
    }
    if text.is_empty() {
        return Ok(text);
    }
    Ok(format!("\n| {WRITTEN} ÷ {CACHED} | {} |\n|---|---|---|\n{text}", DESIGNS[..2].join(" | ")))
}

/// The ratio to a typed call of the same round.
fn ratio(record: &Record, design: &str, case: &str) -> Result<Spread> {
    let pairs = samples(record, design, case)?.iter().zip(samples(record, LIMIT, case)?);
    Spread::of(pairs.map(|(time, limit)| time / limit).collect())
}

fn samples<'a>(record: &'a Record, design: &str, case: &str) -> Result<&'a [f64]> {
    let cases = record.samples.get(design).with_context(|| format!("{design} was not measured"))?;
    Ok(cases.get(case).with_context(|| format!("{design}: {case} was not measured"))?)
}
