//! `cargo xtask bench`: measures and keeps the records.

use anyhow::Result;

use crate::{
    Workshop,
    bench::{self, Part},
    engines::Engine,
};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// One part, or several; else all
    #[arg(long = "part", value_enum)]
    parts: Vec<Part>,
    /// One engine, or several: node-24, firefox; else all
    #[arg(long = "engine")]
    engines: Vec<Engine>,
    /// Checks that it runs; the times mean nothing and are not kept
    #[arg(long)]
    quick: bool,
}

/// Measures each part on each engine.
pub fn run(arguments: &Arguments) -> Result<()> {
    bench::run(&Workshop::open()?, &arguments.parts, &arguments.engines, arguments.quick)
}
