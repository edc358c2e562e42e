//! What a fresh Python costs: a call in a pool, on each Node and in each browser.

use std::{
    fs,
    os::unix::fs::symlink,
    path::Path,
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use duct::cmd;

use super::{
    record::{Cases, Record},
    stats::{Spread, median},
};
use crate::{
    Workshop,
    browser::{driver::Browser, serve::Server, tab::with_page},
    build::{cpython::Cpython, pool, snapshot},
    engines::Engine,
    tools::{files::clear, node},
};

/// Calls of each kind.
pub const FULL: u32 = 300;
/// Enough to see that it runs.
pub const QUICK: u32 = 10;

/// The variant of all samples.
const CALL: &str = "pool.run('1+1')";
/// The case in which an instance is set back and then called.
const RESET: &str = "busy";

/// Measures, and returns a record of each engine.
pub fn measure(
    workshop: &Workshop,
    engines: &[Engine],
    rounds: u32,
    keep: impl Fn(&Record) -> Result<()>,
) -> Result<Vec<Record>> {
    let folder = pool::build(workshop, &Cpython::build(workshop)?)?;
    let mut records = Vec::new();
    for engine in engines {
        let (name, version, cases) = match engine {
            Engine::Node(node) => {
                let version = workshop.pins.node[&node.to_string()].clone();
                ("Node", version, in_node(workshop, &folder, *node, rounds)?)
            }
            Engine::Browser(browser) => {
                let (version, cases) = in_page(workshop, &folder, *browser, rounds)?;
                (browser.name(), version, cases)
            }
            Engine::Workerd | Engine::Deno | Engine::Bun => bail!("nothing is measured in {engine}"),
        };
        let mut record = Record::new(workshop, "pool", name, &version, "default", "ms")?;
        record.conditions.insert("imported".into(), snapshot::IMPORTS.join(", "));
        record.add(CALL, cases);
        keep(&record)?;
        records.push(record);
    }
    Ok(records)
}

fn in_node(workshop: &Workshop, folder: &Path, node: u32, rounds: u32) -> Result<Cases> {
    let program = node::program(&workshop.home, &workshop.pins, node)?;
    let script = workshop.root.join("benches/js/pool.mjs");
    let text = cmd!(program, "--no-warnings", script, folder, rounds.to_string()).read()?;
    serde_json::from_str(&text).with_context(|| format!("parse {text}"))
}

/// Milliseconds of a call behind one whose instance has to be set back: the median.
pub fn reset(workshop: &Workshop, folder: &Path, node: u32) -> Result<f64> {
    median(in_node(workshop, folder, node, QUICK)?.remove(RESET).context("calls behind others")?)
}

/// The same of a record of this engine.
pub fn recorded_reset(records: &[Record], engine: &str, version: &str) -> Result<Option<f64>> {
    let records = Record::of_part(records, "pool");
    let record = records.into_iter().find(|record| record.engine == engine && record.version == version);
    let samples = record.and_then(|record| record.samples.get(CALL)?.get(RESET));
    samples.map(|samples| median(samples.clone())).transpose()
}

/// In a page whose files lie as in the project.
fn in_page(workshop: &Workshop, folder: &Path, browser: Browser, rounds: u32) -> Result<(String, Cases)> {
    let site = workshop.home.join("bench/pool");
    clear(&site)?;
    fs::create_dir_all(&site)?;
    for part in ["npm", "benches"] {
        symlink(workshop.root.join(part), site.join(part))?;
    }
    symlink(folder, site.join("python"))?;
    let server = Server::start(&site, None)?;
    let address = format!("{}benches/js/pool.html?{rounds}", server.address);
    with_page(workshop, browser, async |page| {
        page.client.goto(&address).await?;
        let start = Instant::now();
        while page.client.title().await? == "running" {
            ensure!(start.elapsed() < Duration::from_secs(110), "it runs on");
            sleep(Duration::from_millis(200));
        }
        let text = page.text("body").await?;
        ensure!(page.client.title().await? == "measured", "{text}");
        Ok((page.version()?, serde_json::from_str(&text)?))
    })
}

/// What docs/pool.md shows of them.
pub fn short(records: &[Record]) -> Result<String> {
    let mut text = String::from(
        "| engine | idle | one after the other | a second | set back | reseed |\n| --- | --- | --- | --- | --- | --- |\n",
    );
    for record in Record::of_part(records, "pool") {
        let Record { engine, version, .. } = record;
        let [idle, busy, two, back, reseed] =
            ["idle", RESET, "two", "set back", "reseed"].map(|case| spread(record, case));
        let each_second = 1000.0 / two?.median;
        text += &format!(
            "| {engine} {version} | {} | {} | {each_second:.0} | {} | {} |\n",
            idle?, busy?, back?, reseed?
        );
    }
    Ok(text)
}

fn spread(record: &Record, case: &str) -> Result<Spread> {
    let samples = record.samples.get(CALL).and_then(|cases| cases.get(case));
    Spread::of(samples.with_context(|| format!("{case} of {}", record.engine))?.clone())
}

/// One row for each engine.
pub fn table(records: &[Record]) -> Result<String> {
    let mut text = String::from(
        "Milliseconds of `pool.run('1+1')` in a fresh Python; median and the middle half.\n\n\
         | engine | idle pool | one call after the other | each, on two workers | calls a second | call | set back | of that, reseed |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    for record in Record::of_part(records, "pool") {
        let Record { engine, version, .. } = record;
        let spread = |case: &str| spread(record, case);
        let two = spread("two")?;
        let each_second = 1000.0 / two.median;
        text += &format!(
            "| {engine} {version} | {} | {} | {two} | {each_second:.0} | {} | {} | {} |\n",
            spread("idle")?,
            spread(RESET)?,
            spread("call")?,
            spread("set back")?,
            spread("reseed")?,
        );
    }
    Ok(text)
}
