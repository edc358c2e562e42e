//! Suspending under an offender (JSPI): there must be no JavaScript frame between Python's export
//! and the suspending import.

use anyhow::ensure;
use duct::cmd;
use e2e::{
    OURS,
    cases::{ENGINES, JSPI_ENGINES},
    with_bench,
};
use xtask::{
    build::{link::Trampoline, python::Run},
    tools::node,
};

const FLAGS: [&str; 1] = ["-sJSPI"];

#[test]
fn offenders_suspend_and_resume_on_each_path() {
    with_bench(|bench| {
        let folder = bench.link("jspi", OURS, &["offenders", "suspend"], &FLAGS)?;
        for node in JSPI_ENGINES {
            for path in ["wasm-gc", "reflection", "probe"] {
                let mut run = Run::new(&folder, node);
                run.path = (path != "wasm-gc").then(|| path.to_owned());
                bench.run_test(&run, "test_suspend.py", path)?;
            }
        }
        for (node, _) in ENGINES {
            let program = node::program(&bench.workshop.home, &bench.workshop.pins, &node.to_string())?;
            let by_default = cmd!(program, "-p", "'Suspending' in WebAssembly").read()?;
            let known = JSPI_ENGINES.contains(&node);
            ensure!(by_default == known.to_string(), "Node {node} has JSPI: {by_default}, known {known}");
            bench.record(node, |engine| engine.jspi = if known { "yes" } else { "no" }.to_owned())?;
        }
        Ok(())
    });
}

#[test]
fn the_stock_trampoline_cannot() {
    with_bench(|bench| {
        let folder = bench.link("jspi-stock", Trampoline::Stock, &["suspend"], &FLAGS)?;
        for node in JSPI_ENGINES {
            let run = Run::new(&folder, node);
            // A function of the right signature goes through JavaScript there, too.
            for call in ["suspend.noargs1()", "suspend.o2(None)", "suspend.Waiter().get1"] {
                let statement = format!("import suspend; print('got', {call})");
                let command = run.command(&bench.workshop, &bench.cpython, ["-c", &statement])?;
                let output = command.stderr_to_stdout().stdout_capture().unchecked().run()?;
                let text = String::from_utf8_lossy(&output.stdout);
                ensure!(!output.status.success() && !text.contains("got"), "Node {node}: {text}");
                ensure!(text.contains("trying to suspend JS frames"), "Node {node}: {text}");
            }
        }
        Ok(())
    });
}
