//! `cargo xtask bench`: what dispatch costs, in itself, in Python programs, attached to Pyodide, and in bytes; and where
//! start-up spends its time.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Result;
use clap::ValueEnum;
use duct::cmd;

use crate::{
    Workshop,
    engines::{self, Engine},
    tools::{javascript, markdown, node},
};

pub mod chart;
pub mod cost;
pub mod dispatch;
pub mod pool;
pub mod pyodide;
pub mod python;
pub mod record;
pub mod start;
pub mod stats;

use chart::Chart;
use record::Record;

/// What can be measured by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// Each design of a call trampoline, against a typed call
    Dispatch,
    /// Calls of C functions and whole programs in Python, against Python without trampoline
    Python,
    /// The same in stock Pyodide, as it comes and with the trampoline attached
    Pyodide,
    /// What linking us adds: bytes, time of the hook, time of a first resolution
    Cost,
    /// A fresh Python for each call
    Pool,
    /// From the start to Python's first answer, step by step: cold, from a snapshot, and the floor
    Start,
}

/// The folder of the records. benches/README.md has the tables of those in the repository.
pub fn records(root: &Path) -> PathBuf {
    root.join("benches/record")
}

/// Measures the parts on the engines, all of them where none is named, and prints the tables. Keeps the records unless `quick`.
pub fn run(workshop: &Workshop, parts: &[Part], engines: &[Engine], quick: bool) -> Result<()> {
    let parts = if parts.is_empty() { Part::value_variants() } else { parts };
    let folder = records(&workshop.root);
    let keep = |record: &Record| if quick { Ok(()) } else { record.write(&folder).map(drop) };
    for part in parts {
        let all = if *part == Part::Pyodide { pyodide::engines()? } else { engines::measured()? };
        let engines = if engines.is_empty() { &all } else { engines };
        let records = match part {
            Part::Dispatch => {
                let size = if quick { dispatch::QUICK } else { dispatch::FULL };
                dispatch::measure(workshop, engines, size, keep)?
            }
            Part::Python => {
                let size = if quick { python::QUICK } else { python::FULL };
                python::measure(workshop, engines, size, keep)?
            }
            Part::Pyodide => {
                let size = if quick { pyodide::QUICK } else { pyodide::FULL };
                pyodide::measure(workshop, engines, size, keep)?
            }
            Part::Cost => {
                let size = if quick { cost::QUICK } else { cost::FULL };
                cost::measure(workshop, engines, size, keep)?
            }
            Part::Pool => {
                let rounds = if quick { pool::QUICK } else { pool::FULL };
                pool::measure(workshop, engines, rounds, keep)?
            }
            Part::Start => {
                let size = if quick { start::QUICK } else { start::FULL };
                start::measure(workshop, engines, size, keep)?
            }
        };
        println!("{}", part.table(&records)?);
        if !quick {
            part.update_readme(&workshop.root)?;
        }
    }
    Ok(())
}

impl Part {
    /// The tables of this part's records, in Markdown.
    pub fn table(self, records: &[Record]) -> Result<String> {
        match self {
            Self::Dispatch => dispatch::table::of(records),
            Self::Python => python::table::of(records),
            Self::Pyodide => pyodide::table::of(records),
            Self::Cost => cost::table::of(records),
            Self::Pool => pool::table(records),
            Self::Start => start::table::of(records),
        }
    }

    /// Puts the tables of all records between two comments of benches/README.md.
    pub fn update_readme(self, root: &Path) -> Result<()> {
        let table = self.table(&Record::read_all(&records(root))?)?;
        markdown::replace(&root.join("benches/README.md"), &format!("{self:?}").to_lowercase(), &table)
    }
}

pub fn charts(records: &[Record]) -> Result<Vec<Chart>> {
    let parts = [
        dispatch::table::charts(records)?,
        python::table::charts(records)?,
        pyodide::table::charts(records)?,
        cost::table::charts(records)?,
        start::table::charts(records)?,
    ];
    Ok(parts.concat())
}

/// Draws all charts of the repository's records into a folder, with a page that holds them.
pub fn draw(workshop: &Workshop, folder: &Path) -> Result<()> {
    let charts = charts(&Record::read_all(&records(&workshop.root))?)?;
    javascript::install(workshop)?;
    fs::create_dir_all(folder)?;
    let program = node::program(&workshop.home, &workshop.pins, node::TOOLS_NODE)?;
    let script = workshop.root.join("benches/js/charts.mjs");
    let data = serde_json::to_string(&charts)?;
    Ok(cmd!(program, script, folder).stdin_bytes(data).run().map(drop)?)
}

/// The pages that have tables.
pub const PAGES: [&str; 4] = ["docs/speed.md", "docs/attach-speed.md", "docs/snapshots.md", "docs/pool.md"];

/// The tables of these pages: page, mark, text.
pub fn tables(records: &[Record]) -> Result<[(&'static str, &'static str, String); 6]> {
    Ok([
        (PAGES[0], "dispatch", dispatch::table::short(records)?),
        (PAGES[0], "python", python::table::short(records)?),
        (PAGES[1], "pyodide", pyodide::table::short(records)?),
        (PAGES[2], "three ways", start::table::three_ways(records)?),
        (PAGES[2], "start", start::table::short(records)?),
        (PAGES[3], "pool", pool::short(records)?),
    ])
}
