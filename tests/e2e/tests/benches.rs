//! The benchmarks run, and what they measure gives the right results.

use std::fs;

use anyhow::{Result, ensure};
use e2e::with_bench;
use xtask::{
    bench::{
        Part,
        dispatch::{QUICK, measure},
        engine::Engine,
        python,
        record::Record,
        records,
    },
    workshop::project_root,
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

/// `measure` compares the results, counts the calls and knows each interpreter.
#[test]
fn python_runs_four_ways() {
    with_bench(|bench| {
        let records = python::measure(&bench.workshop, &[Engine::Node(24)], python::QUICK, |_| Ok(()))?;
        ensure!(records.len() == 1, "{records:?}");
        for record in &records {
            let rows = python::table::rows(record)?;
            let kinds = rows.iter().filter(|row| row.is_kind).count();
            ensure!(kinds == 15 && rows.len() - kinds == 17, "{rows:?}");
            let of = |name: &str| rows.iter().any(|row| row.case.starts_with(name));
            for name in ["NOARGS", "O ", "VARARGS", "getter", "setter", "tp_call", "richards", "json_dumps"] {
                ensure!(of(name), "{name}: {rows:?}");
            }
            // Too few statements for a time, but each was measured.
            let all = |row: &python::table::Row| row.ratios.len() == 3 && row.limit.is_finite();
            ensure!(rows.iter().all(all), "{rows:?}");
        }
        ensure!(python::table::of(&records)?.contains("| richards |"));
        Ok(())
    });
}

#[test]
fn the_tables_are_those_of_the_records() -> Result<()> {
    let root = project_root()?;
    let table = Part::Python.table(&Record::read_all(&records(&root))?)?;
    let readme = fs::read_to_string(root.join("benches/README.md"))?;
    ensure!(readme.contains(&table), "benches/README.md has other tables than\n{table}");
    Ok(())
}
