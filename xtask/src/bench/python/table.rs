//! Records as tables: medians of ratios, with quartiles.

use anyhow::{Context, Result};

use super::interpreters::Variant;
use crate::{
    bench::record::Record,
    stats::{median, quartiles},
};

/// The case that the kinds of calls are net of.
const EMPTY: &str = "kind: empty loop";

/// One line: a case on an engine.
#[derive(Debug)]
pub struct Row {
    /// Without `kind: ` or `program: `.
    pub case: String,
    /// Whether it is a kind of call.
    pub is_kind: bool,
    /// Nanoseconds without trampoline; of a kind, net of the loop.
    pub limit: f64,
    /// Ratios to that of the same round: quartiles, in the order of the variants after the first.
    pub ratios: Vec<[f64; 3]>,
}

/// The lines of a record, kinds first.
pub fn rows(record: &Record) -> Result<Vec<Row>> {
    let samples = |variant: Variant, case: &str| -> Result<Vec<f64>> {
        let of = |case: &str| {
            let samples = record.samples.get(variant.name()).and_then(|cases| cases.get(case));
            samples.with_context(|| format!("{} has no {case}", variant.name()))
        };
        let gross = of(case)?.iter();
        if !case.starts_with("kind: ") {
            return Ok(gross.copied().collect());
        }
        Ok(gross.zip(of(EMPTY)?).map(|(time, empty)| time - empty).collect())
    };
    let [limit, others @ ..] = Variant::MEASURED;
    let mut rows = Vec::new();
    for case in record.samples.get(limit.name()).context("no samples")?.keys() {
        if case == EMPTY {
            continue;
        }
        let least = samples(limit, case)?;
        let mut ratios = Vec::new();
        for variant in others {
            let times = samples(variant, case)?;
            ratios.push(quartiles(times.iter().zip(&least).map(|(time, least)| time / least).collect())?);
        }
        let (kind, name) = case.split_once(": ").context("a case says its sort")?;
        rows.push(Row { case: name.to_owned(), is_kind: kind == "kind", limit: median(least)?, ratios });
    }
    Ok(rows)
}

/// The first words of the kinds' names; what is left are programs.
const GROUPS: [&str; 6] = ["NOARGS", "O", "VARARGS", "getter", "setter", "tp_call"];

/// All records in few lines: geometric means of the medians of each group.
pub fn summary(records: &[Record]) -> Result<String> {
    let mut text = format!("| engine | interpreter | {} | programs |\n", GROUPS.join(" | "));
    text += &format!("|{}\n", "---|".repeat(GROUPS.len() + 3));
    for record in records {
        let rows = rows(record)?;
        for (index, variant) in Variant::MEASURED[1..].iter().enumerate() {
            let mean = |group: Option<&str>| {
                let group_of =
                    |row: &Row| row.case.split(' ').next().filter(|_| row.is_kind).map(str::to_owned);
                let of = rows.iter().filter(|row| group_of(row).as_deref() == group);
                let logarithms: Vec<f64> = of.map(|row| row.ratios[index][1].ln()).collect();
                format!("{:.2}", (logarithms.iter().sum::<f64>() / logarithms.len() as f64).exp())
            };
            let mut cells: Vec<String> = GROUPS.iter().map(|&group| mean(Some(group))).collect();
            cells.push(mean(None));
            let engine = format!("{} {}", record.engine, record.version);
            text += &format!("| {engine} | {} | {} |\n", variant.name(), cells.join(" | "));
        }
    }
    Ok(text)
}

/// All records, an engine after the other.
pub fn table(records: &[Record]) -> Result<String> {
    let mut text = String::new();
    for record in records {
        let [limit, others @ ..] = Variant::MEASURED.map(Variant::name);
        text += &format!("\n{} {}, {}\n\n", record.engine, record.version, record.cpu);
        text += &format!("| case | {limit} | {} | trampoline calls |\n", others.join(" | "));
        text += &format!("|{}\n", "---|".repeat(3 + others.len()));
        for row in rows(record)? {
            let (limit, calls) = if row.is_kind {
                (format!("{:.1} ns", row.limit), String::new())
            } else {
                let calls = record.conditions.get(&format!("trampoline calls, program: {}", row.case));
                let calls = calls.context("calls were counted")?;
                (format!("{:.1} ms", row.limit / 1e6), calls.clone())
            };
            let ratios: Vec<String> = row
                .ratios
                .iter()
                .map(|[low, middle, high]| format!("{middle:.3} ({low:.3}-{high:.3})"))
                .collect();
            text += &format!("| {} | {limit} | {} | {calls} |\n", row.case, ratios.join(" | "));
        }
    }
    Ok(text)
}
