//! `cargo xtask dist`: what is published.

use anyhow::Result;

use crate::{
    Workshop,
    build::{archive, cpython::Cpython, npm, page},
};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Leaves the page out
    #[arg(long)]
    no_page: bool,
}

pub fn run(arguments: &Arguments) -> Result<()> {
    let workshop = Workshop::open()?;
    println!("{}", archive::build(&workshop)?.display());
    println!("{}", npm::pack(&workshop)?.display());
    if !arguments.no_page {
        let (folder, bytes) = page::build(&workshop, &Cpython::build(&workshop)?)?;
        println!("{}: {bytes} bytes to download", folder.display());
    }
    Ok(())
}
