//! `cargo xtask charts`: puts the records' tables and charts into the documentation.

use std::fs;

use anyhow::{Context, Result};
use clap::ValueEnum;

use crate::{
    Workshop,
    bench::{PAGES, Part, draw, record::Record, records, tables},
    build::archive::DIST,
    tools::{javascript, markdown},
};

/// The charts that its pages show, in `docs`.
pub const IN_DOCS: [&str; 5] =
    ["dispatch-16-of-2", "python-kinds", "pyodide-kinds", "pyodide-programs", "start-later"];

/// Draws them for uploading, and replaces the tables of README, docs and benches/README.md.
pub fn run() -> Result<()> {
    let workshop = &Workshop::open()?;
    for part in Part::value_variants() {
        part.update_readme(&workshop.root)?;
    }
    for (page, name, table) in tables(&Record::read_all(&records(&workshop.root))?)? {
        markdown::replace(&workshop.root.join(page), name, &table)?;
    }
    javascript::format(workshop, &PAGES)?;
    let folder = workshop.root.join(DIST).join("charts");
    draw(workshop, &folder)?;
    for name in IN_DOCS {
        let file = format!("{name}.svg");
        fs::copy(folder.join(&file), workshop.root.join("docs").join(&file)).with_context(|| file)?;
    }
    println!("{}", folder.join("index.html").display());
    Ok(())
}
