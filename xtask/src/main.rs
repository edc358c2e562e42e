//! `cargo xtask`: the one door. `cargo xtask --help` lists what there is.

use std::process::ExitCode;

use clap::Parser;
use xtask::commands::Cli;

fn main() -> ExitCode {
    match Cli::parse().command.run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
