//! Refused calls: what callers get, whatever the types of the objects are made of.

use std::process::ExitCode;

use anyhow::{Result, ensure};
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
    for case in cases::oldest_and_newest()? {
        trials.push(trial_beside(format!("unpacked::{case}"), move |bench| unpacked(bench, case)));
        for script in ["test_refused.py", "test_refused_twins.py", "fuzz_refused.py"] {
            let name = script.trim_end_matches(".py");
            trials.push(trial_beside(format!("{name}::{case}"), move |bench| run(bench, case, script)));
        }
    }
    Ok(trials)
}

fn run(bench: &Bench, case: Case, script: &str) -> Result<()> {
    let folder = bench.link("refused", OURS, &["mismatched", "refused"], &[])?;
    bench.run_test(&case.run(&folder), script, case.live.name())
}

/// README's limit: here CPython calls a `tp_call` without the trampoline.
fn unpacked(bench: &Bench, case: Case) -> Result<()> {
    let folder = bench.link("refused", OURS, &["mismatched", "refused"], &[])?;
    let statement = "import mismatched\nmismatched.call_takes1()(*[1])";
    let command = case.run(&folder).command(&bench.workshop, &bench.cpython, ["-c", statement])?;
    let output = command.stderr_to_stdout().stdout_capture().unchecked().run()?;
    let text = String::from_utf8_lossy(&output.stdout);
    ensure!(!output.status.success() && text.contains("signature mismatch"), "{text}");
    Ok(())
}
