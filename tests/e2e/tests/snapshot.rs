//! A snapshot of any engine and path is right on any other: each pair is a test.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, Result, ensure};
use duct::cmd;
use e2e::{
    Bench, NODE, OURS, Once, OnceEach,
    cases::{self, Case},
    every_cell, trial, trial_beside,
};
use libtest_mimic::Trial;
use serde_json::Value;
use xtask::{
    build::{
        link::{RUNTIME_METHODS, Trampoline},
        python::Run,
    },
    engines,
};

fn main() -> ExitCode {
    e2e::run_at_once(trials(), |_| Ok(()))
}

fn trials() -> Result<Vec<Trial>> {
    let mut trials = Vec::new();
    let places = cases::each_node_and_path()?;
    for taker in cases::distinct()? {
        // Each Node and path restores what the usual one took, and the usual one what each took.
        let usual = |case: Case| case.node == NODE && case.force.is_none();
        for &place in places.iter().filter(|&&place| usual(place) || usual(taker) || every_cell()) {
            trials.push(trial_beside(format!("taken::{taker}::restored::{place}"), move |bench| {
                restored(bench, taker, place)
            }));
        }
    }
    for (&taker, &place) in places.iter().zip(places.iter().rev()) {
        trials.push(trial_beside(format!("rewritten_after::{taker}::restored::{place}"), move |bench| {
            rewritten_after(bench, taker, place)
        }));
    }
    for &taker in &places {
        for &place in places.iter().filter(|&&place| place.node == NODE || every_cell()) {
            trials
                .push(trial_beside(format!("rewritten_before::{taker}::restored::{place}"), move |bench| {
                    rewritten_before(bench, taker, place)
                }));
        }
    }
    let reflection = places.iter().copied().filter(|place| place.live == engines::Path::Reflection);
    let default = places.iter().copied().filter(|place| place.node == NODE);
    let stock: Vec<Case> = reflection.chain(default).collect();
    for &taker in &stock {
        for &place in &stock {
            trials.push(trial(format!("stock::{taker}::restored::{place}"), move |bench| {
                stock_is_wrong_after_reflection(bench, taker, place)
            }));
        }
    }
    trials.push(trial_beside("refused::all", |bench| {
        let outcomes = OUTCOMES.get(|| refusals(bench))?;
        ensure!(outcomes.len() == REFUSED.len(), "{outcomes:?}");
        Ok(())
    }));
    for (name, code, message) in REFUSED {
        trials.push(trial_beside(format!("refused::{name}"), move |bench| {
            refused_and_usable(bench, name, code, message)
        }));
    }
    for node in engines::nodes()? {
        trials.push(trial_beside(format!("grown::node-{node}"), move |bench| grown(bench, node)));
    }
    Ok(trials)
}

/// Prints the live path.
const PATH: &str = "import mismatched\nprint(mismatched.live_path())\n";

/// The snapshot that an engine takes after `source`, unless it was taken before; and what was printed.
fn taken(bench: &Bench, folder: &Path, taker: Case, name: &str, source: &str) -> Result<(PathBuf, String)> {
    static TAKEN: OnceEach<String> = OnceEach::new();
    let name = format!("{name}-{taker}.snapshot").replace("::", "-");
    let file = bench.scratch(&name)?;
    let printed = TAKEN.get(&name, || {
        let text = bench.embedder().take(&taker.run(folder), &file, &format!("{PATH}{source}"))?.read()?;
        let (live, printed) = text.split_once('\n').unwrap_or((&text, ""));
        ensure!(live == taker.live.name(), "{taker}: {text}");
        Ok(printed.to_owned())
    })?;
    Ok((file, printed))
}

