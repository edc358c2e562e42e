//! Snapshots of a small C++ program, linked as CPython is not: other stacks, assertions, threads.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use duct::cmd;
use e2e::{Bench, with_bench};
use serde_json::{Value, json};
use xtask::tools::{files::clear, node};

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

/// Takes, restores, and tries too early.
fn restores(bench: &Bench, name: &str, flags: &[&str]) -> Result<Value> {
    let folder = build(bench, name, flags)?;
    let program = node::program(&bench.workshop.home, &bench.workshop.pins, "24")?;
    let driver = bench.workshop.root.join("tests/e2e/js/snapshot-host.mjs");
    let text = cmd!(program, "--no-warnings", driver, &folder).read()?;
    let found: Value = serde_json::from_str(&text)?;
    ensure!(found["secret in memory"] == true, "the test sees what is on the stack: {text}");
    ensure!(found["secret in the file"] == false, "dead stack is in the file: {text}");
    ensure!(found["taken"] == json!([1, "taken", 41]), "{text}");
    ensure!(found["restored"] == found["taken"], "constructors ran again: {text}");
    ensure!(found["differing"] == 0, "memory is not what it was: {text}");
    ensure!(found["exit"] == 0, "{text}");
    for hook in ["onInstance", "onPreRun"] {
        ensure!(found["tooEarly"][hook] == "too-early", "{hook}: {text}");
        let then = &found["tooEarly"][format!("{hook}, then")];
        ensure!(*then == json!([1, "restored", 0]), "the instance starts normally: {text}");
    }
    Ok(found)
}

#[test]
fn a_snapshot_is_restored_after_the_constructors_only() {
    with_bench(|bench| restores(bench, "plain", &["-O2"]).map(drop));
}

#[test]
fn stacks_may_end_at_zero() {
    with_bench(|bench| {
        for (name, flags) in [("unoptimised", ["-O0", "-O0"]), ("first", ["-O2", "-Wl,--stack-first"])] {
            let found = restores(bench, name, &flags)?;
            ensure!(found["stack end"] == 0, "{name}: {found}");
        }
        Ok(())
    });
}

/// One page then holds both ends of it, and data beside.
#[test]
fn stacks_may_be_smaller_than_a_page() {
    with_bench(|bench| restores(bench, "small", &["-O2", "-sSTACK_SIZE=2048"]).map(drop));
}

#[test]
fn assertions_hold_in_a_restored_program() {
    with_bench(|bench| {
        restores(bench, "assertions", &["-O1", "-sASSERTIONS=2", "-sSTACK_OVERFLOW_CHECK=2"]).map(drop)
    });
}
