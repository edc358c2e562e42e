//! What `preRun.js` promises, with a C host in many links and no CPython: each case is a test.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, Result, ensure};
use duct::cmd;
use e2e::{
    Bench, NODE, OnceEach,
    cases::{self, Case},
    trial_beside,
};
use libtest_mimic::Trial;
use serde_json::{Value, json};
use xtask::build::{archive::Variant, python::v8_flags};
use xtask::{
    engines,
    tools::{files::clear, steps::Log},
};

/// As the drivers import it.
const MODULE: [&str; 2] = ["-sMODULARIZE", "-sEXPORT_ES6"];
const NO_PRE_RUN: &str = "-sINCOMING_MODULE_JS_API=instantiateWasm,printErr";
/// What a link without `preRun` needs, as the error names it.
const ADD_ON_PRE_RUN: &str = "-sDEFAULT_LIBRARY_FUNCS_TO_INCLUDE=$addOnPreRun";
const LOST: &str =
    "the hook did not run before C: link with '-sDEFAULT_LIBRARY_FUNCS_TO_INCLUDE=$addOnPreRun'";

fn main() -> ExitCode {
    e2e::run_at_once(trials(), |_| Ok(()))
}

fn trials() -> Result<Vec<Trial>> {
    let mut trials = Vec::new();
    for case in cases::all()? {
        trials.push(trial_beside(format!("written_slots::{case}"), move |bench| {
            rewriting(bench, case, "rewriting")
        }));
        trials.push(trial_beside(format!("copies_of_memory::{case}"), move |bench| copies(bench, case)));
    }
    for case in cases::with_hook()? {
        trials.push(trial_beside(format!("the_whole_table::{case}"), move |bench| table(bench, case)));
        trials.push(trial_beside(format!("wrapped_get::{case}"), move |bench| wrapped_get(bench, case)));
    }
    for case in cases::oldest_and_newest()? {
        trials.push(trial_beside(format!("hardened_page::{case}"), move |bench| {
            rewriting(bench, case, "hardened")
        }));
        trials.push(trial_beside(format!("two_instances::{case}"), move |bench| instances(bench, case)));
        trials.push(trial_beside(format!("classic_scripts::{case}"), move |bench| classic(bench, case)));
        trials.push(trial_beside(format!("a_probe_that_fails::node-{}", case.node), move |bench| {
            failing_probe(bench, case.node)
        }));
    }
    let lost: [(&str, &[&str], Result<&str, &str>); 7] = [
        ("strict", &["-sSTRICT"], Err(LOST)),
        ("no_preRun", &[NO_PRE_RUN], Err(LOST)),
        (
            "no_preRun_pre_js",
            &[NO_PRE_RUN, ADD_ON_PRE_RUN, "--pre-js", "preRun.js"],
            Err("and without --pre-js"),
        ),
        ("wasm_0", &["-sWASM=0"], Err("-sWASM=0 leaves function pointers without signatures")),
        ("casts", &["-sEMULATE_FUNCTION_POINTER_CASTS"], Err("hides types: leave it out")),
        ("strict_cured", &["-sSTRICT", ADD_ON_PRE_RUN], Ok("wasm-gc")),
        ("no_preRun_cured", &[NO_PRE_RUN, ADD_ON_PRE_RUN], Ok("wasm-gc")),
    ];
    for (name, flags, expected) in lost {
        trials.push(trial_beside(format!("no_hook_in_silence::{name}"), move |bench| {
            let host = link(bench, name, "host.mjs", &[&MODULE, flags].concat())?;
            let found = run(bench, NODE, &[], "hook.mjs", &host, &["start"])?;
            if let Ok(live) = expected {
                return works(&found, live);
            }
            let message = expected.unwrap_or_else(|message| message);
            ensure!(found["error"].as_str().is_some_and(|error| error.contains(message)), "{found}");
            Ok(())
        }));
    }
    trials.extend(["wasm-gc", "probe"].map(|path| {
        trial_beside(format!("slots_in_shared_memory::{path}"), move |bench| threads(bench, path))
    }));
    trials.extend([
        trial_beside("no_hook_in_silence::minimal_runtime", |bench| minimal(bench, "minimal", "-O2", LOST)),
        trial_beside("no_hook_in_silence::minimal_runtime_cured", |bench| {
            minimal(bench, "minimal_cured", ADD_ON_PRE_RUN, "path wasm-gc")
        }),
        trial_beside("reflection_is_taken_before_probes", reflection),
        trial_beside("wrong_options_are_errors", options),
        trial_beside("instance_module_gets_its_options", instance),
        trial_beside("webkit_before_safari_26_takes_the_fallback", navigators),
    ]);
    Ok(trials)
}