/// Runs one of the Python tests in a restored interpreter. The table does not grow.
fn test_restored(bench: &Bench, place: Case, folder: &Path, file: &Path, test: &str) -> Result<()> {
    let script = bench.sources().join(test).display().to_string();
    let source = format!(
        "import atexit, os, runpy, sys\n\
         os.environ['PYEM_EXPECT'] = {:?}\n\
         sys.argv = [{script:?}]\n\
         length = mismatched.table_length()\n\
         atexit.register(lambda: print('table grew by', mismatched.table_length() - length))\n\
         runpy.run_path({script:?}, run_name='__main__')\n",
        place.live.name()
    );
    let output = bench
        .embedder()
        .restore(&place.run(folder), file, &source)?
        .stderr_to_stdout()
        .stdout_capture()
        .unchecked()
        .run()?;
    let text = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.success(), "from {}: {text}", file.display());
    ensure!(text.contains("\nOK\n") && !text.contains("Ran 0 "), "{text}");
    ensure!(test != "test_mismatched.py" || text.contains("table grew by 0\n"), "{text}");
    Ok(())
}

fn restored(bench: &Bench, taker: Case, place: Case) -> Result<()> {
    let folder = bench.mismatched()?;
    // Calls on the taker's path come before, so that its cache is in the snapshot.
    let warm = "import asyncio, json, re, dataclasses, unittest\nmismatched.noargs1()\n";
    let (file, _) = taken(bench, &folder, taker, "matrix", warm)?;
    test_restored(bench, place, &folder, &file, "test_mismatched.py")
}

/// An interpreter whose slots C and JavaScript rewrite.
fn link_slots(bench: &Bench) -> Result<PathBuf> {
    let methods = format!("{RUNTIME_METHODS},addFunction,removeFunction");
    bench.link("snapshot-slots", OURS, &["mismatched", "slots"], &["-sALLOW_TABLE_GROWTH", &methods])
}

fn rewritten_after(bench: &Bench, taker: Case, place: Case) -> Result<()> {
    let folder = link_slots(bench)?;
    let (file, _) = taken(bench, &folder, taker, "rewritten-later", "")?;
    test_restored(bench, place, &folder, &file, "test_slots.py")
}

fn rewritten_before(bench: &Bench, taker: Case, place: Case) -> Result<()> {
    let folder = link_slots(bench)?;
    let script = |name: &str| {
        let path = bench.sources().join(name).display().to_string();
        format!("exec(open({path:?}).read())\n")
    };
    let before = bench.workshop.root.join("tests/e2e/js/slots-before.mjs");
    let (file, length) = taken(bench, &folder, taker, "rewritten-before", &script("fill_slots.py"))?;
    let restored = bench
        .embedder()
        .restore(&place.run(&folder), &file, &script("restored_slots.py"))?
        .env("PYEM_BEFORE", &before)
        .env("PYEM_SLOTS", length.trim())
        .read()?;
    ensure!(restored == format!("{} 12", place.live), "{restored}");
    Ok(())
}

/// CPython 3.13 keeps in memory what the engine can do, and in JavaScript what it does about it.
fn stock_is_wrong_after_reflection(bench: &Bench, taker: Case, place: Case) -> Result<()> {
    let folder = bench.link("stock-snapshot", Trampoline::Stock, &["mismatched"], &[])?;
    let source = "import mismatched\nprint(len(mismatched.noargs1()))";
    let file = bench.scratch("stock.snapshot")?;
    bench.embedder().take(&taker.run(&folder), &file, source)?.read()?;
    let restored = bench.embedder().restore(&place.run(&folder), &file, source)?;
    let output = restored.stderr_to_stdout().stdout_capture().unchecked().run()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let works = taker.live != engines::Path::Reflection;
    ensure!(output.status.success() == works, "{text}");
    ensure!(works || text.contains("PyEM_CountArgs is not a function"), "{text}");
    Ok(())
}

