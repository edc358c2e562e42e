//! Records of stock Pyodide as tables: how many times as fast the attached trampoline is.

use std::fmt::Write;

use anyhow::{Context, Result};

use super::{VERSIONS, part};
use crate::bench::{
    chart::Chart,
    python::table::{GROUPS, Row, bar, engine, means, rows_of},
    record::Record,
    stats::Spread,
};

pub const STOCK: &str = "stock";
pub const ATTACHED: &str = "attached";
/// The variant of the records whose samples are times of `attach` itself.
const ATTACH: &str = "attach";

/// The lines of a record, kinds first: the only ratio of each is stock's time to attached.
pub fn rows(record: &Record) -> Result<Vec<Row>> {
    rows_of(record, &[ATTACHED, STOCK])
}

/// The records of each version, in the tables' order.
fn in_order(records: &[Record]) -> impl Iterator<Item = &Record> {
    VERSIONS.iter().flat_map(|version| Record::of_part(records, &part(version)))
}

fn pyodide(record: &Record) -> Result<&str> {
    Ok(record.conditions.get("Pyodide").context("a record says which Pyodide it is of")?)
}

/// Each Pyodide on each engine in a line.
pub fn short(records: &[Record]) -> Result<String> {
    let mut text = format!(
        "| Pyodide | engine | {} | programs | slowest program | attach, ms | again, ms |\n",
        GROUPS.join(" | ")
    );
    writeln!(text, "|{}", "---|".repeat(GROUPS.len() + 6))?;
    for record in in_order(records) {
        let rows = rows(record)?;
        let means = means(&rows, 0).map(|mean| format!("{mean:.2}"));
        let least = bar(String::new(), "", &rows, false, 0).low;
        write!(text, "| {} | {} | {} | {least:.2} |", pyodide(record)?, engine(record), means.join(" | "))?;
        for case in ["first", "again"] {
            let times = record.samples.get(ATTACH).and_then(|cases| cases.get(case));
            let times = times.with_context(|| format!("attach, {case}, was not measured"))?;
            write!(text, " {:.2} |", Spread::of(times.clone())?.median / 1e6)?;
        }
        writeln!(text)?;
    }
    Ok(text)
}

/// The tables of this part's records, in Markdown.
pub fn of(records: &[Record]) -> Result<String> {
    let mut text = short(records)?;
    for version in VERSIONS {
        let records = Record::of_part(records, &part(version));
        let Some(first) = records.first() else { continue };
        let columns = records.iter().map(|record| rows(record)).collect::<Result<Vec<_>>>()?;
        let engines: Vec<String> = records.iter().map(|record| engine(record)).collect();
        write!(text, "\n| Pyodide {} | {} |\n|", pyodide(first)?, engines.join(" | "))?;
        writeln!(text, "{}", "---|".repeat(engines.len() + 1))?;
        for (index, Row { case, .. }) in columns[0].iter().enumerate() {
            write!(text, "| {case} |")?;
            for column in &columns {
                let row = column.get(index).filter(|row| row.case == *case).context("the same cases")?;
                write!(text, " {}: {} |", row.time(), row.ratios[0])?;
            }
            writeln!(text)?;
        }
    }
    Ok(text)
}

/// One of the kinds of calls, one of the programs: their geometric mean, and the least and the most of them.
pub fn charts(records: &[Record]) -> Result<Vec<Chart>> {
    let mut charts = Vec::new();
    for (sort, title, is_kind) in [
        ("kinds", "Calls of C functions in stock Pyodide", true),
        ("programs", "Python programs in stock Pyodide", false),
    ] {
        let mut bars = Vec::new();
        for record in in_order(records) {
            let name = format!("Pyodide {}", pyodide(record)?);
            bars.push(bar(engine(record), &name, &rows(record)?, is_kind, 0));
        }
        charts.push(Chart {
            file: format!("pyodide-{sort}"),
            title: format!("{title}, attached: geometric mean of the medians, least and most"),
            unit: "times as fast as stock".to_owned(),
            bars,
        });
    }
    Ok(charts)
}
