//! The trampoline attached to stock Pyodide: each pair of a version and an engine is a test.

use std::process::ExitCode;

use anyhow::{Context, Result};
use e2e::{
    Bench, NODE, every_cell,
    stock::{Report, TOO_OLD, perform, selected, start, trial_of, versions},
    trial_beside,
};
use libtest_mimic::Trial;
use serde_json::{Value, json};
use xtask::{
    browser::driver::Browser,
    build::link::{Link, Trampoline},
    engines::{self, Ability, Engine, Entry, Path, Seen},
    tools::{
        pins::Pins,
        pyodide::{self, CURRENT, OLDER},
        pypi,
        workshop::project_root,
    },
};

fn main() -> ExitCode {
    e2e::run_at_once(trials(), |_| Ok(()))
}

fn trials() -> Result<Vec<Trial>> {
    let mut trials = vec![trial_beside("errors", errors)];
    for version in versions()? {
        for entry in engines::attached()? {
            let engine = entry.engine;
            if !selected(&version, engine)? {
                continue;
            }
            if entry.jspi == Ability::Yes {
                let version = version.clone();
                let name = format!("suspends::pyodide-{version}::{engine}");
                trials.push(trial_of(engine, name, move |bench| suspends(bench, &version, engine)));
            }
            for task in lives(engine, &version)? {
                let version = version.clone();
                let name = format!("{task}::pyodide-{version}::{engine}");
                trials.push(trial_of(engine, name, move |bench| {
                    perform(bench, &version, engine, None, task, &Value::Null).map(drop)
                }));
            }
            for start in starts(&entry) {
                // What a flag brings is the engine's.
                if start.flag.is_some() && version != CURRENT && !every_cell() {
                    continue;
                }
                let version = version.clone();
                let name = format!("pyodide-{version}::{engine}{}", start.name());
                trials.push(trial_of(engine, name, move |bench| paths(bench, &version, &start)));
            }
        }
    }
    for version in Pins::read(&project_root()?)?.pyodide_platforms.into_keys() {
        for node in engines::oldest_and_newest_node()? {
            if !selected(&version, Engine::Node(node))? {
                continue;
            }
            let name = format!("wheels::pyodide-{version}::node-{node}");
            let version = version.clone();
            trials.push(trial_beside(name, move |bench| {
                let wheels = pypi::pyodide_wheels(&bench.workshop, &bench.cpython.source, &version)?;
                let folder = pyodide::folder(&bench.workshop, &version)?;
                start(bench, Engine::Node(node), None, "wheels.mjs", &[folder, wheels]).map(drop)
            }));
        }
    }
    Ok(trials)
}

/// What is done with each Pyodide at the ends of what there is of Node, and in each browser with one Pyodide whose CPython asks
/// for the number of parameters and one whose CPython hands the call over.
fn lives(engine: Engine, version: &str) -> Result<&'static [&'static str]> {
    let nodes = engines::oldest_and_newest_node()?;
    Ok(match engine {
        Engine::Browser(_) if ![OLDER, CURRENT].contains(&version) => &[],
        // Its pages compile no more than 4 KB at once: no side module, but what attaches.
        Engine::Browser(Browser::Chromium112) => &["snapshots"],
        Engine::Browser(_) => &["lives", "snapshots"],
        Engine::Node(node) if nodes.contains(&node) => &["lives", "snapshots"],
        _ => &[],
    })
}

/// A way to start an engine, the path that is live then and those that can be forced.
#[derive(Clone, Debug)]
struct Start {
    engine: Engine,
    flag: Option<String>,
    default: Path,
    forced: Vec<Path>,
    jspi: bool,
}

impl Start {
    fn name(&self) -> &'static str {
        if self.flag.is_some() { "::flag" } else { "" }
    }
}

/// Without a flag and, where one brings another path, with it.
fn starts(entry: &Entry) -> Vec<Start> {
    let without = Path::ALL.into_iter().filter(|&path| *entry.path(path) == Ability::Yes).collect();
    let start = Start {
        engine: entry.engine,
        flag: None,
        default: entry.default_path(),
        forced: without,
        jspi: entry.jspi == Ability::Yes,
    };
    let mut starts = vec![start.clone()];
    if let Ability::Flag(flag) = entry.path(Path::Reflection) {
        let forced: Vec<Path> = entry.paths().collect();
        starts.push(Start { flag: Some(flag.clone()), default: forced[0], forced, ..start });
    }
    starts
}

fn names(paths: &[Path]) -> Vec<&'static str> {
    paths.iter().map(|path| path.name()).collect()
}

fn record(
    bench: &Bench,
    version: &str,
    engine: Engine,
    report: &Report,
    seen: impl FnOnce(&mut Seen),
) -> Result<()> {
    // As npm has it: Pyodide itself writes pre-releases another way.
    let pyodide = &bench.workshop.pins.pyodide[version];
    engines::record_attached(&bench.workshop, pyodide, &engine.label(), &report.version, seen)
}

/// One cell of the table of Pyodides and engines.
fn paths(bench: &Bench, version: &str, start: &Start) -> Result<()> {
    let expected = json!({
        "default": start.default.name(), "forced": names(&start.forced), "jspi": start.jspi,
    });
    let report = perform(bench, version, start.engine, start.flag.as_ref(), "everyPath", &expected)?;
    let default = report.text("path")?;
    let forced = report.seen["forced"].as_array().context("no paths")?;
    record(bench, version, start.engine, &report, |known| {
        if start.flag.is_none() {
            known.path = default.to_owned();
        }
        for path in forced.iter().filter_map(Value::as_str) {
            known.force(path);
        }
        if !start.jspi {
            known.jspi = "no".to_owned();
        }
    })
}

fn suspends(bench: &Bench, version: &str, engine: Engine) -> Result<()> {
    let expected = json!({ "forced": names(&[Path::WasmGc, Path::Probe]) });
    let report = perform(bench, version, engine, None, "suspends", &expected)?;
    let jspi = report.text("jspi")?;
    record(bench, version, engine, &report, |known| known.jspi = jspi.to_owned())
}

/// What cannot be attached to: among them an interpreter of the project's own that was linked as it comes.
fn errors(bench: &Bench) -> Result<()> {
    let link = Link::new("attach-other", Trampoline::Stock);
    let other = link.build(&bench.workshop, &bench.cpython, &bench.archive)?;
    let folders =
        [pyodide::folder(&bench.workshop, CURRENT)?, pyodide::folder(&bench.workshop, TOO_OLD[1])?, other];
    start(bench, Engine::Node(NODE), None, "errors.mjs", &folders).map(drop)
}
