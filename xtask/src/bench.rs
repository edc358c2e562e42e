//! `cargo xtask bench`: what dispatch costs, in itself, in Python programs, and in bytes.

use std::path::PathBuf;

use anyhow::Result;

use crate::Workshop;

pub mod cost;
pub mod dispatch;
pub mod record;

/// Where the records of this machine's runs are kept; those in the repository are in benches/record.
pub fn records(workshop: &Workshop) -> PathBuf {
    workshop.root.join("benches/record")
}

/// Measures and prints the tables.
pub fn run(workshop: &Workshop, quick: bool) -> Result<()> {
    let size = if quick { dispatch::QUICK } else { dispatch::FULL };
    dispatch::print(workshop, size)
}
