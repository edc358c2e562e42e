//! Mismatched functions, called from Python on every engine and path: each case is a test.

use std::process::ExitCode;

use anyhow::Result;
use e2e::{
    Bench, OURS,
    cases::{self, Case},
    trial_beside,
};
use libtest_mimic::Trial;

fn main() -> ExitCode {
    e2e::run_at_once(trials(), |_| Ok(()))
}

fn trials() -> Result<Vec<Trial>> {
    let mut trials = Vec::new();
    for case in cases::all()? {
        trials.push(trial_beside(format!("mismatched::{case}"), move |bench| mismatched(bench, case)));
    }
    for case in cases::with_hook()? {
        trials.push(trial_beside(format!("rewritten::{case}"), move |bench| rewritten(bench, case)));
    }
    Ok(trials)
}

fn mismatched(bench: &Bench, case: Case) -> Result<()> {
    let folder = bench.mismatched()?;
    bench.run_test(&case.run(&folder), "test_mismatched.py", case.live.name())?;
    bench.record(case.node, |seen| match case.force {
        Some(path) => seen.force(path.name()),
        None => seen.path = case.live.to_string(),
    })
}

/// Slots that C and JavaScript rewrite at random.
fn rewritten(bench: &Bench, case: Case) -> Result<()> {
    let growth = ["-sALLOW_TABLE_GROWTH"];
    let folder = bench.link("slots", OURS, &["mismatched", "slots"], &growth)?;
    bench.run_test(&case.run(&folder), "test_slots.py", case.live.name())
}
