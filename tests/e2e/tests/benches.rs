//! The benchmark runs, and what it measures gives the right results.

use anyhow::ensure;
use e2e::with_bench;
use xtask::bench::{
    cost,
    dispatch::{QUICK, measure},
};

#[test]
fn every_row_is_measured() {
    with_bench(|bench| {
        let rows = measure(&bench.workshop, QUICK)?;
        ensure!(rows.len() == 11, "{rows:?}");
        let sane = |ratio: f64| ratio.is_finite() && ratio > 0.0;
        for row in rows {
            ensure!(sane(row.direct) && sane(row.same) && sane(row.mixed) && sane(row.call_site), "{row:?}");
        }
        Ok(())
    });
}

/// A first resolution and the hook's time on each path, and bytes.
#[test]
fn the_cost_is_measured() {
    with_bench(|bench| {
        let records = cost::measure(&bench.workshop, true)?;
        let table = cost::table(&records)?;
        eprintln!("{table}");
        ensure!(records.len() == 9 && table.lines().count() == 18, "{table}");
        Ok(())
    });
}
