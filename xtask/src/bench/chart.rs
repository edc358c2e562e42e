//! `cargo xtask charts`: the records as pictures, drawn by Observable Plot in Node.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use clap::ValueEnum;
use duct::cmd;
use serde::Serialize;

use super::{Part, cost, dispatch, python, record::Record, records};
use crate::{Workshop, archive, markdown, node};

/// The charts that README shows, in `docs`.
pub const IN_README: [&str; 2] = ["dispatch-16-of-2", "python-kinds"];

/// One bar with its spread.
#[derive(Clone, Debug, Serialize)]
pub struct Bar {
    /// What stands together: an engine.
    pub group: String,
    /// What is compared within.
    pub name: String,
    /// Its length.
    pub value: f64,
    /// The lower end of the spread.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// One picture.
#[derive(Clone, Debug, Serialize)]
pub struct Chart {
    /// Its file, without the ending.
    pub file: String,
    /// What it shows.
    pub title: String,
    /// Of the lengths.
    pub unit: String,
    /// In the order of the chart.
    pub bars: Vec<Bar>,
}

/// Of all records.
pub fn all(records: &[Record]) -> Result<Vec<Chart>> {
    Ok([dispatch::table::charts(records)?, python::table::charts(records)?, cost::table::charts(records)?]
        .concat())
}

/// Draws all charts of the repository's records into a folder, with a page that holds them.
pub fn draw(workshop: &Workshop, folder: &Path) -> Result<()> {
    let charts = all(&Record::read_all(&records(&workshop.root))?)?;
    node::tools(workshop)?;
    fs::create_dir_all(folder)?;
    let program = node::program(&workshop.home, &workshop.pins, node::TOOLS_NODE)?;
    let script = workshop.root.join("benches/js/charts.mjs");
    let data = serde_json::to_string(&charts)?;
    Ok(cmd!(program, script, folder).stdin_bytes(data).run().map(drop)?)
}

/// README's tables, by their marks there.
pub fn tables(records: &[Record]) -> Result<[(&'static str, String); 2]> {
    Ok([("dispatch", dispatch::table::short(records)?), ("python", python::table::short(records)?)])
}

/// Draws them for uploading, and puts tables and charts into README and benches/README.md.
pub fn publish(workshop: &Workshop) -> Result<PathBuf> {
    for part in Part::value_variants() {
        part.update_readme(&workshop.root)?;
    }
    for (name, table) in tables(&Record::read_all(&records(&workshop.root))?)? {
        markdown::replace(&workshop.root.join("README.md"), name, &table)?;
    }
    // Tables are padded by the formatter.
    cmd!(node::tools(workshop)?.join(".bin/biome"), "format", "--write", "README.md")
        .dir(&workshop.root)
        .run()?;
    let folder = workshop.root.join(archive::DIST).join("charts");
    draw(workshop, &folder)?;
    for name in IN_README {
        let file = format!("{name}.svg");
        fs::copy(folder.join(&file), workshop.root.join("docs").join(&file)).with_context(|| file)?;
    }
    Ok(folder.join("index.html"))
}
