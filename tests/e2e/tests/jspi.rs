//! Suspending under a mismatched function (JSPI): there must be no JavaScript frame between Python's export
//! and the suspending import.

use std::process::ExitCode;

use anyhow::{Result, ensure};
use duct::cmd;
use e2e::{
    Bench, OURS,
    cases::{self, Case},
    trial_beside,
};
use libtest_mimic::Trial;
use xtask::{
    build::{link::Trampoline, python::Run},
    engines::{self, Ability},
};

const FLAGS: [&str; 1] = ["-sJSPI"];

fn main() -> ExitCode {
    e2e::run_at_once(trials(), |_| Ok(()))
}

fn trials() -> Result<Vec<Trial>> {
    let mut trials = Vec::new();
    for case in cases::with_jspi()? {
        trials.push(trial_beside(format!("ours::{case}"), move |bench| ours_suspends(bench, case)));
        if case.force.is_none() {
            trials.push(trial_beside(format!("stock::{case}"), move |bench| stock_cannot(bench, case)));
        }
    }
    for entry in engines::all()? {
        if let (Some(node), Ability::Missing(_)) = (entry.engine.node(), entry.jspi) {
            trials.push(trial_beside(format!("missing::node-{node}"), move |bench| missing(bench, node)));
        }
    }
    Ok(trials)
}

fn ours_suspends(bench: &Bench, case: Case) -> Result<()> {
    let folder = bench.link("jspi", OURS, &["mismatched", "suspend"], &FLAGS)?;
    bench.run_test(&case.run(&folder), "test_suspend.py", case.live.name())?;
    bench.record(case.node, |seen| seen.jspi = "yes".to_owned())
}

/// A function of the right signature goes through JavaScript there, too.
fn stock_cannot(bench: &Bench, case: Case) -> Result<()> {
    let folder = bench.link("jspi-stock", Trampoline::Stock, &["suspend"], &FLAGS)?;
    let run = Run::new(&folder, case.node);
    for call in ["suspend.noargs1()", "suspend.o2(None)", "suspend.Waiter().get1"] {
        let statement = format!("import suspend; print('got', {call})");
        let command = run.command(&bench.workshop, &bench.cpython, ["-c", &statement])?;
        let output = command.stderr_to_stdout().stdout_capture().unchecked().run()?;
        let text = String::from_utf8_lossy(&output.stdout);
        ensure!(!output.status.success() && !text.contains("got"), "{call}: {text}");
        ensure!(text.contains("trying to suspend JS frames"), "{call}: {text}");
    }
    Ok(())
}

/// What the matrix says: the engine has it by now where this fails.
fn missing(bench: &Bench, node: u32) -> Result<()> {
    let program = bench.node(node)?;
    let has = cmd!(program, "-p", "'Suspending' in WebAssembly").read()?;
    ensure!(has == "false", "Node {node} has JSPI: {has}");
    bench.record(node, |seen| seen.jspi = "no".to_owned())
}
