//! Refused calls: what callers get, whatever the types of the objects are made of.

use anyhow::ensure;
use e2e::{OURS, with_bench};
use xtask::python::Run;

/// A Node without WebAssembly GC and one with it, and the path that is live on each.
const ENGINES: [(u32, &str); 2] = [(20, "probe"), (24, "wasm-gc")];

fn run(script: &str) {
    with_bench(|bench| {
        let folder = bench.link("refused", OURS, &["offenders", "refused"], &[])?;
        for (node, live) in ENGINES {
            bench.run_test(&Run::new(&folder, node), script, live)?;
        }
        Ok(())
    });
}

#[test]
fn callers_of_refused_functions_get_what_they_take_for_failure() {
    run("test_refused.py");
}

/// 10,000 random types.
#[test]
fn no_type_changes_a_refusal() {
    run("fuzz_refused.py");
}

/// README's limit: here CPython calls a `tp_call` past every trampoline.
#[test]
fn unpacked_arguments_reach_tp_call_without_us() {
    with_bench(|bench| {
        let folder = bench.link("refused", OURS, &["offenders", "refused"], &[])?;
        for (node, _) in ENGINES {
            let statement = "import offenders\noffenders.call_takes1()(*[1])";
            let command =
                Run::new(&folder, node).command(&bench.workshop, &bench.cpython, ["-c", statement])?;
            let output = command.stderr_to_stdout().stdout_capture().unchecked().run()?;
            let text = String::from_utf8_lossy(&output.stdout);
            ensure!(!output.status.success() && text.contains("signature mismatch"), "Node {node}: {text}");
        }
        Ok(())
    });
}
