//! Other builds of CPython than the one that the rest tests: with threads, and a later patch release. Nothing that passes
//! with the stock trampoline fails with ours.

use std::{collections::BTreeMap, process::ExitCode};

use anyhow::{Result, ensure};
use e2e::{
    Bench, NODE, OURS,
    cases::{self, Case},
    record::{self, Counts},
    trial,
};
use libtest_mimic::Trial;
use xtask::{
    build::{
        cpython::{Cpython, Kind},
        link::Link,
        python::Run,
    },
    commands::cpython_tests::{compare, table},
    engines,
};

/// What starts threads.
const THREADED: [&str; 4] =
    ["test.test_thread", "test.test_threading", "test.test_threading_local", "test.test_queue"];

/// Those of [`MODULES`](xtask::commands::cpython_tests::MODULES) whose tests call methods and attributes most.
const METHODS: [&str; 6] = [
    "test.test_descr",
    "test.test_call",
    "test.test_capi.test_getargs",
    "test.test_capi.test_structmembers",
    "test.test_property",
    "test.test_class",
];

fn main() -> ExitCode {
    e2e::run(trials())
}

fn trials() -> Result<Vec<Trial>> {
    let mut trials = Vec::new();
    if e2e::every_cell() {
        for (kind, _) in BUILDS {
            for node in nodes(kind)? {
                trials.push(trial(format!("nothing_is_lost{}::node-{node}", kind.name()), move |bench| {
                    nothing_is_lost(bench, kind, node)
                }));
            }
        }
        for case in cases::distinct()? {
            trials.push(trial(format!("mismatched-later::{case}"), move |bench| mismatched(bench, case)));
        }
    }
    trials.push(trial("documentation", documentation));
    Ok(trials)
}

const PREFIX: &str = "builds";
/// The builds, and the modules of CPython's own tests that run in each.
const BUILDS: [(Kind, &[&str]); 2] = [(Kind::Threads, &THREADED), (Kind::Later, &METHODS)];

/// Threads differ with the Node; the later release is compared on one, as `cpython.rs` does with the usual one.
fn nodes(kind: Kind) -> Result<Vec<u32>> {
    Ok(match kind {
        Kind::Threads => engines::oldest_and_newest_node()?.into(),
        _ => vec![NODE],
    })
}

fn cell(kind: Kind, node: u32, module: &str) -> String {
    format!("{PREFIX}{}::{module}::node-{node}", kind.name())
}

/// What a cell depends on.
fn versions(bench: &Bench, kind: Kind) -> String {
    let cpython = &kind.pins(&bench.workshop).version;
    format!("CPython {cpython}, emscripten {}", bench.workshop.pins.emscripten.version)
}

fn nothing_is_lost(bench: &Bench, kind: Kind, node: u32) -> Result<()> {
    let modules = BUILDS.into_iter().find(|(each, _)| *each == kind).map_or(&[][..], |(_, modules)| modules);
    let rows = compare(&bench.workshop, kind, node, modules)?;
    eprintln!("{}", table(&rows));
    for row in &rows {
        ensure!(row.ours + row.skipped > 0, "{}: no test ran", row.module);
        ensure!(row.ended[0], "{}: the interpreter crashed", row.module);
        ensure!(row.lost.is_empty(), "{}: {:?}", row.module, row.lost);
        let counts = Counts { passed: row.ours, skipped: row.skipped, failed: Vec::new() };
        record::write(&bench.workshop, &cell(kind, node, &row.module), &versions(bench, kind), &counts)?;
    }
    Ok(())
}

/// docs/links.md has the table that follows from the record.
fn documentation(bench: &Bench) -> Result<()> {
    let mut listed = BTreeMap::new();
    for (kind, modules) in BUILDS {
        for node in nodes(kind)? {
            listed.extend(modules.iter().map(|module| (cell(kind, node, module), versions(bench, kind))));
        }
    }
    let record = record::cells(bench, PREFIX, &listed)?;
    let mut text = "| build | tests | passed with ours |\n| --- | --- | --- |\n".to_owned();
    for (kind, modules) in BUILDS {
        let build = match kind {
            Kind::Threads => "with threads".to_owned(),
            _ => kind.pins(&bench.workshop).version.clone(),
        };
        for module in modules {
            let mut passed = Vec::new();
            for node in nodes(kind)? {
                let Some(counts) = record.get(&cell(kind, node, module)) else { continue };
                ensure!(counts.passed + counts.skipped > 0, "{module}");
                passed.push(format!("{} on Node {node}", counts.passed));
            }
            let passed = if passed.is_empty() { "not run yet".to_owned() } else { passed.join(", ") };
            text += &format!("| {build} | `{module}` | {passed} |\n");
        }
    }
    record::table(bench, "builds", &text)
}

/// What `mismatched.rs` shows of the usual CPython.
fn mismatched(bench: &Bench, case: Case) -> Result<()> {
    let cpython = Cpython::build_as(&bench.workshop, Kind::Later)?;
    let file = bench.sources().join("mismatched.c");
    let link = Link::new("mismatched-later", OURS).extension("mismatched", &[file]);
    let folder = link.build(&bench.workshop, &cpython, &bench.archive)?;
    let run = Run { library: Some(cpython.source.join("Lib")), ..case.run(&folder) };
    bench.run_test(&run, "test_mismatched.py", case.live.name())
}
