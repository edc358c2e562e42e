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
        println!("{requests} requests, 50 at a time: {:.0} a second", server.load(requests, 50)?);
        return Ok(());
    }
    println!("{}/?number=7, until Ctrl-C", server.address);
    server.wait()
}
