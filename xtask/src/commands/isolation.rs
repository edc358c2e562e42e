//! `cargo xtask isolation`: many calls of a pool that leave something behind, what the next ones find, and what grows.

use std::{
    ffi::OsString,
    fs,
    path::Path,
    thread,
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, Result, anyhow, ensure};
use duct::cmd;
use serde_json::{Value, json};

use crate::{
    Workshop,
    bench::record::Record,
    build::{cpython::Cpython, pool},
    tools::{
        javascript, markdown,
        node::{self, TOOLS_NODE},
    },
};

/// What is kept, beside the page that has a table of it.
const RECORD: &str = "docs/isolation.json";
const PAGE: &str = "docs/pool.md";

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

/// Resident memory of a process goes up and down by as much: garbage of V8.
pub const NOISE: u64 = 60_000_000;

/// At once: the calls that leave something behind are divided among them, each with a seed of its own.
const PROCESSES: u32 = 4;

/// Numbers of the same name are added up, but for sizes, which are those of each instance.
fn summed(all: &[Value]) -> Value {
    let mut names: Vec<&String> =
        all.iter().filter_map(Value::as_object).flat_map(|object| object.keys()).collect();
    names.sort();
    names.dedup();
    let sum = |name: &String| {
        let values: Vec<Value> = all.iter().filter_map(|one| one.get(name)).cloned().collect();
        match &values[..] {
            [first, ..] if first.is_object() => summed(&values),
            [first, ..] if ["actions", "memorySize", "tableLength"].contains(&name.as_str()) => first.clone(),
            _ => json!(values.iter().filter_map(Value::as_u64).sum::<u64>()),
        }
    };
    names.iter().map(|name| ((*name).clone(), sum(name))).collect()
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
    let (left, grown) = thread::scope(|scope| {
        let each = (calls / 2).div_ceil(PROCESSES).to_string();
        let case = &case;
        let runs: Vec<_> = (seed..)
            .take(PROCESSES as usize)
            .map(|seed| {
                let given = [seed.to_string(), each.clone()];
                scope.spawn(move || case("left-behind", &given))
            })
            .collect();
        let grown = case("growth", &[growth.to_string()])?;
        let left = runs.into_iter().map(|run| run.join().map_err(|_| anyhow!("a thread panicked"))?);
        anyhow::Ok((left.collect::<Result<Vec<Value>>>()?, grown))
    })?;
    let left = summed(&left);
    ensure!(left["differing"] == 0, "{left}");
    for what in ["handles", "table", "wasm memory"] {
        ensure!(grown["before"][what] == grown["after"][what], "{what}: {grown}");
    }
    let memory = |when: &str| grown[when]["process memory"].as_u64().context("memory");
    ensure!(memory("after")? < memory("before")? + NOISE, "{grown}");
    let version = &workshop.pins.node[&node.to_string()];
    let Record { date, commit, cpu, .. } =
        Record::new(&workshop, "isolation", "Node", version, "default", "calls")?;
    let record = json!({
        "engine": format!("Node {version}"), "date": date, "commit": commit, "cpu": cpu,
        "seeds": (seed..).take(PROCESSES as usize).collect::<Vec<_>>(), "left behind": left, "growth": grown,
    });
    let file = workshop.root.join(RECORD);
    let text = serde_json::to_string_pretty(&record)?;
    fs::write(&file, format!("{text}\n"))?;
    println!("{text}\n{}", file.display());
    markdown::replace(&workshop.root.join(PAGE), "isolation", &table(&workshop.root)?)?;
    javascript::format(&workshop, &[PAGE, RECORD])
}

/// The record in Markdown, as docs/pool.md has it.
pub fn table(root: &Path) -> Result<String> {
    let record: Value = serde_json::from_str(&fs::read_to_string(root.join(RECORD))?)?;
    let number = |path: &str| {
        record.pointer(path).and_then(Value::as_u64).with_context(|| format!("{RECORD} has no {path}"))
    };
    let replaced = record["left behind"]["replaced"].as_object().context("replaced")?;
    let replaced: u64 = replaced.values().filter_map(Value::as_u64).sum();
    let mut text = format!(
        "On {}, {}, {} actions, alone and up to four in a call:\n\n\
         | | |\n| --- | --- |\n\
         | calls, every other of which looks for what is left | {} |\n\
         | instances that were set back and compared: memory, function table, globals | {} |\n\
         | words, slots and globals that differed | {} |\n\
         | instances that were replaced | {replaced} |\n\n\
         | {} calls of one instance | after a tenth of them | half later | at the end |\n\
         | --- | --- | --- | --- |\n",
        record["engine"].as_str().context("engine")?,
        record["date"].as_str().context("date")?,
        number("/left behind/actions")?,
        number("/left behind/calls")?,
        number("/left behind/setBack")?,
        number("/left behind/differing")?,
        number("/growth/calls")?,
    );
    for (what, unit) in [
        ("process memory", "memory of the process, bytes"),
        ("wasm memory", "memory of WebAssembly, bytes"),
        ("table", "slots of the function table"),
        ("handles", "open handles of the process"),
    ] {
        text += &format!("| {unit} |");
        for when in ["before", "halfway", "after"] {
            text += &format!(" {} |", number(&format!("/growth/{when}/{what}"))?);
        }
        text.push('\n');
    }
    Ok(text)
}
