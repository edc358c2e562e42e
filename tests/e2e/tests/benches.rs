//! The benchmarks run, and what they measure gives the right results.

use std::fs;

use anyhow::{Result, ensure};
use e2e::with_bench;
use xtask::{
    bench::{Part, dispatch, engine::Engine, record::Record, records},
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

#[test]
fn the_tables_are_those_of_the_records() -> Result<()> {
    let root = project_root()?;
    let table = Part::Dispatch.table(&Record::read_all(&records(&root))?)?;
    let readme = fs::read_to_string(root.join("benches/README.md"))?;
    ensure!(readme.contains(&table), "benches/README.md has other tables than\n{table}");
    Ok(())
}
