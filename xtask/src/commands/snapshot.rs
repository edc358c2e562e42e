//! `cargo xtask snapshot`: takes and inspects snapshots of the demo's interpreter.

use std::path::PathBuf;

use anyhow::Result;
use clap::Subcommand;

use crate::{
    Workshop,
    build::{
        cpython::Cpython,
        interpreter,
        python::Run,
        snapshot::{self, Embedder},
    },
    tools::node::TOOLS_NODE,
};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// The major version of Node
    #[arg(long, default_value_t = TOOLS_NODE)]
    node: u32,
    /// Modules to import before it is taken
    #[arg(long = "import", value_name = "MODULE", value_delimiter = ',', default_values = snapshot::IMPORTS)]
    imports: Vec<String>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Reports what is in a snapshot
    Inspect {
        /// The file
        file: PathBuf,
    },
}

pub fn run(arguments: &Arguments) -> Result<()> {
    match &arguments.command {
        Some(Command::Inspect { file }) => print!("{}", snapshot::describe(file)?),
        None => {
            let file = take(arguments.node, &arguments.imports)?;
            print!("{}", snapshot::describe(&file)?);
            println!("{}", file.display());
        }
    }
    Ok(())
}

fn take(node: u32, imports: &[String]) -> Result<PathBuf> {
    let workshop = Workshop::open()?;
    let cpython = Cpython::build(&workshop)?;
    let run = Run::new(&interpreter::build(&workshop, &cpython)?, node);
    let embedder = Embedder { workshop: &workshop, cpython: &cpython };
    snapshot::take(embedder, &run, snapshot::FILE, imports)
}
