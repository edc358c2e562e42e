//! `cargo xtask`: the one door. `cargo xtask --help` lists what there is.

use std::{
    panic,
    process::{ExitCode, exit},
};

use clap::Parser;
use xtask::commands::Cli;

/// What shells report of a program that SIGPIPE ended.
const NOBODY_READS: i32 = 141;

fn main() -> ExitCode {
    // `println!` panics where nobody reads on, as behind `| head`.
    let report = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        let message = panic.payload_as_str().unwrap_or_default();
        if message.starts_with("failed printing to std") && message.contains("Broken pipe") {
            exit(NOBODY_READS);
        }
        report(panic);
    }));
    match Cli::parse().command.run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
