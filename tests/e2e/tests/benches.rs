//! The benchmark runs, and what it measures gives the right results.

use anyhow::ensure;
use e2e::with_bench;
use xtask::bench::dispatch::{QUICK, measure};

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