/// Links `hook_host.c` with our archive, if no test has done so before; returns the folder.
fn link(bench: &Bench, name: &str, file: &str, flags: &[&str]) -> Result<PathBuf> {
    let root = &bench.workshop.root;
    static LINKED: OnceEach<PathBuf> = OnceEach::new();
    let link = |log: &Log| {
        let folder = bench.scratch("hook")?.join(name);
        clear(&folder)?;
        let variant = if flags.contains(&"-pthread") { Variant::Threads } else { Variant::Plain };
        let mut arguments = vec![
            "-O2".to_owned(),
            "-Idist".to_owned(),
            "tests/e2e/c/hook_host.c".to_owned(),
            format!("dist/{}", variant.file()),
            "-sALLOW_TABLE_GROWTH".to_owned(),
            "-sEXPORTED_RUNTIME_METHODS=wasmTable,wasmMemory,addFunction,removeFunction".to_owned(),
        ];
        arguments.extend(flags.iter().map(|&flag| flag.to_owned()));
        arguments.extend(["-o".to_owned(), folder.join(file).display().to_string()]);
        log.run(&bench.workshop.emscripten.command("emcc", arguments).dir(root))?;
        Ok(folder)
    };
    LINKED.get(name, || bench.workshop.steps.always(&format!("link hook {name}"), link))
}

fn plain(bench: &Bench) -> Result<PathBuf> {
    link(bench, "plain", "host.mjs", &MODULE)
}

/// Runs one of the drivers in `js/` and parses what it prints.
fn run(
    bench: &Bench,
    node: u32,
    flags: &[String],
    driver: &str,
    file: &Path,
    arguments: &[&str],
) -> Result<Value> {
    let program = bench.node(node)?;
    let driver = bench.workshop.root.join("tests/e2e/js").join(driver);
    let mut all = flags.to_vec();
    all.extend(["--no-warnings".to_owned(), driver.display().to_string(), file.display().to_string()]);
    all.extend(arguments.iter().map(|&argument| argument.to_owned()));
    let text = cmd(program, &all).read().with_context(|| format!("Node {node} {all:?}"))?;
    serde_json::from_str(&text).with_context(|| format!("parse {text}"))
}

/// Runs a case of `hook.mjs` on the engine and path of `case`, and checks that the path is live.
fn on_path(bench: &Bench, host: &Path, case: Case, name: &str) -> Result<Value> {
    let forced = case.force.map(engines::Path::name);
    let flags = v8_flags(case.node, forced)?;
    let arguments = [name, forced.unwrap_or("default"), if case.hook { "" } else { "late" }];
    let found = run(bench, case.node, &flags, "hook.mjs", host, &arguments)?;
    ensure!(found["path"] == case.live.name(), "{found}");
    Ok(found)
}

fn number(found: &Value, name: &str) -> Result<u64> {
    found[name].as_u64().with_context(|| format!("{name}: {found}"))
}

/// They are called exactly, and asked for once.
fn rewriting(bench: &Bench, case: Case, name: &str) -> Result<()> {
    let found = on_path(bench, &plain(bench)?, case, name)?;
    ensure!(number(&found, "slots")? > 100, "{found}");
    ensure!(number(&found, "second")? > 1000 && found["again"] == 0, "asked for again: {found}");
    Ok(())
}

/// In shared memory they are asked for each time: a thread may have other functions in its table.
fn threads(bench: &Bench, path: &str) -> Result<()> {
    let host = link(bench, "threads", "host.mjs", &[&MODULE[..], &["-pthread"]].concat())?;
    let found = run(bench, NODE, &[], "hook.mjs", &host, &["rewriting", path])?;
    ensure!(found["path"] == path && number(&found, "second")? > 1000, "{found}");
    ensure!(found["again"] == found["second"], "one was cached: {found}");
    Ok(())
}

/// Other functions are there than where they were made.
fn copies(bench: &Bench, case: Case) -> Result<()> {
    let found = on_path(bench, &plain(bench)?, case, "copies")?;
    ensure!(found["values"] == json!([7, 7, 7, 7]), "{found}");
    ensure!(found["copied"] == json!([8, 8]) && found["empty"] == -1, "{found}");
    ensure!(found["reset"] == json!([8, 8]), "{found}");
    // Why there is `forgetWritten`; and the engine refuses the call, it does not make a wrong one.
    ensure!(found["careless"] == "RuntimeError", "{found}");
    Ok(())
}

/// It is known to its last slot, and forgotten by `reset`.
fn table(bench: &Bench, case: Case) -> Result<()> {
    let found = on_path(bench, &plain(bench)?, case, "table")?;
    let functions = number(&found, "length")? - 1;
    ensure!(number(&found, "later")? == functions, "{found}");
    // With WebAssembly GC each is asked for when it is called: a constructor did so.
    let before = if case.live == engines::Path::WasmGc { 1 } else { functions };
    ensure!(number(&found, "before")? == before, "{found}");
    ensure!(number(&found, "forgotten")? == 0 && number(&found, "again")? == functions, "{found}");
    ensure!(found["same"] == true, "{found}");
    Ok(())
}

/// -sABORT_ON_WASM_EXCEPTIONS gives the table a `get` that returns functions of JavaScript.
fn wrapped_get(bench: &Bench, case: Case) -> Result<()> {
    let host = link(bench, "abort", "host.mjs", &[&MODULE[..], &["-sABORT_ON_WASM_EXCEPTIONS"]].concat())?;
    works(&on_path(bench, &host, case, "start")?, case.live.name())
}