/// What `refuse.mjs` tries, the error's code, and what its message says.
const REFUSED: [(&str, &str, &str); 31] = [
    ("text", "not-a-snapshot", "pass what takeSnapshot returned"),
    ("nothing", "not-a-snapshot", "pass what takeSnapshot returned"),
    ("older", "other-version", "it has format 1, and this code reads 2: take a new snapshot"),
    ("newer", "other-version", "take a newer pyem-trampoline"),
    ("half", "truncated", "copy the file again"),
    ("flipped", "corrupt", "take a new snapshot"),
    ("foreign", "foreign-build", "take a new snapshot with this build"),
    ("longer table", "table-length", "call addFunction as often"),
    ("side module", "side-modules", "libx.so (table 7, memory 8)"),
    ("no such table", "table-length", "it has the tables t, this instance none"),
    ("4 GB", "too-large", "-sMAXIMUM_MEMORY"),
    ("no build", "set-up", "buildId"),
    ("no memory", "set-up", "wasmMemory is not exported: link with -sEXPORTED_RUNTIME_METHODS="),
    ("no table", "set-up", "wasmTable is not exported: link with -sEXPORTED_RUNTIME_METHODS="),
    ("no growMemory", "set-up", "growMemory is not exported: link with -sEXPORTED_RUNTIME_METHODS="),
    ("no exports", "set-up", "wasmExports is not exported: link with -sEXPORTED_RUNTIME_METHODS="),
    ("no sbrk", "set-up", "_sbrk is not exported: link with -sEXPORTED_FUNCTIONS="),
    ("no stack pointer", "set-up", "_emscripten_stack_get_base is not exported: link with"),
    ("another digest", "digest", "not the file that you trust"),
    ("no digest", "set-up", "not a digest of 64 hexadecimal digits: yes"),
    (
        "an option that is none",
        "set-up",
        "there is no option sha265: the options are build, sha256, inspected",
    ),
    ("inspected, and half", "truncated", "copy the file again"),
    ("inspected, with another list", "corrupt", "its pages are out of order"),
    ("taken inside a call", "inside-a-call", "between two calls"),
    ("restored inside a call", "inside-a-call", "between two calls"),
    ("inside a call, 50 frames up", "inside-a-call", "between two calls"),
    ("inside a call, with stacks of its own", "inside-a-call", "between two calls"),
    ("taken with an open file", "open-files", "close 3 (/kept-open)"),
    ("taken with a file as standard output", "open-files", "close 1 (/printed)"),
    ("restored with an open file", "open-files", "close 3 (/kept-open)"),
    ("reseed without exports", "set-up", "-sEXPORTED_FUNCTIONS=_main,_PyRun_SimpleString"),
];

static OUTCOMES: Once<Vec<Value>> = Once::new();

fn refusals(bench: &Bench) -> Result<Vec<Value>> {
    let folder = link_slots(bench)?;
    let file = bench.scratch("refused.snapshot")?;
    bench.embedder().take(&Run::new(&folder, NODE), &file, "import mismatched, slots")?.read()?;
    let driver = bench.workshop.root.join("tests/e2e/js/refuse.mjs");
    let text = cmd!(bench.node(NODE)?, "--no-warnings", driver, &folder, &file)
        .env("PYEM_LIB", bench.cpython.source.join("Lib"))
        .read()?;
    text.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
}

/// The instance works on after each.
fn refused_and_usable(bench: &Bench, name: &str, code: &str, message: &str) -> Result<()> {
    let outcomes = OUTCOMES.get(|| refusals(bench))?;
    let outcome = outcomes.iter().find(|outcome| outcome["name"] == name).context("it was not tried")?;
    ensure!(outcome["code"] == code, "{outcome}");
    ensure!(outcome["message"].as_str().context("a text")?.contains(message), "{outcome}");
    for kept in ["untouched", "works", "stacks"] {
        ensure!(outcome[kept] == true, "{outcome}");
    }
    Ok(())
}

/// A memory that grew, restored where it has to grow again and over one that was used; bytes from other places.
fn grown(bench: &Bench, node: u32) -> Result<()> {
    let folder = link_slots(bench)?;
    let driver = bench.workshop.root.join("tests/e2e/js/grown.mjs");
    let text = cmd!(bench.node(node)?, "--no-warnings", "--stack-size=6500", driver, &folder)
        .env("PYEM_LIB", bench.cpython.source.join("Lib"))
        .read()?;
    let found: Value = serde_json::from_str(&text)?;
    let ways = ["module", "used", "other realm", "shared", "view", "inspected before"];
    for way in ways {
        ensure!(found["restored"][way] == true, "{way}: {text}");
    }
    let differing = &found["differing"];
    ensure!(differing["fresh"] == 0 && differing["used"] == 0, "memory is not what it was: {text}");
    ensure!(differing["used, before"].as_u64() > Some(1_000), "the instance was used: {text}");
    ensure!(found["below the stack pointer"] == 0, "dead stack is in the file: {text}");
    Ok(())
}
