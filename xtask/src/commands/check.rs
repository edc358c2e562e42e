//! `cargo xtask check`: whose trampoline is in a linked program.

use std::{
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use anyhow::Result;

use crate::build::check::Linked;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The program; its glue code is the .mjs or .js file of the same name
    #[arg(value_name = "FILE.wasm")]
    wasm: PathBuf,
}

pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let linked = Linked::read(&arguments.wasm)?;
    // Whoever reads it may stop before its end.
    write!(io::stdout(), "{linked}")?;
    Ok(if linked.advice().is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
