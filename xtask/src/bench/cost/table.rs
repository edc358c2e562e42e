//! The tables of the cost part.

use anyhow::Result;

use super::TABLES;
use crate::{bench::record::Record, stats::median};

/// Of the records that are of this part.
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
