//! What `preRun.js` promises, with a C host in many links: no CPython.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use duct::cmd;
use e2e::{
    Bench,
    cases::{self, Case},
    with_bench,
};
use serde_json::{Value, json};
use xtask::{debian::clear, node, python::v8_flags};

/// As the drivers import it.
const MODULE: [&str; 2] = ["-sMODULARIZE", "-sEXPORT_ES6"];
/// What a link without `preRun` needs, as the error names it.
const ADD_ON_PRE_RUN: &str = "-sDEFAULT_LIBRARY_FUNCS_TO_INCLUDE=$addOnPreRun";

/// Links `hook_host.c` with our archive; returns the folder.
fn link(bench: &Bench, name: &str, file: &str, flags: &[&str]) -> Result<PathBuf> {
    let root = &bench.workshop.root;
    let folder = bench.workshop.home.join("hook").join(name);
    bench.workshop.steps.always(&format!("link hook {name}"), |log| {
        clear(&folder)?;
        let mut arguments = vec![
            "-O2".to_owned(),
            format!("-I{}", root.join("dist").display()),
            root.join("tests/e2e/c/hook_host.c").display().to_string(),
            bench.archive.display().to_string(),
            "-sALLOW_TABLE_GROWTH".to_owned(),
            "-sEXPORTED_RUNTIME_METHODS=wasmTable,wasmMemory,addFunction,removeFunction".to_owned(),
        ];
        arguments.extend(flags.iter().map(|&flag| flag.to_owned()));
        arguments.extend(["-o".to_owned(), folder.join(file).display().to_string()]);
        log.run(&bench.workshop.emscripten.command("emcc", arguments))
    })?;
    Ok(folder)
}

fn plain(bench: &Bench) -> Result<PathBuf> {
    link(bench, "plain", "host.mjs", &MODULE)
}

/// Runs one of the drivers in `js/` and parses what it prints.
fn run(
    bench: &Bench,
    node: u32,
    flags: &[&str],
    driver: &str,
    file: &Path,
    arguments: &[&str],
) -> Result<Value> {
    let program = node::program(&bench.workshop.home, &bench.workshop.pins, &node.to_string())?;
    let driver = bench.workshop.root.join("tests/e2e/js").join(driver).display().to_string();
    let file = file.display().to_string();
    let all = [flags, &["--no-warnings", &driver, &file], arguments].concat();
    let text = cmd(program, &all).read().with_context(|| format!("Node {node} {all:?}"))?;
    serde_json::from_str(&text).with_context(|| format!("parse {text}"))
}

/// Runs a case of `hook.mjs` on the engine and path of `case`, and checks that the path is live.
fn on_path(bench: &Bench, host: &Path, case: &Case, name: &str) -> Result<Value> {
    let late = if case.hook { "" } else { "late" };
    let arguments = [name, case.force.unwrap_or("default"), late];
    let found = run(bench, case.node, &v8_flags(case.force), "hook.mjs", host, &arguments)?;
    ensure!(found["path"] == case.live, "{case:?}: {found}");
    Ok(found)
}

#[test]
fn slots_that_javascript_writes_are_exact_and_asked_for_once() {
    with_bench(|bench| {
        let host = plain(bench)?;
        for case in cases::all() {
            let found = on_path(bench, &host, &case, "rewriting")?;
            ensure!(found["slots"].as_u64() > Some(100), "{case:?}: {found}");
            ensure!(found["again"] == 0, "{case:?}: a slot was asked for again: {found}");
        }
        Ok(())
    });
}

#[test]
fn copies_of_memory_meet_other_functions() {
    with_bench(|bench| {
        let host = plain(bench)?;
        for case in cases::all() {
            let found = on_path(bench, &host, &case, "copies")?;
            ensure!(found["values"] == json!([7, 7, 7]), "{case:?}: {found}");
            ensure!(found["copied"] == json!([8, 8]) && found["empty"] == -1, "{case:?}: {found}");
            ensure!(found["reset"] == json!([8, 8]), "{case:?}: {found}");
            // Why there is `beforeSnapshot`; and the engine refuses the call, it does not make a wrong one.
            ensure!(found["careless"] == "RuntimeError", "{case:?}: {found}");
        }
        Ok(())
    });
}

