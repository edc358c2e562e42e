//! The package's audit and repair of stock Pyodide: each version and engine is a test.

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Result, ensure};
use duct::cmd;
use e2e::{
    Bench, NODE, Once, trial,
    wrongs::{Wrong, source, wrongs},
};
use libtest_mimic::Trial;
use pyem_audit::{Returns, ValueType};
use serde_json::{Value, json};
use xtask::{
    build::audit,
    engines::Engine,
    tools::{pins::Pins, pyodide, workshop::project_root},
};

fn main() -> ExitCode {
    e2e::run(trials())
}

fn trials() -> Result<Vec<Trial>> {
    let mut trials = Vec::new();
    for version in Pins::read(&project_root()?)?.pyodide_platforms.into_keys() {
        let name = format!("every_slot_wrong_in_every_way::pyodide-{version}");
        trials.push(trial(name, move |bench| every_slot(bench, &version)));
    }
    Ok(trials)
}

/// What the tests share.
struct Files {
    wrongs: PathBuf,
    /// What an audit has to find in it, as JSON.
    expected: PathBuf,
}

static FILES: Once<Files> = Once::new();

fn files(bench: &Bench) -> Result<&'static Files> {
    FILES.get(|| {
        audit::write(&bench.workshop)?;
        let folder = bench.workshop.home.join("audit");
        fs::create_dir_all(&folder)?;
        let expected = folder.join("wrongs.json");
        let all: Vec<Value> =
            wrongs().iter().enumerate().map(|(number, wrong)| expectation(number, wrong)).collect();
        fs::write(&expected, Value::from(all).to_string())?;
        Ok(Files { wrongs: side_module(bench, &folder)?, expected })
    })
}

/// What an audit has to say of a function, where CPython's own trampoline has WebAssembly GC.
fn expectation(number: usize, wrong: &Wrong) -> Value {
    let (declared, callee) = (wrong.declared(), wrong.callee);
    let words = |types: &[ValueType]| types.iter().all(|each| *each == ValueType::I32);
    let has_words = words(&declared.parameters) && words(&declared.results);
    let by_trampoline =
        ["METH_NOARGS", "METH_O", "METH_VARARGS", "METH_VARARGS|METH_KEYWORDS", "getter", "setter"];
    let callable = has_words && declared.parameters.len() <= 3 && declared.results.len() == 1;
    let verdict = match (by_trampoline.contains(&callee.name), callable) {
        (false, _) => "traps",
        (true, false) => "refused",
        (true, true) => "handled",
    };
    let result_fits = match callee.returns {
        Returns::Nothing => true,
        Returns::Status => words(&declared.results),
        Returns::Number | Returns::Pointer => declared.results == [ValueType::I32],
    };
    let mended = words(&declared.parameters) && declared.parameters.len() <= callee.parameters && result_fits;
    json!({
        "name": wrong.full_name(),
        "slot": callee.name,
        "declared": declared.to_string(),
        "expected": callee.expected().to_string(),
        "verdict": verdict,
        "mended": mended,
        "attribute": wrong.name,
        "number": number,
    })
}

/// Generates it and compiles it: it keeps to the limited API, so any version's headers will do.
fn side_module(bench: &Bench, folder: &Path) -> Result<PathBuf> {
    let (c, output) = (folder.join("wrongs.c"), folder.join("wrongs.so"));
    fs::write(&c, source())?;
    let mut arguments: Vec<String> =
        ["-O1", "-fPIC", "-sSIDE_MODULE=2", "-Wall", "-Wextra", "-Werror"].map(str::to_owned).into();
    arguments.extend(["-Wno-unused-parameter", "-Wno-missing-field-initializers"].map(str::to_owned));
    for include in [bench.cpython.source.join("Include"), bench.cpython.build.clone()] {
        arguments.push(format!("-I{}", include.display()));
    }
    arguments.extend([c.display().to_string(), "-sEXPORTED_FUNCTIONS=_PyInit_wrongs".to_owned()]);
    arguments.extend(["-o".to_owned(), output.display().to_string()]);
    let compile = bench.workshop.emscripten.command("emcc", arguments);
    bench.workshop.steps.always("wrongs.so", |log| log.run(&compile))?;
    Ok(output)
}

fn every_slot(bench: &Bench, version: &str) -> Result<()> {
    let files = files(bench)?;
    let folder = pyodide::folder(&bench.workshop, version)?;
    start(bench, Engine::Node(NODE), "wrongs.mjs", &[folder, files.wrongs.clone(), files.expected.clone()])
}

/// Runs a script of `tests/e2e/audit`, which prints `right` at its end.
fn start(bench: &Bench, engine: Engine, script: &str, arguments: &[PathBuf]) -> Result<()> {
    let mut command = engine.command(&bench.workshop)?;
    command.push(bench.workshop.root.join("tests/e2e/audit").join(script));
    command.extend_from_slice(arguments);
    let output = cmd(&command[0], &command[1..]).stderr_to_stdout().stdout_capture().unchecked().run()?;
    // Node quotes the line that threw, which is all of Pyodide.
    let text = String::from_utf8_lossy(&output.stdout);
    let text: String =
        text.lines().filter(|line| line.len() < 10_000).map(|line| format!("{line}\n")).collect();
    ensure!(output.status.success() && text.contains("right: "), "{}\n{text}", output.status);
    Ok(())
}
