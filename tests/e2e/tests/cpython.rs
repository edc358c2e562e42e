//! CPython's own tests: nothing that passes with the stock trampoline fails with ours.

use anyhow::ensure;
use e2e::{NODE, with_bench};
use xtask::{
    build::cpython::Kind,
    commands::cpython_tests::{MODULES, compare, table},
};

#[test]
fn nothing_is_lost_against_the_stock_trampoline() {
    with_bench(|bench| {
        let rows = compare(&bench.workshop, Kind::Static, NODE, &MODULES)?;
        eprintln!("{}", table(&rows));
        for row in &rows {
            // Where a build runs nothing of a module, the comparison says nothing.
            ensure!(row.ours + row.skipped > 0, "{}: no test ran", row.module);
            ensure!(row.ended[0], "{}: the interpreter crashed", row.module);
            ensure!(row.lost.is_empty(), "{}: {:?}", row.module, row.lost);
        }
        ensure!(rows.iter().map(|row| row.ours).sum::<usize>() > 500, "too few tests passed");
        Ok(())
    });
}