#[test]
fn each_instance_has_its_own_state() {
    with_bench(|bench| {
        let host = plain(bench)?;
        for (node, live) in [(20, "probe"), (24, "wasm-gc")] {
            let found = run(bench, node, &[], "hook.mjs", &host, &["instances"])?;
            ensure!(found["paths"] == json!(["probe", live, "probe"]), "{found}");
            ensure!(found["same"] == true, "the slots have one number: {found}");
            ensure!(found["calls"] == json!([10, 11, 12, 10, 11, 12, -1, 11, 12]), "{found}");
        }
        Ok(())
    });
}

#[test]
fn the_table_is_known_to_its_last_slot_and_forgotten_by_reset() {
    with_bench(|bench| {
        let host = plain(bench)?;
        for case in cases::all().into_iter().filter(|case| case.hook) {
            let found = on_path(bench, &host, &case, "table")?;
            let number = |name: &str| found[name].as_u64().with_context(|| format!("{name}: {found}"));
            let functions = number("length")? - 1;
            ensure!(number("later")? == functions, "{case:?}: {found}");
            // With WebAssembly GC each is asked for when it is called: a constructor did so.
            let before = if case.live == "wasm-gc" { 1 } else { functions };
            ensure!(number("before")? == before, "{case:?}: {found}");
            ensure!(number("forgotten")? == 0 && number("again")? == functions, "{case:?}: {found}");
            ensure!(found["same"] == true, "{case:?}: {found}");
        }
        Ok(())
    });
}

#[test]
fn a_probe_that_fails_is_no_answer() {
    with_bench(|bench| {
        let host = plain(bench)?;
        for node in [20, 24, 26] {
            let found = run(bench, node, &[], "hook.mjs", &host, &["deep", "probe"])?;
            let number = |name: &str| found[name].as_u64().with_context(|| format!("{name}: {found}"));
            ensure!(number("thrown")? > 0 && number("right")? > 100, "Node {node}: {found}");
            ensure!(number("thrown")? + number("right")? == number("all")?, "Node {node}: {found}");
        }
        Ok(())
    });
}

#[test]
fn reflection_is_taken_where_it_is_and_no_wasm_gc() {
    with_bench(|bench| {
        let host = plain(bench)?;
        let found = run(bench, 20, &v8_flags(Some("reflection")), "hook.mjs", &host, &["start"])?;
        ensure!(found["path"] == "reflection", "{found}");
        Ok(())
    });
}

#[test]
fn wrong_options_are_errors() {
    with_bench(|bench| {
        let host = plain(bench)?;
        let found = run(bench, 24, &[], "hook.mjs", &host, &["options"])?;
        let expected = [
            "has no option 'pth': it may have path, adaptor",
            ".path is 'probes': it may be wasm-gc, reflection, probe",
            "has no option 'install'",
            "has no option 'adaptors'",
            "has no option 'probe'",
            "has no option '5'",
        ];
        for (index, message) in expected.into_iter().enumerate() {
            let text = found[index].as_str().context("a message")?;
            ensure!(text.contains(message), "{message}: {text}");
        }
        Ok(())
    });
}

/// Links that take away what the hook stands on, with what the error says, and with what cures it.
#[test]
fn the_hook_is_not_lost_in_silence() {
    with_bench(|bench| {
        let pre_js = bench.workshop.root.join("preRun.js").display().to_string();
        let no_pre_run = "-sINCOMING_MODULE_JS_API=instantiateWasm,printErr";
        let lost =
            "the hook did not run before C: link with '-sDEFAULT_LIBRARY_FUNCS_TO_INCLUDE=$addOnPreRun'";
        let cases: [(&str, &[&str], &str); 6] = [
            ("strict", &["-sSTRICT"], lost),
            ("no preRun", &[no_pre_run], lost),
            ("no preRun, pre-js", &[no_pre_run, ADD_ON_PRE_RUN, "--pre-js", &pre_js], "and without --pre-js"),
            ("WASM=0", &["-sWASM=0"], "-sWASM=0 leaves function pointers without signatures"),
            ("strict, cured", &["-sSTRICT", ADD_ON_PRE_RUN], ""),
            ("no preRun, cured", &[no_pre_run, ADD_ON_PRE_RUN], ""),
        ];
        for (name, flags, message) in cases {
            let host = link(bench, name, "host.mjs", &[&MODULE, flags].concat())?;
            let found = run(bench, 24, &[], "hook.mjs", &host, &["start"])?;
            match message {
                "" => works(&found, "wasm-gc")?,
                _ => ensure!(
                    found["error"].as_str().is_some_and(|error| error.contains(message)),
                    "{name}: {found}"
                ),
            }
        }
        Ok(())
    });
}

