//! The tables of the cost part.

use anyhow::Result;

use super::TABLES;
use crate::bench::{
    chart::{Bar, Chart},
    record::Record,
    stats::{Spread, median},
};

/// The tables of this part's records, in Markdown.
pub fn of(records: &[Record]) -> Result<String> {
    let mut text = String::from("| | ours | stock | ours - stock |\n|---|---|---|---|\n");
    for record in records.iter().filter(|record| record.part == "size") {
        for (what, ours) in &record.samples["ours"] {
            let (ours, stock) = (ours[0], record.samples["stock"][what][0]);
            text += &format!("| {what}, bytes | {ours} | {stock} | {:+} |\n", ours - stock);
        }
        for (what, bytes) in &record.samples["in the archive"] {
            text += &format!("| {what}, bytes | {} | | |\n", bytes[0]);
        }
    }
    text += "\n| Node | path | functions in the table | hook, ms | first time, ns per slot | again, ns per slot |\n";
    text += "|---|---|---|---|---|---|\n";
    for record in records.iter().filter(|record| record.part == "cost") {
        for count in TABLES {
            let Some(times) = record.samples.get(&format!("{count} slots")) else { continue };
            let of = |name: &str| median(times[name].clone());
            let (hook, first, again) = (of("hook")? / 1e6, of("first time")?, of("again")?);
            text += &format!(
                "| {} | {} | {count} | {hook:.2} | {first:.0} | {again:.0} |\n",
                record.version, record.path
            );
        }
    }
    Ok(text)
}

/// The hook's time by table.
pub fn charts(records: &[Record]) -> Result<Vec<Chart>> {
    let mut bars = Vec::new();
    for record in records.iter().filter(|record| record.part == "cost") {
        for count in TABLES {
            let Some(times) = record.samples.get(&format!("{count} slots")) else { continue };
            let Spread { lower, median, upper } = Spread::of(times["hook"].clone())?;
            bars.push(Bar {
                group: format!("Node {}, {}", record.version, record.path),
                name: format!("{count} functions"),
                value: median / 1e6,
                low: lower / 1e6,
                high: upper / 1e6,
            });
        }
    }
    let title = "The hook's time by functions in the table: medians and quartiles".to_owned();
    Ok(vec![Chart { file: "cost-hook".to_owned(), title, unit: "milliseconds".to_owned(), bars }])
}
