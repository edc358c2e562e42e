//! The benchmarks run, and what they measure gives the right results.

use std::{fs, process::ExitCode};

use anyhow::{Result, ensure};
use clap::ValueEnum;
use e2e::{Bench, NODE, every_cell, trial};
use libtest_mimic::Trial;
use xtask::{
    bench::{
        self, Part, cost, dispatch, draw, pool, pyodide, python, record::Record, records, start, tables,
    },
    browser::driver::Browser,
    commands::{charts, isolation},
    engines::{self, Engine},
    tools::markdown,
};

fn main() -> ExitCode {
    e2e::run(trials())
}

fn trials() -> Result<Vec<Trial>> {
    let mut trials = vec![
        trial("charts_are_those_of_the_records", charts_are_those_of_the_records),
        trial("tables_are_those_of_the_records", tables_are_those_of_the_records),
        trial("python", python_runs_four_ways),
    ];
    for engine in engines::measured()? {
        trials.push(trial(format!("dispatch::{engine}"), move |bench| dispatch_is_measured(bench, engine)));
        // The Nodes run the same programs.
        if engine == Engine::Node(NODE) || engine.node().is_some() && every_cell() {
            trials.push(trial(format!("cost::{engine}"), move |bench| cost_is_measured(bench, engine)));
        }
        if [Engine::Node(NODE), Engine::Browser(Browser::Firefox)].contains(&engine) || every_cell() {
            trials.push(trial(format!("pool::{engine}"), move |bench| pool_is_measured(bench, engine)));
        }
    }
    // These take their time: one engine of each way to run them.
    for engine in [Engine::Node(NODE), Engine::Browser(Browser::Firefox)] {
        if engine.node().is_some() || every_cell() {
            trials.push(trial(format!("pyodide::{engine}"), move |bench| pyodide_is_measured(bench, engine)));
        }
        trials.push(trial(format!("start::{engine}"), move |bench| start_is_measured(bench, engine)));
    }
    Ok(trials)
}

fn dispatch_is_measured(bench: &Bench, engine: Engine) -> Result<()> {
    let measured = dispatch::measure(&bench.workshop, &[engine], dispatch::QUICK, |_| Ok(()))?;
    ensure!(measured.len() == 1);
    Part::Dispatch.table(&measured)?;
    Ok(())
}

/// `measure` compares the results, and what is attached must be passed through.
fn pyodide_is_measured(bench: &Bench, engine: Engine) -> Result<()> {
    let records = pyodide::measure(&bench.workshop, &[engine], pyodide::QUICK, |_| Ok(()))?;
    ensure!(records.len() == pyodide::VERSIONS.len(), "{records:?}");
    for record in &records {
        let rows = pyodide::table::rows(record)?;
        let kinds = rows.iter().filter(|row| row.is_kind).count();
        ensure!(kinds == 15 && rows.len() - kinds == 17, "{rows:?}");
        ensure!(record.samples["attach"].values().all(|samples| !samples.is_empty()), "{record:?}");
    }
    ensure!(pyodide::table::of(&records)?.contains("| richards |"));
    Ok(())
}

/// `measure` compares the results, counts the calls and knows each interpreter.
fn python_runs_four_ways(bench: &Bench) -> Result<()> {
    let records = python::measure(&bench.workshop, &[Engine::Node(NODE)], python::QUICK, |_| Ok(()))?;
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
}

/// The answers of each path are checked by the program that measures.
fn cost_is_measured(bench: &Bench, engine: Engine) -> Result<()> {
    let records = cost::measure(&bench.workshop, &[engine], cost::QUICK, |_| Ok(()))?;
    // One of sizes, and one of each path.
    ensure!(records.len() == 1 + cost::places(&[engine])?.len());
    let table = Part::Cost.table(&records)?;
    // Linking us must not bring the hook's text into the wasm file, or parts of `core`.
    let wasm = table.lines().find(|line| line.starts_with("| wasm, bytes |"));
    let added = wasm.and_then(|line| line.split(" | ").nth(3)?.trim_end_matches(" |").parse::<i64>().ok());
    ensure!(added.is_some_and(|added| added <= 2_304), "more than 2.25 KB of wasm: {table}");
    Ok(())
}

