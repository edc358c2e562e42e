//! The offenders on every engine and path.

use e2e::{OURS, cases, with_bench};
use xtask::build::python::Run;

#[test]
fn offenders_on_every_engine_and_path() {
    with_bench(|bench| {
        let folder = bench.link("offenders", OURS, &["offenders"], &[])?;
        for case in cases::all() {
            eprintln!("  run     {case:?}");
            let mut run = Run::new(&folder, case.node);
            run.path = case.force.map(str::to_owned);
            run.install = (!case.hook).then(|| "first-miss".to_owned());
            bench.run_test(&run, "test_offenders.py", case.live)?;
            bench.record(case.node, |engine| match case.force {
                Some(path) => engine.force(path),
                None => engine.path = case.live.to_owned(),
            })?;
        }
        Ok(())
    });
}

#[test]
fn rewritten_slots_on_every_engine_and_path() {
    with_bench(|bench| {
        let growth = ["-sALLOW_TABLE_GROWTH"];
        let folder = bench.link("slots", OURS, &["offenders", "slots"], &growth)?;
        for case in cases::all().into_iter().filter(|case| case.hook) {
            eprintln!("  run     {case:?}");
            let mut run = Run::new(&folder, case.node);
            run.path = case.force.map(str::to_owned);
            bench.run_test(&run, "test_slots.py", case.live)?;
        }
        Ok(())
    });
}