/// MINIMAL_RUNTIME has no `Module['preRun']` at all, and its own way to start.
#[test]
fn the_hook_is_not_lost_in_a_minimal_runtime() {
    with_bench(|bench| {
        let minimal = ["-sMINIMAL_RUNTIME", "-sEXPORTED_RUNTIME_METHODS="];
        let program = node::program(&bench.workshop.home, &bench.workshop.pins, "24")?;
        let script = "globalThis.Module = {}; require(process.argv[1]);
            process.on('exit', () => console.log(`path ${Module.pyemTrampoline.path}`))";
        for (name, more, message) in [
            ("minimal", "-O2", "the hook did not run before C"),
            ("minimal, cured", ADD_ON_PRE_RUN, "path wasm-gc"),
        ] {
            let host = link(bench, name, "host.js", &[&minimal, &[more][..]].concat())?;
            let output = cmd!(&program, "-e", script, host.join("host.js")).stderr_to_stdout().unchecked();
            let text = output.read()?;
            ensure!(text.contains(message), "{name}: {text}");
        }
        Ok(())
    });
}

/// What `start` prints of a host that works.
fn works(found: &Value, live: &str) -> Result<()> {
    ensure!(found["path"] == live && found["early"] == 4, "{found}");
    ensure!(found["results"] == json!([100, 102, 105, 109, -1, 7, 7]), "{found}");
    Ok(())
}

#[test]
fn a_table_whose_get_returns_wrappers_is_seen_through() {
    with_bench(|bench| {
        let flags = [&MODULE[..], &["-sABORT_ON_WASM_EXCEPTIONS"]].concat();
        let host = link(bench, "abort", "host.mjs", &flags)?;
        for case in cases::all().into_iter().filter(|case| case.hook) {
            works(&on_path(bench, &host, &case, "start")?, case.live)?;
        }
        Ok(())
    });
}

#[test]
fn an_instance_module_gets_its_options() {
    with_bench(|bench| {
        let host = link(bench, "instance", "host.mjs", &["-sMODULARIZE=instance"])?.join("host.mjs");
        for path in ["wasm-gc", "probe"] {
            let found = run(bench, 24, &[], "hook-links.mjs", &host, &[path])?;
            ensure!(
                found == json!({ "path": path, "early": 4, "calls": [100, 102, 105, 109, -1, 6] }),
                "{found}"
            );
        }
        Ok(())
    });
}

#[test]
fn a_classic_script_that_is_evaluated_again_has_its_own_hook() {
    with_bench(|bench| {
        let host = link(bench, "classic", "host.js", &["-sENVIRONMENT=node"])?.join("host.js");
        for (node, live) in [(20, "probe"), (24, "wasm-gc")] {
            let found = run(bench, node, &[], "hook-links.mjs", &host, &["probe"])?;
            let one = |path| json!({ "path": path, "early": 4, "calls": [100, 102, 105, 109, -1, 6] });
            ensure!(found == json!([one("probe"), one("probe"), one(live)]), "Node {node}: {found}");
        }
        Ok(())
    });
}

/// WebKit bug 293113: where wasm-gc is broken, in pages and in workers.
#[test]
fn webkit_before_safari_26_takes_the_fallback() {
    with_bench(|bench| {
        let found = run(bench, 24, &[], "navigators.mjs", &plain(bench)?, &[])?;
        let found = found.as_array().context("a list")?;
        ensure!(found.len() > 40, "{found:?}");
        let old = ["18.", "web view"];
        for row in found {
            let name = row[0].as_str().context("a name")?;
            let broken = old.iter().any(|part| name.contains(part)) && name != "WebKitGTK 18.5";
            ensure!(row[2] == if broken { "probe" } else { "wasm-gc" }, "{row}");
        }
        for place in ["page", "worker"] {
            for device in ["iPhone 18.5", "iPad 18.5, mobile", "iPad 18.5, desktop", "iPod 18.5", "Mac 26.0"]
            {
                ensure!(found.iter().any(|row| row[0] == device && row[1] == place), "{device} in a {place}");
            }
        }
        Ok(())
    });
}