fn pool_is_measured(bench: &Bench, engine: Engine) -> Result<()> {
    let records = pool::measure(&bench.workshop, &[engine], pool::QUICK, |_| Ok(()))?;
    ensure!(records.len() == 1, "{records:?}");
    Part::Pool.table(&records)?;
    Ok(())
}

/// Each kind of start has its steps, on a first visit and on a later one.
fn start_is_measured(bench: &Bench, engine: Engine) -> Result<()> {
    let records = start::measure(&bench.workshop, &[engine], start::QUICK, |_| Ok(()))?;
    ensure!(records.len() == 1, "{records:?}");
    for (variant, cases) in records[0].samples.iter().filter(|(variant, _)| *variant != start::WARM) {
        let [all] = cases[start::ALL][..] else { anyhow::bail!("{variant}: {cases:?}") };
        let steps: f64 = cases.iter().filter(|(name, _)| *name != start::ALL).map(|(_, took)| took[0]).sum();
        ensure!(all > 1.0 && (all - steps).abs() < 0.001, "{variant}: {steps} of {all} ms: {cases:?}");
    }
    let again = if engine.node().is_some() { 0 } else { 1 };
    let table = Part::Start.table(&records)?;
    let rows = |text: &str| table.lines().filter(|line| line.contains(text)).count();
    for (modules, found) in [("| nothing imported |", 2 + again), ("| four modules |", 2 + again)] {
        ensure!(rows(modules) == found, "{modules}: {table}");
    }
    for (kind, last) in [("cold", "first statement"), ("restored", "first statement"), ("floor", "copy")] {
        let row = table.lines().find(|line| line.contains(&format!("| later | {kind} | ")));
        ensure!(row.is_some_and(|row| row.contains(last)), "{kind}: {table}");
    }
    Ok(())
}

fn charts_are_those_of_the_records(bench: &Bench) -> Result<()> {
    let folder = tempfile::tempdir()?;
    draw(&bench.workshop, folder.path())?;
    for name in charts::IN_DOCS {
        let file = format!("{name}.svg");
        let [drawn, kept] = [folder.path().join(&file), bench.workshop.root.join("docs").join(&file)];
        ensure!(fs::read(drawn)? == fs::read(kept)?, "docs/{file} is another: cargo xtask charts");
    }
    let page = fs::read_to_string(folder.path().join("index.html"))?;
    let charts = bench::charts(&Record::read_all(&records(&bench.workshop.root))?)?;
    for chart in &charts {
        ensure!(page.contains(&chart.title), "no chart {}: {page}", chart.title);
    }
    ensure!(page.matches("<svg").count() == charts.len(), "{} charts: {page}", charts.len());
    Ok(())
}

fn tables_are_those_of_the_records(bench: &Bench) -> Result<()> {
    let root = &bench.workshop.root;
    let readme = fs::read_to_string(root.join("benches/README.md"))?;
    let records = Record::read_all(&records(root))?;
    for part in Part::value_variants() {
        let table = part.table(&records)?;
        ensure!(readme.contains(&table), "benches/README.md has other tables than\n{table}");
    }
    for (page, name, table) in tables(&records)? {
        let shown = markdown::rows(&fs::read_to_string(root.join(page))?);
        for row in markdown::rows(&table) {
            ensure!(shown.contains(&row), "{page}, {name}, lacks {row:?}: cargo xtask charts");
        }
    }
    let isolation = isolation::table(root)?;
    let shown = fs::read_to_string(root.join("docs/pool.md"))?;
    ensure!(shown.contains(isolation.lines().next().unwrap_or_default()), "docs/pool.md has another engine");
    for row in markdown::rows(&isolation) {
        ensure!(markdown::rows(&shown).contains(&row), "docs/pool.md lacks {row:?}: cargo xtask isolation");
    }
    Ok(())
}
