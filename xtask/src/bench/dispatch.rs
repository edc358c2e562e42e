//! Dispatch as a ratio to a correctly typed `call_indirect` of the same run.

use std::{collections::BTreeMap, path::Path};

use anyhow::{Context, Result, ensure};

use crate::{
    Workshop, archive,
    cpython::Cpython,
    link::{Link, Trampoline, Way},
    python::Run,
    stats::median,
};

/// The interpreters that are compared.
const TRAMPOLINES: [(&str, Trampoline); 2] =
    [("ours", Trampoline::Ours(Way::ArchiveFirst)), ("stock 3.13", Trampoline::Stock)];
/// The engines with their forced paths, for ours.
const ENGINES: [(u32, Option<&str>); 7] = [
    (20, None),
    (22, None),
    (24, None),
    (24, Some("probe")),
    (26, None),
    (26, Some("probe")),
    (26, Some("reflection")),
];

/// How long it takes.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Fresh processes of each interpreter, in turn.
    pub processes: u32,
    /// Rounds in each.
    pub rounds: u32,
    /// Calls in each round.
    pub calls: u32,
}

/// For numbers.
pub const FULL: Size = Size { processes: 3, rounds: 15, calls: 400_000 };
/// For a test that it runs: results are checked, times mean nothing.
pub const QUICK: Size = Size { processes: 1, rounds: 2, calls: 2_000 };

/// Nanoseconds per call, by kind.
type Samples = BTreeMap<String, Vec<f64>>;

/// One line of the table: medians of the ratios to `direct` of the same round.
#[derive(Debug)]
pub struct Row {
    /// Node's major version.
    pub node: u32,
    /// Whose trampoline, and the forced path.
    pub name: String,
    /// Nanoseconds of a direct call.
    pub direct: f64,
    /// 16 callees of two parameters in turn.
    pub same: f64,
    /// 16 callees of 0 to 3 parameters in turn.
    pub mixed: f64,
    /// As `same`, from a call site as CPython 3.13 has it.
    pub call_site: f64,
}

/// Measures; the rows are in the order of the table.
pub fn measure(workshop: &Workshop, size: Size) -> Result<Vec<Row>> {
    let cpython = Cpython::build(workshop)?;
    let archive = archive::build(workshop)?;
    let source = workshop.root.join("benches/c/dispatch.c");
    let mut folders = Vec::new();
    for (name, trampoline) in TRAMPOLINES {
        let link = Link::new(&format!("bench-{name}").replace(' ', "-"), trampoline);
        let folder =
            link.extension("dispatch", std::slice::from_ref(&source)).build(workshop, &cpython, &archive)?;
        folders.push((name, folder));
    }
    let mut rows = Vec::new();
    for (node, path) in ENGINES {
        let runs: Vec<_> = folders
            .iter()
            .filter(|(name, _)| path.is_none() || *name == "ours")
            .map(|(name, folder)| {
                let mut run = Run::new(folder, node);
                run.path = path.map(str::to_owned);
                (*name, run)
            })
            .collect();
        let mut all: BTreeMap<&str, Samples> = BTreeMap::new();
        for _ in 0..size.processes {
            for (name, run) in &runs {
                let samples = sample(workshop, &cpython, run, size)?;
                for (kind, times) in samples {
                    all.entry(name).or_default().entry(kind).or_default().extend(times);
                }
            }
        }
        for (name, _) in &runs {
            let samples = &all[name];
            let ratio = |kind: &str| -> Result<f64> {
                let pairs = samples[kind].iter().zip(&samples["direct"]);
                median(pairs.map(|(time, direct)| time / direct).collect())
            };
            rows.push(Row {
                node,
                name: path.map_or((*name).to_owned(), |path| format!("{name}, {path}")),
                direct: median(samples["direct"].clone())?,
                same: ratio("same")?,
                mixed: ratio("mixed")?,
                call_site: ratio("call site")?,
            });
        }
    }
    Ok(rows)
}

/// Measures and prints the table.
pub fn print(workshop: &Workshop, size: Size) -> Result<()> {
    let rows = measure(workshop, size)?;
    println!("Dispatch of a warm slot, 16 callees in turn, as a ratio to a typed call_indirect of");
    println!("the same round (median of {} rounds of {} calls).", size.processes * size.rounds, size.calls);
    println!();
    println!("| Node | trampoline | direct, ns | two parameters | 0 to 3 parameters | call site of 3.13 |");
    println!("|---|---|---|---|---|---|");
    for row in rows {
        let Row { node, name, direct, same, mixed, call_site } = row;
        println!("| {node} | {name} | {direct:.2} | {same:.2} | {mixed:.2} | {call_site:.2} |");
    }
    println!();
    println!("CPU: {}", cpu(Path::new("/proc/cpuinfo")));
    Ok(())
}

fn sample(workshop: &Workshop, cpython: &Cpython, run: &Run, size: Size) -> Result<Samples> {
    let script = workshop.root.join("benches/dispatch.py");
    let arguments = [script.into_os_string(), size.rounds.to_string().into(), size.calls.to_string().into()];
    let text = run.command(workshop, cpython, arguments)?.read().with_context(|| format!("{run:?}"))?;
    let samples: Samples = serde_json::from_str(&text).with_context(|| format!("parse {text}"))?;
    let complete = samples.values().all(|times| times.len() == size.rounds as usize);
    ensure!(complete && samples.len() == 4, "not every round was measured: {text}");
    Ok(samples)
}

fn cpu(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let model = text.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    model.map_or("unknown".to_owned(), |(_, name)| name.to_owned())
}
