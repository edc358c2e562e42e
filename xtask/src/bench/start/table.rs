//! The tables of the start part.

use std::fmt::Write;

use anyhow::{Context, Result};

use super::{ALL, Kind, Modules, Visit, variant};
use crate::bench::{
    chart::{Bar, Chart},
    record::Record,
    stats::{Spread, median},
};

const VISITS: [Visit; 3] = [Visit::First, Visit::Again, Visit::Later];

/// The tables of this part's records, in Markdown.
pub fn of(records: &[Record]) -> Result<String> {
    let records = Record::of_part(records, super::PART);
    let mut text = String::from(
        "| engine | visit | | cold, ms | restored, ms | floor, ms | cold ÷ restored | restored ÷ floor |\n",
    );
    writeln!(text, "|{}", "---|".repeat(8))?;
    for (record, visit, modules) in each(&records) {
        let Some(cold) = samples(record, visit, modules, Kind::Cold) else { continue };
        write!(text, "| {} | {visit} | {modules} | {} |", engine(record), Spread::of(cold.to_vec())?)?;
        let mut ratios = String::new();
        let mut above = cold;
        for kind in [Kind::Restored, Kind::Floor] {
            let below = samples(record, visit, modules, kind).with_context(|| format!("no {kind}"))?;
            write!(text, " {} |", Spread::of(below.to_vec())?)?;
            write!(ratios, " {} |", ratio(above, below)?)?;
            above = below;
        }
        writeln!(text, "{ratios}")?;
    }
    write!(text, "\n{}", steps(&records)?)?;
    Ok(text)
}

/// The medians of the steps, with the modules imported.
fn steps(records: &[&Record]) -> Result<String> {
    let mut text = String::from("| engine | visit | start | steps, ms |\n|---|---|---|---|\n");
    for (record, visit, modules) in
        each(records).into_iter().filter(|(.., modules)| *modules == Modules::Some)
    {
        for kind in Kind::ALL {
            let variant = variant(visit, modules, kind);
            let (Some(cases), Some(order)) =
                (record.samples.get(&variant), record.conditions.get(&format!("steps, {variant}")))
            else {
                continue;
            };
            let mut parts = Vec::new();
            for step in order.split("; ") {
                parts.push(format!("{step} {:.1}", median(cases.get(step).context("a step")?.clone())?));
            }
            writeln!(text, "| {} | {visit} | {kind} | {} |", engine(record), parts.join(" · "))?;
        }
    }
    Ok(text)
}

/// One for each visit, with all engines: starts with the modules imported.
pub fn charts(records: &[Record]) -> Result<Vec<Chart>> {
    let records = Record::of_part(records, super::PART);
    let mut charts = Vec::new();
    for (visit, what) in [(Visit::First, "nothing compiled"), (Visit::Later, "a later start")] {
        let mut bars = Vec::new();
        for record in &records {
            for kind in Kind::ALL {
                let Some(all) = samples(record, visit, Modules::Some, kind) else { continue };
                let Spread { lower: low, median: value, upper: high } = Spread::of(all.to_vec())?;
                bars.push(Bar { group: engine(record), name: kind.to_string(), value, low, high });
            }
        }
        if !bars.is_empty() {
            charts.push(Chart {
                file: format!("start-{visit}"),
                title: format!("Start to first answer, four modules imported, {what}: medians and quartiles"),
                unit: "milliseconds".to_owned(),
                bars,
            });
        }
    }
    Ok(charts)
}

fn each<'r>(records: &[&'r Record]) -> Vec<(&'r Record, Visit, Modules)> {
    let mut all = Vec::new();
    for record in records {
        for modules in Modules::ALL {
            all.extend(VISITS.map(|visit| (*record, visit, modules)));
        }
    }
    all
}

fn samples(record: &Record, visit: Visit, modules: Modules, kind: Kind) -> Option<&[f64]> {
    Some(record.samples.get(&variant(visit, modules, kind))?.get(ALL)?)
}

/// Of starts of the same round.
fn ratio(above: &[f64], below: &[f64]) -> Result<Spread> {
    Spread::of(above.iter().zip(below).map(|(above, below)| above / below).collect())
}

fn engine(record: &Record) -> String {
    format!("{} {}", record.engine, record.version)
}
