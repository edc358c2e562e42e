//! A main module with side modules: dispatch into them, and snapshots of them.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Result, ensure};
use duct::cmd;
use e2e::{Bench, NODE, Once, trial};
use libtest_mimic::Trial;
use serde_json::{Value, json};
use xtask::{build::side_module::SideModule, engines, tools::files::clear};

fn main() -> ExitCode {
    e2e::run(trials())
}

fn trials() -> Result<Vec<Trial>> {
    let nodes =
        engines::all()?.into_iter().filter_map(|entry| Some((entry.engine.node()?, entry.default_path())));
    let snapshots = nodes.map(|(node, live)| {
        trial(format!("snapshots::node-{node}"), move |bench| {
            snapshots_know_their_side_modules(bench, node, live.name())
        })
    });
    Ok(snapshots.chain([trial("the_loaders_fields", the_loaders_fields)]).collect())
}

/// Snapshots read emscripten's `struct dso` where emscripten's own JavaScript does.
fn the_loaders_fields(bench: &Bench) -> Result<()> {
    let root = bench.workshop.emscripten.command("em-config", ["EMSCRIPTEN_ROOT"]).read()?;
    let text = fs::read_to_string(Path::new(&root).join("src/struct_info_generated.json"))?;
    let info: Value = serde_json::from_str(&text)?;
    let module = bench.workshop.root.join("npm/snapshot/instance.mjs");
    let script = format!("console.log(JSON.stringify((await import('{}')).DSO))", module.display());
    let text = cmd!(bench.node(NODE)?, "--input-type=module", "--eval", script).read()?;
    let fields: BTreeMap<String, u32> = serde_json::from_str(&text)?;
    ensure!(!fields.is_empty());
    for (name, offset) in fields {
        ensure!(info["structs"]["dso"][&name] == offset, "{name}: {offset}, and {}", info["structs"]["dso"]);
    }
    Ok(())
}

static FOLDER: Once<PathBuf> = Once::new();

/// Links the host and its libraries.
fn build(bench: &Bench) -> Result<PathBuf> {
    let folder = bench.workshop.home.join("side-modules");
    clear(&folder)?;
    let emscripten = &bench.workshop.emscripten;
    let source = |name: &str| bench.workshop.root.join("tests/e2e/c").join(name);
    for name in ["one", "two"] {
        let files = [source(&format!("side_{name}.c"))];
        let module = SideModule { files: &files, include: &[], flags: &["-O2"], export: "callee" };
        module.compile(emscripten, &folder.join(format!("lib{name}.so"))).stderr_null().run()?;
    }
    let main = [
        "-O2",
        &format!("-I{}", bench.workshop.root.join("dist").display()),
        "-sMAIN_MODULE=2",
        "-sMODULARIZE",
        "-sEXPORT_ES6",
        "-sALLOW_MEMORY_GROWTH",
        "-sEXPORTED_RUNTIME_METHODS=FS,LDSO,ccall,wasmExports,wasmMemory,wasmTable,growMemory",
        "-sEXPORTED_FUNCTIONS=_main,_sbrk,_emscripten_stack_get_base,_emscripten_stack_get_current,_emscripten_stack_get_end,__emscripten_stack_restore",
        &source("side_host.c").display().to_string(),
        &bench.archive.display().to_string(),
        "-o",
        &folder.join("host.mjs").display().to_string(),
    ];
    emscripten.command("emcc", main).stderr_null().run()?;
    ensure!(fs::metadata(folder.join("host.wasm"))?.len() > 0);
    Ok(folder)
}

fn snapshots_know_their_side_modules(bench: &Bench, node: u32, live: &str) -> Result<()> {
    let program = bench.node(node)?;
    let driver = bench.workshop.root.join("tests/e2e/js/side-modules.mjs");
    let text = cmd!(program, "--no-warnings", driver, FOLDER.get(|| build(bench))?).read()?;
    let found: Value = serde_json::from_str(&text)?;
    let modules = &found["sideModules"];
    let names = [&modules[0]["name"], &modules[1]["name"]];
    ensure!(names == ["libone.so", "libtwo.so"] && modules[2].is_null(), "{text}");
    for base in ["tableBase", "memoryBase"] {
        let [one, two] = [&modules[0][base], &modules[1][base]].map(|base| base.as_u64().unwrap_or(0));
        ensure!(one > 0 && two > one, "{base}: {text}");
    }
    ensure!(found["path"] == live, "{text}");
    let [taken, fresh, restored] = [0, 1, 2].map(|index| found["pointers"][index].as_u64().unwrap_or(0));
    ensure!(0 < taken && taken < fresh && restored == taken, "main's stack is kept: {text}");
    ensure!(found["before"] == json!([11, 12, 1012]), "{text}");
    ensure!(found["after"] == json!([13, 1024]), "the libraries' memory goes on: {text}");
    // Refused, and then as good as new.
    ensure!(found["swapped"] == "side-modules", "{text}");
    ensure!(found["swappedWorks"] == json!([11, 1012]), "{text}");
    ensure!(found["without"] == "table-length", "{text}");
    Ok(())
}
