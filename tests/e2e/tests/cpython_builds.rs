//! Other builds of CPython than the one that the rest tests: with threads, and a later patch release. Nothing that passes
//! with the stock trampoline fails with ours.

use std::process::ExitCode;

use anyhow::{Result, ensure};
use e2e::{
    Bench, OURS,
    cases::{self, Case},
    trial,
};
use libtest_mimic::Trial;
use xtask::{
    build::{
        cpython::{Cpython, Kind},
        link::Link,
        python::Run,
    },
    commands::cpython_tests::{MODULES, compare, table},
    engines,
};

/// What starts threads.
const THREADED: [&str; 4] =
    ["test.test_thread", "test.test_threading", "test.test_threading_local", "test.test_queue"];

fn main() -> ExitCode {
    e2e::run(trials())
}

fn trials() -> Result<Vec<Trial>> {
    let mut trials = Vec::new();
    if e2e::every_cell() {
        for node in engines::oldest_and_newest_node()? {
            for (kind, modules) in [(Kind::Threads, &THREADED[..]), (Kind::Later, &MODULES)] {
                trials.push(trial(format!("nothing_is_lost{}::node-{node}", kind.name()), move |bench| {
                    nothing_is_lost(bench, kind, node, modules)
                }));
            }
        }
        for case in cases::distinct()? {
            trials.push(trial(format!("mismatched-later::{case}"), move |bench| mismatched(bench, case)));
        }
    }
    Ok(trials)
}

fn nothing_is_lost(bench: &Bench, kind: Kind, node: u32, modules: &[&str]) -> Result<()> {
    let rows = compare(&bench.workshop, kind, node, modules)?;
    eprintln!("{}", table(&rows));
    for row in &rows {
        ensure!(row.ours + row.skipped > 0, "{}: no test ran", row.module);
        ensure!(row.ended[0], "{}: the interpreter crashed", row.module);
        ensure!(row.lost.is_empty(), "{}: {:?}", row.module, row.lost);
    }
    Ok(())
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
