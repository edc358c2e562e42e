//! What runs before and during C initialisation, and how a wrong set-up is reported.

use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use duct::cmd;
use e2e::{
    Bench, NODE, OURS,
    cases::{self, Case},
    trial_beside,
};
use libtest_mimic::Trial;
use serde_json::Value;
use xtask::{
    build::{
        link::Trampoline,
        python::{Run, v8_flags},
    },
    engines::{self, Ability, Path},
};

fn main() -> ExitCode {
    e2e::run_at_once(trials(), |_| Ok(()))
}

fn trials() -> Result<Vec<Trial>> {
    let mut trials = vec![trial_beside("without_the_archive", without_the_archive)];
    for case in cases::all()?.into_iter().filter(|case| case.force.is_some()) {
        let name = if case.hook { "our_imports" } else { "our_imports_without_data" };
        trials.push(trial_beside(format!("{name}::{case}"), move |bench| our_imports(bench, case)));
    }
    for case in cases::oldest_and_newest()? {
        trials.push(trial_beside(format!("pre_js::{case}"), move |bench| pre_js(bench, case)));
    }
    for entry in engines::all()? {
        let Some(node) = entry.engine.node() else { continue };
        for path in Path::ALL {
            let message = match entry.path(path) {
                Ability::Missing(_) => "was forced, and this engine has no WebAssembly",
                Ability::Flag(flag) => {
                    &format!("was forced, and this engine has no WebAssembly type reflection (V8: {flag})")
                }
                _ => continue,
            };
            let message = format!("path {path} {message}");
            trials.push(trial_beside(format!("cannot_be_forced::node-{node}::{path}"), move |bench| {
                cannot_be_forced(bench, node, path.name(), &message)
            }));
        }
    }
    let paths = format!("it may be {}", Path::ALL.map(Path::name).join(", "));
    trials.push(trial_beside("cannot_be_forced::fastest", move |bench| {
        cannot_be_forced(bench, NODE, "fastest", &paths)
    }));
    let [oldest, _] = engines::oldest_and_newest_node()?;
    for (node, how, message) in [
        (NODE, "module", "live path wasm-gc"),
        (NODE, "bytes", "live path wasm-gc"),
        (NODE, "module-no-compile", "live path wasm-gc"),
        (NODE, "none-no-compile", "hand adaptor.wasm in as a WebAssembly.Module"),
        (NODE, "garbage", "are not the adaptor"),
        (NODE, "other-module", "is not the adaptor"),
        // An engine without GC is no error, whatever is handed in.
        (oldest, "bytes", "live path probe"),
        (oldest, "garbage", "live path probe"),
    ] {
        trials.push(trial_beside(format!("adaptor_handed_in::node-{node}::{how}"), move |bench| {
            adaptor_handed_in(bench, node, how, message)
        }));
    }
    Ok(trials)
}

/// Runs one of the drivers in `js/`; gives standard error and whether it succeeded.
fn run_js(
    bench: &Bench,
    node: u32,
    flags: &[&str],
    driver: &str,
    arguments: &[&str],
    variables: &[(&str, &str)],
) -> Result<(String, bool)> {
    let program = bench.node(node)?;
    let driver = bench.workshop.root.join("tests/e2e/js").join(driver).display().to_string();
    let folder = bench.mismatched()?.display().to_string();
    let all = [flags, &["--no-warnings", &driver, &folder], arguments].concat();
    let mut command = cmd(program, all).env("PYEM_LIB", bench.cpython.source.join("Lib"));
    for (name, value) in variables {
        command = command.env(name, value);
    }
    let output = command.stderr_capture().stdout_capture().unchecked().run()?;
    let text =
        String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    Ok((text, output.status.success()))
}

/// Python's first statement, then a mismatched function that is resolved for the first time.
const MARK: &str =
    "import mismatched; mismatched.mark(); mismatched.keywords1(); print(mismatched.live_path())";

/// Which imports of ours C calls before Python's first statement, and after it.
///
/// None with the hook. Without data that it can read, as in relocatable main modules, C asks for signatures: at the
/// first miss, which installs the adaptor, or at each.
fn our_imports(bench: &Bench, case: Case) -> Result<()> {
    let path = case.live.name();
    let flags = v8_flags(case.node, Some(path))?;
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let mut variables = vec![("PYEM_PATH", path)];
    if !case.hook {
        variables.push(("PYEM_INSTALL", "first-miss"));
    }
    let (text, success) = run_js(bench, case.node, &flags, "startup.mjs", &["-c", MARK], &variables)?;
    ensure!(text.lines().any(|line| line == path), "the live path is {path}: {text}");
    ensure!(success, "{text}");
    let growth = text.lines().find_map(|line| line.strip_prefix("table grew by ")).context("growth")?;
    ensure!(growth == "0", "the function table grew by {growth}");
    let line = text.lines().find(|line| line.starts_with("{\"before\"")).with_context(|| text.clone())?;
    let counts: Value = serde_json::from_str(line)?;
    let names = |when: &str| -> Result<Vec<String>> {
        let all = counts[when].as_object().context("counts")?;
        ensure!(!all.is_empty(), "C calls other imports, and they are counted: {line}");
        Ok(all.keys().filter(|name| name.starts_with("pyem")).cloned().collect())
    };
    let [before, after] = [names("before")?, names("after")?];
    let imports = |asked: bool| if asked { vec!["pyem_resolve_js"] } else { vec![] };
    ensure!(before == imports(!case.hook), "before: {before:?}");
    ensure!(after == imports(!case.hook && case.live != Path::WasmGc), "after: {after:?}");
    Ok(())
}

fn cannot_be_forced(bench: &Bench, node: u32, path: &str, message: &str) -> Result<()> {
    let (text, success) = run_js(bench, node, &[], "startup.mjs", &["-c", "pass"], &[("PYEM_PATH", path)])?;
    ensure!(!success && text.contains(message), "{text}");
    Ok(())
}

fn adaptor_handed_in(bench: &Bench, node: u32, how: &str, message: &str) -> Result<()> {
    let adaptor = bench.workshop.root.join("dist/adaptor.wasm").display().to_string();
    let flags = ["--experimental-vm-modules"];
    let (text, success) = run_js(bench, node, &flags, "embedder.mjs", &[how, &adaptor], &[])?;
    ensure!(text.contains(message), "{text}");
    ensure!(success == message.starts_with("live"), "{text}");
    Ok(())
}

/// It is the same hook as the archive's.
fn pre_js(bench: &Bench, case: Case) -> Result<()> {
    let hook = bench.workshop.root.join("preRun.js").display().to_string();
    let folder = bench.link("pre-js", OURS, &["mismatched"], &["--pre-js", &hook])?;
    bench.run_test(&case.run(&folder), "test_mismatched.py", case.live.name())
}

/// The hook alone names the flag and the archive.
fn without_the_archive(bench: &Bench) -> Result<()> {
    let hook = bench.workshop.root.join("preRun.js").display().to_string();
    let folder = bench.link("pre-js-alone", Trampoline::Stock, &[], &["--pre-js", &hook])?;
    let run = Run::new(&folder, NODE);
    let command = run.command(&bench.workshop, &bench.cpython, ["-c", "pass"])?;
    let output = command.stderr_to_stdout().stdout_capture().unchecked().run()?;
    let text = String::from_utf8_lossy(&output.stdout);
    ensure!(text.contains("-sEXPORTED_FUNCTIONS=_main,_pyem_trampoline_abi"), "{text}");
    ensure!(!output.status.success(), "{text}");
    Ok(())
}
