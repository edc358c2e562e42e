//! `cargo xtask test`: everything, in the order of what is cheapest to get wrong.

use std::{process::ExitCode, time::Instant};

use anyhow::Result;

mod checks;

use crate::{
    Workshop,
    browser::driver,
    build::{archive, cpython::Cpython, page},
    commands::demo,
    engines,
    tools::{cargo, steps::time, workshop::project_root},
};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// One of the end-to-end test files, without the rest
    #[arg(long, value_name = "FILE")]
    only: Option<String>,
    /// Every cell of the wide tables, not only a covering selection
    #[arg(long)]
    all: bool,
    /// With --only: the tests whose names contain this, and other arguments of `cargo test`
    #[arg(last = true, requires = "only")]
    filter: Vec<String>,
}

/// Runs all tests, or one file of the end-to-end tests.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let only = arguments.only.as_deref();
    let every_cell = arguments.all;
    let start = Instant::now();
    let workshop = Workshop::open()?;
    if only.is_none() {
        checks::run(&workshop)?;
    }
    // What every end-to-end test needs, as steps with a time of their own.
    let cpython = Cpython::build(&workshop)?;
    archive::build(&workshop)?;
    if only.is_none() {
        engines::begin(&workshop, every_cell)?;
        driver::install(&workshop)?;
        page::build(&workshop, &cpython)?;
    }
    // The tests open it themselves.
    drop(workshop);
    let mut failed = Vec::new();
    let mut test = |arguments: &[&str]| -> Result<()> {
        let part = Instant::now();
        let mut command =
            cargo([&["test", "--no-fail-fast"], arguments].concat()).dir(project_root()?).unchecked();
        if every_cell {
            command = command.env("PYEM_TEST_ALL", "1");
        }
        let status = command.run()?.status;
        eprintln!("  tests   cargo test {} ({})", arguments.join(" "), time(part.elapsed()));
        if !status.success() {
            failed.push(arguments.join(" "));
        }
        Ok(())
    };
    match only {
        Some(file) => {
            let mut all = vec!["--package", "e2e", "--test", file];
            if !arguments.filter.is_empty() {
                all.push("--");
                all.extend(arguments.filter.iter().map(String::as_str));
            }
            test(&all)?;
        }
        None => {
            test(&["--package", "pyem-trampoline"])?;
            test(&["--package", "pyem-audit"])?;
            test(&["--package", "e2e"])?;
        }
    }
    eprintln!("  tests   all in {}", time(start.elapsed()));
    demo::where_things_are(&Workshop::open()?)?;
    if failed.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("error: tests failed: cargo test {}", failed.join(", "));
    Ok(ExitCode::FAILURE)
}
