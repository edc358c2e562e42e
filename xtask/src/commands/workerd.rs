//! `cargo xtask workerd`: CPython in Cloudflare's runtime.

use anyhow::Result;

use crate::{
    Workshop,
    build::{cpython::Cpython, workerd::Site},
};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Makes so many requests, 50 at a time, and ends
    #[arg(long)]
    requests: Option<u32>,
    /// Gives each of them a fresh Python
    #[arg(long, requires = "requests")]
    fresh: bool,
}

/// Starts the Worker; measures it or lets it run.
pub fn run(arguments: &Arguments) -> Result<()> {
    let mut workshop = Workshop::open()?;
    let cpython = Cpython::build(&workshop)?;
    let site = Site::build(&workshop, &cpython)?;
    workshop.unlock();
    let server = site.serve()?;
    println!("start to first answer: {:.0} ms", server.start_up.as_secs_f64() * 1000.0);
    if let Some(requests) = arguments.requests {
        let rate = server.load(requests, 50, arguments.fresh)?;
        let whose = if arguments.fresh { "each in a fresh Python" } else { "all in one Python" };
        println!("{requests} requests, 50 at a time, {whose}: {rate:.0} a second");
        return Ok(());
    }
    println!("{0}/?number=7 and {0}/fresh?number=7, until Ctrl-C", server.address);
    server.wait()
}
