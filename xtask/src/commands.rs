//! The subcommands: a file has the name of its command.

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

pub mod audit;
pub mod bench;
pub mod charts;
pub mod check;
pub mod cpython_tests;
pub mod demo;
pub mod dist;
pub mod isolation;
pub mod python;
pub mod readme;
pub mod snapshot;
pub mod test;
pub mod tools;
pub mod workerd;

/// Sets up tools, builds CPython and the archive, tests and measures them.
#[derive(Debug, Parser)]
#[command(bin_name = "cargo xtask")]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Calls mismatched functions from CPython in an old and a new Node, and serves the demo page
    Demo(demo::Arguments),
    /// Runs all tests: lints, host, and CPython on each engine
    Test(test::Arguments),
    /// Installs the tools and reports which are used
    Tools,
    /// Runs CPython's own tests, with our trampoline and with its own
    CpythonTests(cpython_tests::Arguments),
    /// Reports whose trampoline is in a linked program, and what is missing
    Check(check::Arguments),
    /// Measures, and keeps the records in benches/record
    Bench(bench::Arguments),
    /// Draws the records: the documentation's charts, and a page of all in dist/charts
    Charts,
    /// Takes a snapshot of the demo's interpreter
    #[command(args_conflicts_with_subcommands = true)]
    Snapshot(snapshot::Arguments),
    /// Runs CPython in Cloudflare's runtime, restored from a snapshot
    Workerd(workerd::Arguments),
    /// Fills dist/: the archive with header, hook and adaptor, the npm package, and the page
    Dist(dist::Arguments),
    /// Runs many calls of a pool that leave something behind, and keeps the record of what the next ones found
    Isolation(isolation::Arguments),
    /// Puts what the tests have recorded into README: the tables of engines, and the picture
    Readme,
    /// Lists C functions that CPython calls with another type than they have: its own, or those of extensions
    Audit(audit::Arguments),
    /// Runs the emscripten CPython like the `python` command
    Python(python::Arguments),
}

impl Command {
    pub fn run(self) -> Result<ExitCode> {
        match self {
            Self::Demo(arguments) => demo::run(&arguments)?,
            Self::Test(arguments) => return test::run(&arguments),
            Self::Tools => tools::run()?,
            Self::CpythonTests(arguments) => return cpython_tests::run(&arguments),
            Self::Check(arguments) => return check::run(&arguments),
            Self::Bench(arguments) => bench::run(&arguments)?,
            Self::Charts => charts::run()?,
            Self::Snapshot(arguments) => snapshot::run(&arguments)?,
            Self::Workerd(arguments) => workerd::run(&arguments)?,
            Self::Dist(arguments) => dist::run(&arguments)?,
            Self::Isolation(arguments) => isolation::run(&arguments)?,
            Self::Readme => readme::run()?,
            Self::Audit(arguments) => return audit::run(&arguments),
            Self::Python(arguments) => return python::run(&arguments),
        }
        Ok(ExitCode::SUCCESS)
    }
}
