//! Refused calls: what callers get, whatever the types of the objects are made of.

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
