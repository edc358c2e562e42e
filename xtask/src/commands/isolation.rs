//! `cargo xtask isolation`: many calls of a pool that leave something behind, what the next ones find, and what grows.

use std::{
    ffi::OsString,
    fs,
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, Result, ensure};
use duct::cmd;
use serde_json::{Value, json};

use crate::{
    Workshop,
    bench::record::Record,
    build::{cpython::Cpython, pool},
    tools::node::{self, TOOLS_NODE},
};

/// What is kept, beside the pages about pools.
const RECORD: &str = "docs/isolation.json";

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Calls, of which every other one looks for what the one before has left behind
    #[arg(long, default_value_t = 10_000)]
    calls: u32,
    /// Calls, before and after which the memory of the process is measured
    #[arg(long, default_value_t = 100_000)]
    growth: u32,
    /// The major version of Node
    #[arg(long, default_value_t = TOOLS_NODE)]
    node: u32,
    /// Repeats a run; a failure names it
    #[arg(long)]
    seed: Option<u64>,
}

/// Fails at the first call that finds something; else writes the record.
pub fn run(arguments: &Arguments) -> Result<()> {
    let Arguments { calls, growth, node, seed } = *arguments;
    let workshop = Workshop::open()?;
    let folder = pool::build(&workshop, &Cpython::build(&workshop)?)?;
    let program = node::program(&workshop.home, &workshop.pins, node)?;
    let driver = workshop.root.join("tests/e2e/js/pool.mjs");
    let seed = match seed {
        Some(seed) => seed,
        None => SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs() % 1_000_000,
    };
    let case = |name: &str, given: &[String]| -> Result<Value> {
        let arguments = [
            &[driver.clone().into(), folder.clone().into(), name.into()],
            &given.iter().map(Into::into).collect::<Vec<OsString>>()[..],
        ]
        .concat();
        let text = cmd(&program, arguments).read()?;
        serde_json::from_str(&text).with_context(|| format!("parse {text}"))
    };
    let left = case("left-behind", &[seed.to_string(), (calls / 2).to_string()])?;
    ensure!(left["differing"] == 0, "{left}");
    let grown = case("growth", &[growth.to_string()])?;
    for what in ["handles", "table", "wasm memory"] {
        ensure!(grown["before"][what] == grown["after"][what], "{what}: {grown}");
    }
    let version = &workshop.pins.node[&node.to_string()];
    let Record { date, commit, cpu, .. } =
        Record::new(&workshop, "isolation", "Node", version, "default", "calls")?;
    let record = json!({
        "engine": format!("Node {version}"), "date": date, "commit": commit, "cpu": cpu,
        "seed": seed, "left behind": left, "growth": grown,
    });
    let file = workshop.root.join(RECORD);
    let text = serde_json::to_string_pretty(&record)?;
    fs::write(&file, format!("{text}\n"))?;
    println!("{text}\n{}", file.display());
    Ok(())
}
