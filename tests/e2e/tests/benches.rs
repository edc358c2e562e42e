//! The benchmarks run, and what they measure gives the right results.

use std::fs;

use anyhow::{Result, ensure};
use clap::ValueEnum;
use e2e::with_bench;
use xtask::{
    bench::{Part, chart, cost, dispatch, engine::Engine, python, record::Record, records},
    markdown,
    workshop::project_root,
};

/// In browsers: browsers.rs.
#[test]
fn dispatch_is_measured_in_each_node() {
    with_bench(|bench| {
        let nodes: Vec<Engine> = Engine::nodes().collect();
        let measured = dispatch::measure(&bench.workshop, &nodes, dispatch::QUICK, |_| Ok(()))?;
        ensure!(measured.len() == nodes.len());
        Part::Dispatch.table(&measured)?;
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

/// The answers of each path are checked by the program that measures.
#[test]
fn the_cost_is_measured() {
    with_bench(|bench| {
        let nodes: Vec<Engine> = Engine::nodes().collect();
        let records = cost::measure(&bench.workshop, &nodes, cost::QUICK, |_| Ok(()))?;
        ensure!(records.len() == 9);
        let table = Part::Cost.table(&records)?;
        // Linking us must not bring the hook's text into the wasm file, or parts of `core`.
        let wasm = table.lines().find(|line| line.starts_with("| wasm, bytes |"));
        let added =
            wasm.and_then(|line| line.split(" | ").nth(3)?.trim_end_matches(" |").parse::<i64>().ok());
        ensure!(added.is_some_and(|added| added <= 2_304), "more than 2.25 KB of wasm: {table}");
        Ok(())
    });
}

#[test]
fn the_charts_are_those_of_the_records() {
    with_bench(|bench| {
        let folder = tempfile::tempdir()?;
        chart::draw(&bench.workshop, folder.path())?;
        for name in chart::IN_README {
            let file = format!("{name}.svg");
            let [drawn, kept] = [folder.path().join(&file), bench.workshop.root.join("docs").join(&file)];
            ensure!(fs::read(drawn)? == fs::read(kept)?, "docs/{file} is another: cargo xtask charts");
        }
        let page = fs::read_to_string(folder.path().join("index.html"))?;
        ensure!(page.matches("<svg").count() == 8, "{page}");
        Ok(())
    });
}

#[test]
fn the_tables_are_those_of_the_records() -> Result<()> {
    let root = project_root()?;
    let readme = fs::read_to_string(root.join("benches/README.md"))?;
    let records = Record::read_all(&records(&root))?;
    for part in Part::value_variants() {
        let table = part.table(&records)?;
        ensure!(readme.contains(&table), "benches/README.md has other tables than\n{table}");
    }
    let shown = markdown::rows(&fs::read_to_string(root.join("README.md"))?);
    for (name, table) in chart::tables(&records)? {
        for row in markdown::rows(&table) {
            ensure!(shown.contains(&row), "README.md, {name}, lacks {row:?}: cargo xtask charts");
        }
    }
    Ok(())
}
