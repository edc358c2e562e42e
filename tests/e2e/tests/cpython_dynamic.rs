//! CPython with dynamic linking.

use std::process::ExitCode;

use anyhow::Result;
use e2e::trial;
use libtest_mimic::Trial;
use xtask::build::cpython::{Cpython, Kind};

fn main() -> ExitCode {
    e2e::run(trials())
}

fn trials() -> Result<Vec<Trial>> {
    Ok([("dynamic", Kind::Dynamic), ("threads", Kind::Threads), ("later", Kind::Later)]
        .map(|(name, kind)| {
            trial(format!("builds::{name}"), move |bench| {
                Cpython::build_as(&bench.workshop, kind)?;
                Ok(())
            })
        })
        .into())
}
