//! Records as tables: medians of ratios, with quartiles.

use anyhow::{Context, Result};

use super::interpreters::Variant;
use crate::bench::{
    chart::{Bar, Chart},
    record::Record,
    stats::{Spread, median},
};

/// The case whose time is subtracted from those of the kinds of calls.
const EMPTY: &str = "kind: empty loop";

/// One line: a case on an engine.
#[derive(Debug)]
pub struct Row {
    /// Without `kind: ` or `program: `.
    pub case: String,
    /// Whether it is a kind of call.
    pub is_kind: bool,
    /// Nanoseconds of the first variant, which has no trampoline; of a kind, without the loop.
    pub limit: f64,
    /// Ratios to it within a round, in the order of the variants after the first.
    pub ratios: Vec<Spread>,
}

impl Row {
    /// The time of the first variant, for people.
    pub fn time(&self) -> String {
        if self.is_kind { format!("{:.1} ns", self.limit) } else { format!("{:.2} ms", self.limit / 1e6) }
    }
}

/// The lines of a record, kinds first.
pub fn rows(record: &Record) -> Result<Vec<Row>> {
    rows_of(record, &Variant::MEASURED.map(Variant::name))
}

/// The same of other variants.
pub fn rows_of(record: &Record, variants: &[&str]) -> Result<Vec<Row>> {
    let samples = |variant: &str, case: &str| -> Result<Vec<f64>> {
        let of = |case: &str| {
            let samples = record.samples.get(variant).and_then(|cases| cases.get(case));
            samples.with_context(|| format!("{variant} has no {case}"))
        };
        let gross = of(case)?.iter();
        if !case.starts_with("kind: ") {
            return Ok(gross.copied().collect());
        }
        Ok(gross.zip(of(EMPTY)?).map(|(time, empty)| time - empty).collect())
    };
    let (&limit, others) = variants.split_first().context("no variants")?;
    let mut rows = Vec::new();
    for case in record.samples.get(limit).context("no samples")?.keys() {
        if case == EMPTY {
            continue;
        }
        let least = samples(limit, case)?;
        let mut ratios = Vec::new();
        for &variant in others {
            let times = samples(variant, case)?;
            ratios.push(Spread::of(times.iter().zip(&least).map(|(time, least)| time / least).collect())?);
        }
        let (kind, name) = case.split_once(": ").context("a case says its sort")?;
        rows.push(Row { case: name.to_owned(), is_kind: kind == "kind", limit: median(least)?, ratios });
    }
    Ok(rows)
}

/// The first words of the kinds' names. All others are programs.
pub const GROUPS: [&str; 6] = ["NOARGS", "O", "VARARGS", "getter", "setter", "tp_call"];

/// Kinds of calls and programs on all engines, in few lines, for docs/speed.md.
pub fn short(records: &[Record]) -> Result<String> {
    summary(&in_order(records))
}

/// All records in few lines: geometric means of the medians of each group.
fn summary(records: &[&Record]) -> Result<String> {
    let mut text = format!("| engine | interpreter | {} | programs |\n", GROUPS.join(" | "));
    text += &format!("|{}\n", "---|".repeat(GROUPS.len() + 3));
    for record in records {
        let rows = rows(record)?;
        for (index, variant) in Variant::MEASURED[1..].iter().enumerate() {
            let cells = means(&rows, index).map(|mean| format!("{mean:.2}"));
            text += &format!("| {} | {} | {} |\n", engine(record), variant.name(), cells.join(" | "));
        }
    }
    Ok(text)
}

/// Geometric means of one variant's medians: of each group, and of the programs.
pub fn means(rows: &[Row], variant: usize) -> [f64; GROUPS.len() + 1] {
    std::array::from_fn(|group| {
        let is_of = |row: &&Row| match GROUPS.get(group) {
            Some(name) => row.is_kind && row.case.split(' ').next() == Some(name),
            None => !row.is_kind,
        };
        let ratios: Vec<f64> = rows.iter().filter(is_of).map(|row| row.ratios[variant].median).collect();
        geometric_mean(&ratios)
    })
}

/// One of the kinds of calls, one of the programs: their geometric mean, and the least and the most of them.
pub fn charts(records: &[Record]) -> Result<Vec<Chart>> {
    let mut charts = Vec::new();
    for (sort, title, is_kind) in
        [("kinds", "Calls of C functions in Python", true), ("programs", "Python programs", false)]
    {
        let mut bars = Vec::new();
        for record in in_order(records) {
            let rows = rows(record)?;
            for (index, variant) in Variant::MEASURED[1..].iter().enumerate() {
                bars.push(bar(engine(record), variant.name(), &rows, is_kind, index));
            }
        }
        charts.push(Chart {
            file: format!("python-{sort}"),
            title: format!("{title}: geometric mean of the medians, least and most"),
            unit: "times the same without trampoline".to_owned(),
            bars,
        });
    }
    Ok(charts)
}

/// Of all kinds or all programs: the geometric mean of one variant's medians, the least and the most.
pub fn bar(group: String, name: &str, rows: &[Row], is_kind: bool, variant: usize) -> Bar {
    let of = rows.iter().filter(|row| row.is_kind == is_kind);
    let ratios: Vec<f64> = of.map(|row| row.ratios[variant].median).collect();
    Bar {
        group,
        name: name.to_owned(),
        value: geometric_mean(&ratios),
        low: ratios.iter().copied().fold(f64::INFINITY, f64::min),
        high: ratios.iter().copied().fold(0.0, f64::max),
    }
}

fn geometric_mean(ratios: &[f64]) -> f64 {
    (ratios.iter().map(|ratio| ratio.ln()).sum::<f64>() / ratios.len() as f64).exp()
}

/// Each case on each engine: without trampoline, then ours with its quartiles, then the others.
fn cases(records: &[&Record]) -> Result<String> {
    let mut columns: Vec<Vec<Row>> = Vec::new();
    for record in records {
        columns.push(rows(record)?);
    }
    let engines: Vec<String> = records.iter().map(|record| engine(record)).collect();
    let mut text = format!("| case | {} | trampoline calls |\n", engines.join(" | "));
    text += &format!("|{}\n", "---|".repeat(engines.len() + 2));
    let (Some(first), Some(record)) = (columns.first(), records.first()) else { return Ok(text) };
    for (index, Row { case, is_kind, .. }) in first.iter().enumerate() {
        text += &format!("| {case} |");
        for column in &columns {
            let row = column.get(index).filter(|row| row.case == *case).context("the same cases")?;
            text += &format!(" {}: ", row.time());
            let [ours, others @ ..] = &row.ratios[..] else {
                anyhow::bail!("{case} was measured one way only")
            };
            text += &ours.to_string();
            for other in others {
                text += &format!(" · {:.2}", other.median);
            }
            text += " |";
        }
        let calls = record.conditions.get(&format!("trampoline calls, program: {case}"));
        let calls = if *is_kind { "" } else { calls.context("calls were counted")? };
        text += &format!(" {calls} |\n");
    }
    Ok(text)
}

/// For people.
pub fn engine(record: &Record) -> String {
    format!("{} {}", record.engine, record.version)
}

/// The records of this part, in the tables' order of engines.
fn in_order(records: &[Record]) -> Vec<&Record> {
    Record::of_part(records, super::PART)
}

/// The tables of this part's records, in Markdown.
pub fn of(records: &[Record]) -> Result<String> {
    let records = in_order(records);
    Ok(format!("{}\n{}", summary(&records)?, cases(&records)?))
}
