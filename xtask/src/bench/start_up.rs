//! `cargo xtask snapshot measure`: start-up and restoring, as ratios of times of one run.

use std::{
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, Result};
use duct::{Expression, cmd};
use serde::Deserialize;

use crate::{
    bench::{record::cpu, stats::median},
    build::{
        python::Run,
        snapshot::{Embedder, describe, take},
    },
    engines,
    tools::node,
};

/// A file of its own: the user's snapshot stays.
const MEASURED: &str = "measured.snapshot";

/// Milliseconds from the start of a fresh process to Python's first statement.
#[derive(Clone, Copy, Debug)]
pub struct StartUp {
    /// Started and imported, with the modules' bytecode cached by an earlier run.
    pub cold: f64,
    /// The same without that cache: what was imported is compiled.
    pub uncached: f64,
    /// Restored from the snapshot.
    pub restored: f64,
}

/// Measures both in turn, in fresh processes; medians.
pub fn measure(
    embedder: Embedder<'_>,
    run: &Run,
    file: &Path,
    imports: &[String],
    times: u32,
) -> Result<StartUp> {
    let source = format!("import {}\nimport time\nprint(time.time())", imports.join(", "));
    let no_cache = "import sys\nsys.dont_write_bytecode = True\nsys.pycache_prefix = '/nowhere'\n";
    let commands = [
        embedder.cold(run, &source)?,
        embedder.cold(run, &format!("{no_cache}{source}"))?,
        embedder.restore(run, file, &source)?,
    ];
    // Fills the cache.
    commands[0].read()?;
    let mut samples = [const { Vec::new() }; 3];
    for _ in 0..times {
        for (list, command) in samples.iter_mut().zip(&commands) {
            list.push(until_first_statement(command)?);
        }
    }
    let [cold, uncached, restored] = samples;
    Ok(StartUp { cold: median(cold)?, uncached: median(uncached)?, restored: median(restored)? })
}

fn until_first_statement(command: &Expression) -> Result<f64> {
    let start = SystemTime::now().duration_since(UNIX_EPOCH)?;
    let text = command.read()?;
    let first: f64 = text.trim().parse().with_context(|| format!("a time, not {text}"))?;
    Ok((first - start.as_secs_f64()) * 1000.0)
}

/// Milliseconds for the same pages, each into a fresh instance of one process.
#[derive(Debug, Deserialize)]
pub struct Restore {
    /// Copied, and nothing else.
    pub copy: Vec<f64>,
    /// By `restoreSnapshot`, of a snapshot that was inspected before.
    pub restore: Vec<f64>,
}

impl Restore {
    /// Measures both in turn.
    pub fn measure(embedder: Embedder<'_>, run: &Run, file: &Path, times: u32) -> Result<Self> {
        let workshop = embedder.workshop;
        let program = node::program(&workshop.home, &workshop.pins, run.node)?;
        let script = workshop.root.join("benches/js/restore.mjs");
        let text = cmd!(program, "--no-warnings", script, &run.folder, file, times.to_string())
            .env("PYEM_LIB", embedder.cpython.source.join("Lib"))
            .read()?;
        serde_json::from_str(&text).with_context(|| format!("parse {text}"))
    }

    /// The median of restoring as a multiple of copying, of the same round.
    pub fn ratio(&self) -> Result<f64> {
        median(self.restore.iter().zip(&self.copy).map(|(restore, copy)| restore / copy).collect())
    }
}

/// Measures and prints the table.
pub fn print(embedder: Embedder<'_>, run: &Run, imports: &[String], times: u32) -> Result<()> {
    let file = &take(embedder, run, MEASURED, imports)?;
    print!("{}", describe(file)?);
    println!("\nTo the first Python statement with {} imported, and restoring beside", imports.join(", "));
    println!("copying the same pages: milliseconds, medians of {times}.\n");
    println!("Cold with the modules' bytecode cached, and without.\n");
    println!(
        "| Node | cold | no bytecode | restored | cold ÷ restored | no bytecode ÷ restored | copy | restore | restore ÷ copy |"
    );
    println!(
        "| ---- | ---- | ----------- | -------- | --------------- | ---------------------- | ---- | ------- | -------------- |"
    );
    for node in engines::nodes()? {
        let run = Run { node, ..run.clone() };
        let StartUp { cold, uncached, restored } = measure(embedder, &run, file, imports, times)?;
        let times = Restore::measure(embedder, &run, file, times)?;
        let ratio = times.ratio()?;
        let (copy, restore) = (median(times.copy)?, median(times.restore)?);
        println!(
            "| {node} | {cold:.0} | {uncached:.0} | {restored:.0} | {:.1} | {:.1} | {copy:.1} | {restore:.1} | {ratio:.2} |",
            cold / restored,
            uncached / restored
        );
    }
    println!("\nCPU: {}", cpu()?);
    Ok(())
}