/// Each has a path, a table and slots of its own.
fn instances(bench: &Bench, case: Case) -> Result<()> {
    let found = run(bench, case.node, &[], "hook.mjs", &plain(bench)?, &["instances"])?;
    ensure!(found["paths"] == json!(["probe", case.live.name(), "probe"]), "{found}");
    ensure!(found["same"] == true, "the slots have one number: {found}");
    ensure!(found["calls"] == json!([10, 11, 12, 10, 11, 12, -1, 11, 12]), "{found}");
    Ok(())
}

/// It is no answer, and not "no".
fn failing_probe(bench: &Bench, node: u32) -> Result<()> {
    let found = run(bench, node, &[], "hook.mjs", &plain(bench)?, &["failing", "probe"])?;
    ensure!(found == json!({ "path": "probe", "thrown": "RangeError", "later": 7 }), "{found}");
    Ok(())
}

/// MINIMAL_RUNTIME has no `Module['preRun']` at all, and its own way to start.
fn minimal(bench: &Bench, name: &str, flag: &str, message: &str) -> Result<()> {
    let host = link(bench, name, "host.js", &["-sMINIMAL_RUNTIME", "-sEXPORTED_RUNTIME_METHODS=", flag])?;
    let script = "globalThis.Module = {}; require(process.argv[1]);
        process.on('exit', () => console.log(`path ${Module.pyemTrampoline.path}`))";
    let output = cmd!(bench.node(NODE)?, "-e", script, host.join("host.js")).stderr_to_stdout();
    let text = output.unchecked().read()?;
    ensure!(text.contains(message), "{text}");
    Ok(())
}

/// By default, where the engine has no WebAssembly GC.
fn reflection(bench: &Bench) -> Result<()> {
    let [oldest, _] = engines::oldest_and_newest_node()?;
    let flags = v8_flags(oldest, Some("reflection"))?;
    works(&run(bench, oldest, &flags, "hook.mjs", &plain(bench)?, &["start"])?, "reflection")
}

fn options(bench: &Bench) -> Result<()> {
    let found = run(bench, NODE, &[], "hook.mjs", &plain(bench)?, &["options"])?;
    let expected = [
        "has no option 'pth': it may have path, adaptor",
        ".path is 'probes': it may be wasm-gc, reflection, probe",
        "has no option 'install'",
        "has no option 'adaptors'",
        "has no option 'probe'",
        "has no option '5'",
    ];
    for (index, message) in expected.into_iter().enumerate() {
        ensure!(found[index].as_str().is_some_and(|text| text.contains(message)), "{message}: {found}");
    }
    Ok(())
}

/// What the case `start` prints of a host that works.
fn works(found: &Value, live: &str) -> Result<()> {
    let results = json!([100, 102, 105, 109, -1, 7, 7]);
    ensure!(found["path"] == live && found["early"] == 4 && found["results"] == results, "{found}");
    Ok(())
}

/// The same of `hook-links.mjs`.
fn in_other_glue(path: &str) -> Value {
    json!({ "path": path, "early": 4, "calls": [100, 102, 105, 109, -1, 6] })
}

/// It reads them after the glue code was evaluated.
fn instance(bench: &Bench) -> Result<()> {
    let host = link(bench, "instance", "host.mjs", &["-sMODULARIZE=instance"])?.join("host.mjs");
    for path in ["wasm-gc", "probe"] {
        let found = run(bench, NODE, &[], "hook-links.mjs", &host, &[path])?;
        ensure!(found == in_other_glue(path), "{found}");
    }
    Ok(())
}

/// One that is evaluated again has a hook of its own.
fn classic(bench: &Bench, case: Case) -> Result<()> {
    let host = link(bench, "classic", "host.js", &["-sENVIRONMENT=node"])?.join("host.js");
    let found = run(bench, case.node, &[], "hook-links.mjs", &host, &["probe"])?;
    ensure!(found == json!(["probe", "probe", case.live.name()].map(in_other_glue)), "{found}");
    Ok(())
}

/// WebKit bug 293113: where wasm-gc is broken, in pages and in workers.
fn navigators(bench: &Bench) -> Result<()> {
    let found = run(bench, NODE, &[], "navigators.mjs", &plain(bench)?, &[])?;
    let found = found.as_array().filter(|found| found.len() > 40).context("a list")?;
    for row in found {
        let name = row[0].as_str().context("a name")?;
        let broken = ["18.", "web view"].iter().any(|part| name.contains(part)) && name != "WebKitGTK 18.5";
        ensure!(row[2] == if broken { "probe" } else { "wasm-gc" }, "{row}");
    }
    for place in ["page", "worker"] {
        for device in ["iPhone 18.5", "iPad 18.5, mobile", "iPad 18.5, desktop", "iPod 18.5", "Mac 26.0"] {
            ensure!(found.iter().any(|row| row[0] == device && row[1] == place), "{device} in a {place}");
        }
    }
    Ok(())
}
