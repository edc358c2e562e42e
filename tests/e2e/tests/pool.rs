//! Pools: a call that does what it can to leave something behind, and the next call, which finds nothing.

use std::{path::PathBuf, process::ExitCode, time::SystemTime};

use anyhow::{Context, Result, ensure};
use duct::cmd;
use e2e::{Bench, Once, trial};
use libtest_mimic::Trial;
use serde_json::Value;
use xtask::{build::pool, engines, tools::files::copy};

/// Calls after those that do one thing each.
const CALLS: u64 = 40;
/// Calls in the queue at once.
const LOAD: u64 = 200;
/// Calls before memory is compared with what it was after a tenth of them.
const GROWTH: u64 = 1500;
/// Resident memory of a process goes up and down by as much: garbage of V8.
const NOISE: u64 = 60_000_000;

fn main() -> ExitCode {
    e2e::run(trials())
}

fn trials() -> Result<Vec<Trial>> {
    let mut trials = Vec::new();
    for node in engines::nodes()? {
        trials.push(trial(format!("left_behind::node-{node}"), move |bench| left_behind(bench, node)));
    }
    for node in engines::oldest_and_newest_node()? {
        for case in ["codes", "values", "space", "random"] {
            trials.push(trial(format!("{case}::node-{node}"), move |bench| {
                run(bench, node, case, &[]).map(drop)
            }));
        }
        trials.push(trial(format!("load::node-{node}"), move |bench| load(bench, node)));
        trials.push(trial(format!("growth::node-{node}"), move |bench| growth(bench, node)));
    }
    Ok(trials)
}

/// The interpreter, and its glue code with a function that ends the worker.
fn folder(bench: &Bench) -> Result<&PathBuf> {
    static FOLDER: Once<PathBuf> = Once::new();
    FOLDER.get(|| {
        let folder = pool::build(&bench.workshop, &bench.cpython)?;
        copy(&bench.workshop.root.join("tests/e2e/js/deadly.mjs"), &folder.join("deadly.mjs"))?;
        Ok(folder)
    })
}

/// Runs a case of `pool.mjs`.
fn run(bench: &Bench, node: u32, case: &str, numbers: &[u64]) -> Result<Value> {
    let driver = bench.workshop.root.join("tests/e2e/js/pool.mjs");
    let mut arguments = vec!["--no-warnings".into(), driver.into_os_string(), folder(bench)?.into()];
    arguments.push(case.into());
    arguments.extend(numbers.iter().map(|number| number.to_string().into()));
    let text = cmd(bench.node(node)?, arguments).read()?;
    serde_json::from_str(&text).with_context(|| format!("parse {text}"))
}

/// Another one each time: a failure names it.
fn seed() -> Result<u64> {
    Ok(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs() % 1_000_000)
}

fn left_behind(bench: &Bench, node: u32) -> Result<()> {
    let seen = run(bench, node, "left-behind", &[seed()?, CALLS])?;
    let number = |name: &str| seen[name].as_u64().with_context(|| format!("{name} of {seen}"));
    ensure!(number("actions")? > 30, "{seen}");
    // Most instances are set back, and not replaced, or this would show nothing.
    ensure!(number("setBack")? * 2 > number("calls")?, "{seen}");
    ensure!(seen["codes"]["value"].as_u64() > Some(10), "{seen}");
    Ok(())
}

fn load(bench: &Bench, node: u32) -> Result<()> {
    let seen = run(bench, node, "load", &[seed()?, LOAD])?;
    ensure!(seen["answers"] == LOAD && seen["hostile"].as_u64() > Some(0), "{seen}");
    Ok(())
}

fn growth(bench: &Bench, node: u32) -> Result<()> {
    let seen = run(bench, node, "growth", &[GROWTH])?;
    ensure!(seen["before"]["handles"] == seen["after"]["handles"], "{seen}");
    let memory = |when: &str| seen[when]["memory"].as_u64().context("memory");
    ensure!(memory("after")? < memory("before")? + NOISE, "{seen}");
    ensure!(seen["replaced"] == serde_json::json!({}), "{seen}");
    Ok(())
}
