//! The tables of the start part.

use std::fmt::Write;

use anyhow::{Context, Result};

use super::{ALL, Kind, Modules, Visit, WARM, variant};
use crate::bench::{
    chart::{Bar, Chart},
    pool,
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

/// Whose a step is, and what the floor has of it.
const OWNERS: [(&str, &[&str]); 3] = [
    (
        "ours, ms",
        &["modules of the driver", "worker and script", "what it is handed", "files", "restore", "copy"],
    ),
    ("emscripten's, ms", &["glue", "run-time initialisation"]),
    ("Python's first code, ms", &["reseed", "answer", "first statement"]),
];

/// For docs/snapshots.md: medians with the modules imported, and what a restored start takes beyond the floor.
pub fn short(records: &[Record]) -> Result<String> {
    let records = Record::of_part(records, super::PART);
    let mut text = String::from(
        "| engine | visit | cold, ms | restored, ms | floor, ms | cold ÷ restored | restored ÷ floor |",
    );
    for (owner, _) in OWNERS {
        write!(text, " {owner} |")?;
    }
    writeln!(text, " the engine's, ms | restore ÷ copy |\n|{}", "---|".repeat(OWNERS.len() + 9))?;
    for (record, visit, modules) in each(&records) {
        let [Some(cold), Some(restored), Some(floor)] =
            Kind::ALL.map(|kind| samples(record, visit, modules, kind))
        else {
            continue;
        };
        if modules == Modules::None {
            continue;
        }
        write!(text, "| {} | {visit} |", engine(record))?;
        for all in [cold, restored, floor] {
            write!(text, " {:.0} |", median(all.to_vec())?)?;
        }
        for (above, below) in [(cold, restored), (restored, floor)] {
            write!(text, " {:.1} |", ratio(above, below)?.median)?;
        }
        let [restored, floor] =
            [Kind::Restored, Kind::Floor].map(|kind| &record.samples[&variant(visit, modules, kind)]);
        let mut rest = median(restored[ALL].clone())? - median(floor[ALL].clone())?;
        for (_, steps) in OWNERS {
            let mut more = 0.0;
            for &step in steps {
                for (cases, sign) in [(restored, 1.0), (floor, -1.0)] {
                    more += cases.get(step).map_or(Ok(0.0), |took| median(took.clone()))? * sign;
                }
            }
            rest -= more;
            write!(text, " {more:.1} |")?;
        }
        write!(text, " {rest:.1} |")?;
        match record.samples.get(WARM) {
            Some(warm) if visit == Visit::Later => {
                writeln!(text, " {:.2} |", ratio(&warm["restore"], &warm["copy"])?.median)?
            }
            _ => writeln!(text, " |")?,
        }
    }
    Ok(text)
}

/// For docs/snapshots.md: the three ways to a fresh Python, medians of later starts with the modules imported.
pub fn three_ways(records: &[Record]) -> Result<String> {
    let mut text =
        String::from("| engine | cold, ms | restored, ms | reset, ms |\n| --- | --- | --- | --- |\n");
    for record in Record::of_part(records, super::PART) {
        let [Some(cold), Some(restored)] =
            [Kind::Cold, Kind::Restored].map(|kind| samples(record, Visit::Later, Modules::Some, kind))
        else {
            continue;
        };
        let [cold, restored] = [median(cold.to_vec())?, median(restored.to_vec())?];
        let reset = pool::recorded_reset(records, &record.engine, &record.version)?;
        let reset = reset.map(|reset| format!("{reset:.1}")).unwrap_or_default();
        writeln!(text, "| {} | {cold:.0} | {restored:.0} | {reset} |", engine(record))?;
    }
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
