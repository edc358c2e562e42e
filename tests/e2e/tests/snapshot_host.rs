//! Snapshots of a small C++ program, linked as CPython is not: other stacks, assertions, threads.

use std::{path::PathBuf, process::ExitCode};

use anyhow::{Result, ensure};
use duct::cmd;
use e2e::{Bench, trial};
use libtest_mimic::Trial;
use serde_json::{Value, json};
use xtask::tools::{
    files::clear,
    node::{self, TOOLS_NODE},
};

/// A name, flags, and whether the stack ends at 0.
const LINKS: [(&str, &[&str], bool); 5] = [
    ("plain", &["-O2"], false),
    // Which puts the stack first.
    ("unoptimised", &["-O0"], true),
    ("stack-first", &["-O2", "-Wl,--stack-first"], true),
    // Both ends of the stack in one page, with data beside.
    ("small-stack", &["-O2", "-Wl,--stack-first", "-sSTACK_SIZE=2048"], true),
    ("assertions", &["-O1", "-sASSERTIONS=2", "-sSTACK_OVERFLOW_CHECK=2"], false),
];

fn main() -> ExitCode {
    e2e::run(Ok(trials()))
}

fn trials() -> Vec<Trial> {
    let restored = LINKS.map(|(name, flags, ends_at_zero)| {
        trial(format!("restored::{name}"), move |bench| restores(bench, name, flags, ends_at_zero))
    });
    let threads = trial("refused::threads", |bench| {
        let found = run(bench, "threads", &["-O2", "-pthread"], "refuse")?;
        ensure!(found["take"] == "shared-memory" && found["restore"] == "shared-memory", "{found}");
        Ok(())
    });
    let beyond = trial("restored::beyond-2-GB", |bench| {
        let found = run(bench, "4-GB", &["-O2", "-sMAXIMUM_MEMORY=4GB"], "grow")?;
        ensure!(found["kept"] == json!([7, 9]) && found["heap end"].as_u64() > Some(1 << 31), "{found}");
        ensure!(found["file"].as_u64() < Some(1 << 20), "pages of zeros are in the file: {found}");
        Ok(())
    });
    restored.into_iter().chain([threads, beyond]).collect()
}

fn build(bench: &Bench, name: &str, flags: &[&str]) -> Result<PathBuf> {
    let folder = bench.workshop.home.join("snapshot-host").join(name);
    clear(&folder)?;
    let source = bench.workshop.root.join("tests/e2e/c/snapshot_host.cpp").display().to_string();
    let output = folder.join("host.mjs").display().to_string();
    let arguments = [
        "-sMODULARIZE",
        "-sEXPORT_ES6",
        "-sALLOW_MEMORY_GROWTH",
        "-sFORCE_FILESYSTEM",
        "-sEXIT_RUNTIME",
        "-sEXPORTED_RUNTIME_METHODS=FS,ENV,UTF8ToString,wasmExports,wasmMemory,wasmTable,growMemory",
        "-sEXPORTED_FUNCTIONS=_main,_sbrk,_emscripten_stack_get_base,_emscripten_stack_get_current,_emscripten_stack_get_end,__emscripten_stack_restore",
        &source,
        "-o",
        &output,
    ];
    bench.workshop.emscripten.command("em++", [flags, &arguments].concat()).stderr_null().run()?;
    Ok(folder)
}

/// What the driver prints.
fn run(bench: &Bench, name: &str, flags: &[&str], verb: &str) -> Result<Value> {
    let folder = build(bench, name, flags)?;
    let program = node::program(&bench.workshop.home, &bench.workshop.pins, TOOLS_NODE)?;
    let driver = bench.workshop.root.join("tests/e2e/js/snapshot-host.mjs");
    Ok(serde_json::from_str(&cmd!(program, "--no-warnings", driver, &folder, verb).read()?)?)
}

/// Takes, restores over an instance that was used, and tries too early.
fn restores(bench: &Bench, name: &str, flags: &[&str], ends_at_zero: bool) -> Result<()> {
    let found = run(bench, name, flags, "restore")?;
    ensure!((found["stack end"] == 0) == ends_at_zero, "{found}");
    ensure!(found["secret in memory"] == true, "the test sees what is on the stack: {found}");
    ensure!(found["secret in the file"] == false, "dead stack is in the file: {found}");
    ensure!(found["taken"] == json!([1, "taken", 41]), "{found}");
    ensure!(found["restored"] == found["taken"], "constructors ran again: {found}");
    ensure!(found["differing"] == 0, "memory is not what it was: {found}");
    ensure!(found["used beyond the heap"].as_u64() > Some(1 << 20), "the instance was used: {found}");
    ensure!(found["left beyond the heap"] == 0, "what the heap grows by is not zero: {found}");
    ensure!(found["exit"] == 0 && found["after the end"] == json!(["ended", "ended"]), "{found}");
    for hook in ["onInstance", "onPreRun"] {
        ensure!(found["tooEarly"][hook] == "too-early", "{hook}: {found}");
        let then = &found["tooEarly"][format!("{hook}, then")];
        ensure!(*then == json!([1, "restored", 0]), "the instance starts normally: {found}");
    }
    Ok(())
}
