//! Refused calls: what callers get, whatever the types of the objects are made of.

use std::process::ExitCode;

use anyhow::Result;
use e2e::{
    Bench, OURS,
    cases::{self, Case},
    trial,
};
use libtest_mimic::Trial;

fn main() -> ExitCode {
    e2e::run(trials())
}

fn trials() -> Result<Vec<Trial>> {
    let mut trials = Vec::new();
    for case in cases::oldest_and_newest()? {
        for script in ["test_refused.py", "fuzz_refused.py"] {
            let name = script.trim_end_matches(".py");
            trials.push(trial(format!("{name}::{case}"), move |bench| run(bench, case, script)));
        }
    }
    Ok(trials)
}

fn run(bench: &Bench, case: Case, script: &str) -> Result<()> {
    let folder = bench.link("refused", OURS, &["offenders", "refused"], &[])?;
    bench.run_test(&case.run(&folder), script, case.live.name())
}
