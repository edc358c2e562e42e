//! The benchmarks run, and what they measure gives the right results.

use std::{collections::BTreeSet, fs};

use anyhow::{Context, Result, ensure};
use e2e::with_bench;
use xtask::{
    bench::{
        Part,
        dispatch::{QUICK, measure},
        engine::Engine,
        record::Record,
        records,
    },
    workshop::project_root,
};

/// Every design has every case; those with WebAssembly GC are absent in Node 20 alone.
fn is_complete(record: &Record) -> Result<()> {
    let designs: BTreeSet<&str> = record.samples.keys().map(String::as_str).collect();
    let mut expected = BTreeSet::from(["direct", "ours, probe", "CPython 3.13", "emulated casts"]);
    if record.path == "wasm-gc" {
        expected.extend(["ours, wasm-gc", "CPython main", "CPython #128628"]);
    }
    ensure!(designs == expected, "{designs:?}");
    let node_20 = record.engine == "Node" && record.version.starts_with("20.");
    ensure!(node_20 == (record.path == "probe"), "{}", record.path);
    for (design, cases) in &record.samples {
        ensure!(cases.len() == 12, "{design}: {:?}", cases.keys());
        for (case, samples) in cases {
            let sane = !samples.is_empty() && samples.iter().all(|time| time.is_finite());
            ensure!(sane, "{design}, {case}: {samples:?}");
        }
    }
    Ok(())
}

#[test]
fn dispatch_is_measured_on_each_engine() {
    with_bench(|bench| {
        let records = measure(&bench.workshop, &Engine::ALL, QUICK)?;
        ensure!(records.len() == Engine::ALL.len());
        for record in &records {
            is_complete(record).with_context(|| format!("{} {}", record.engine, record.version))?;
        }
        // Every ratio is there.
        Part::Dispatch.table(&records)?;
        Ok(())
    });
}

#[test]
fn the_tables_are_those_of_the_records() -> Result<()> {
    let root = project_root()?;
    let table = Part::Dispatch.table(&Record::read_all(&records(&root))?)?;
    let readme = fs::read_to_string(root.join("benches/README.md"))?;
    ensure!(readme.contains(&table), "benches/README.md has other tables than\n{table}");
    Ok(())
}
