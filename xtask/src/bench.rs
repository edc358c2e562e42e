//! `cargo xtask bench`: what dispatch costs, in itself, in Python programs, and in bytes.

use std::path::PathBuf;

use anyhow::Result;

use crate::Workshop;

pub mod dispatch;
pub mod engine;
pub mod python;
pub mod record;

use engine::Engine;

/// Where the records of this machine's runs are kept; those in the repository are in benches/record.
pub fn records(workshop: &Workshop) -> PathBuf {
    workshop.root.join("benches/record")
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Part {
    /// The trampoline alone
    Dispatch,
    /// Calls of C functions and whole programs in Python
    Python,
}

/// Measures and prints the tables. No part is all of them, and no engine all of a part's.
pub fn run(
    workshop: &Workshop,
    parts: &[Part],
    engines: &[Engine],
    quick: bool,
    recorded: bool,
) -> Result<()> {
    let wanted = |part| parts.is_empty() || parts.contains(&part);
    if wanted(Part::Dispatch) && !recorded {
        dispatch::print(workshop, if quick { dispatch::QUICK } else { dispatch::FULL })?;
    }
    if wanted(Part::Python) {
        let records = if recorded {
            record::Record::read_all(&records(workshop))?
        } else {
            python::measure(workshop, engines, if quick { python::QUICK } else { python::FULL })?
        };
        print!("{}", python::table::of(&records)?);
    }
    Ok(())
}
