//! What runs before and during C initialisation, and how a wrong set-up is told.

use anyhow::{Context, Result, ensure};
use duct::cmd;
use e2e::{Bench, OURS, with_bench};
use serde_json::Value;
use xtask::{
    build::python::{Run, v8_flags},
    tools::node,
};

/// Runs one of the drivers in `js/`; gives standard error and whether it succeeded.
fn run_js(
    bench: &Bench,
    node: u32,
    flags: &[&str],
    driver: &str,
    arguments: &[&str],
    variables: &[(&str, &str)],
) -> Result<(String, bool)> {
    let program = node::program(&bench.workshop.home, &bench.workshop.pins, &node.to_string())?;
    let driver = bench.workshop.root.join("tests/e2e/js").join(driver).display().to_string();
    let folder = bench.link("offenders", OURS, &["offenders"], &[])?.display().to_string();
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

/// Python's first statement, then an offender that is resolved for the first time.
const MARK: &str = "import offenders; offenders.mark(); offenders.keywords1(); print(offenders.live_path())";

/// The imports of ours that C called before the mark and behind it.
fn our_imports(bench: &Bench, node: u32, path: &str, more: &[(&str, &str)]) -> Result<[Vec<String>; 2]> {
    let flags = v8_flags(node, Some(path))?;
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let variables = [&[("PYEM_PATH", path)], more].concat();
    let (text, success) = run_js(bench, node, &flags, "startup.mjs", &["-c", MARK], &variables)?;
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
    Ok([names("before")?, names("after")?])
}

#[test]
fn no_import_of_ours_is_called_until_python_runs() {
    with_bench(|bench| {
        let cases = [
            (20, "probe"),
            (20, "reflection"),
            (22, "wasm-gc"),
            (24, "wasm-gc"),
            (24, "probe"),
            (24, "reflection"),
            (26, "wasm-gc"),
        ];
        for (node, path) in cases {
            let [before, after] = our_imports(bench, node, path, &[])?;
            ensure!(before.is_empty(), "Node {node}, {path}: {before:?}");
            ensure!(after.is_empty(), "nor later: {after:?}");
        }
        Ok(())
    });
}

/// As in relocatable main modules, whose data the hook cannot read.
#[test]
fn without_data_for_the_hook_javascript_is_only_asked_for_signatures() {
    with_bench(|bench| {
        for (node, path, asked_again) in [(20, "probe", true), (24, "probe", true), (24, "wasm-gc", false)] {
            let [before, after] = our_imports(bench, node, path, &[("PYEM_INSTALL", "first-miss")])?;
            ensure!(before == ["pyem_resolve_js"], "the test sees what is called: {before:?}");
            ensure!(after.is_empty() != asked_again, "the adaptor is installed at the first miss: {after:?}");
        }
        Ok(())
    });
}

#[test]
fn a_wrong_set_up_is_told() {
    with_bench(|bench| {
        let cases = [
            (20, "wasm-gc", "path wasm-gc was forced, and this engine has no WebAssembly GC"),
            (24, "reflection", "--experimental-wasm-type-reflection"),
            (24, "fastest", "it may be wasm-gc, reflection, probe"),
        ];
        for (node, path, message) in cases {
            let (text, success) =
                run_js(bench, node, &[], "startup.mjs", &["-c", "pass"], &[("PYEM_PATH", path)])?;
            ensure!(!success && text.contains(message), "{path} on Node {node}: {text}");
        }
        Ok(())
    });
}

#[test]
fn embedders_hand_the_adaptor_in() {
    with_bench(|bench| {
        let adaptor = bench.workshop.root.join("dist/adaptor.wasm").display().to_string();
        let flags = ["--experimental-vm-modules"];
        for (node, how, message) in [
            (24, "module", "live path wasm-gc"),
            (24, "bytes", "live path wasm-gc"),
            (24, "module-no-compile", "live path wasm-gc"),
            (24, "none-no-compile", "hand adaptor.wasm in as a WebAssembly.Module"),
            (24, "garbage", "are not the adaptor"),
            (24, "other-module", "is not the adaptor"),
            // An engine without GC is no error, whatever is handed in.
            (20, "bytes", "live path probe"),
            (20, "garbage", "live path probe"),
        ] {
            let (text, success) = run_js(bench, node, &flags, "embedder.mjs", &[how, &adaptor], &[])?;
            ensure!(text.contains(message), "{how} on Node {node}: {text}");
            ensure!(success == message.starts_with("live"), "{how} on Node {node}: {text}");
        }
        Ok(())
    });
}

#[test]
fn the_hook_by_pre_js_is_the_same_hook() {
    with_bench(|bench| {
        let hook = bench.workshop.root.join("preRun.js").display().to_string();
        let folder = bench.link("pre-js", OURS, &["offenders"], &["--pre-js", &hook])?;
        for (node, live) in [(20, "probe"), (24, "wasm-gc")] {
            bench.run_test(&Run::new(&folder, node), "test_offenders.py", live)?;
        }
        Ok(())
    });
}

#[test]
fn a_link_without_the_archive_is_told() {
    with_bench(|bench| {
        let hook = bench.workshop.root.join("preRun.js").display().to_string();
        let stock = xtask::build::link::Trampoline::Stock;
        let folder = bench.link("pre-js-alone", stock, &[], &["--pre-js", &hook])?;
        let run = Run::new(&folder, 24);
        let command = run.command(&bench.workshop, &bench.cpython, ["-c", "pass"])?;
        let output = command.stderr_to_stdout().stdout_capture().unchecked().run()?;
        let text = String::from_utf8_lossy(&output.stdout);
        ensure!(text.contains("-sEXPORTED_FUNCTIONS=_main,_pyem_trampoline_abi"), "{text}");
        ensure!(!output.status.success(), "{text}");
        Ok(())
    });
}
