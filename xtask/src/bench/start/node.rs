//! In Node: fresh processes of `xtask/js/embed.mjs`.

use std::{
    fs,
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, Result};
use duct::{Expression, cmd};
use serde_json::json;

use super::{Kind, Modules, Size, Steps, Visit, add, variant};
use crate::{
    Workshop,
    bench::record::Record,
    build::{
        cpython::Cpython,
        interpreter,
        python::Run,
        snapshot::{self, Embedder, format},
    },
    engines::{self, Engine},
    tools::node,
};

/// Each kind in turn, in fresh processes.
pub fn measure(workshop: &Workshop, cpython: &Cpython, major: u32, size: Size) -> Result<Record> {
    let version = &workshop.pins.node[&major.to_string()];
    let path = engines::entry(Engine::Node(major))?.default_path().name();
    let mut record = Record::new(workshop, super::PART, "Node", version, path, "ms")?;
    let run = &Run::new(&interpreter::build(workshop, cpython)?, major);
    let embedder = Embedder { workshop, cpython };
    let scratch = tempfile::tempdir()?;
    for modules in Modules::ALL {
        let imports: Vec<String> = modules.imports().iter().map(|&name| name.to_owned()).collect();
        let file = snapshot::take(embedder, run, "measured.snapshot", &imports)?;
        let source = format!("{}\nprint(1 + 1)", modules.source());
        let no_cache = "import sys\nsys.dont_write_bytecode = True\nsys.pycache_prefix = '/nowhere'\n";
        let cold = embedder.cold(run, &source)?;
        // Fills the cache.
        cold.read()?;
        let commands = [
            (Visit::First, Kind::Cold, embedder.cold(run, &format!("{no_cache}{source}"))?),
            (Visit::Later, Kind::Cold, cold),
            (Visit::Later, Kind::Restored, embedder.restore(run, &file, &source)?),
            (Visit::Later, Kind::Floor, floor(workshop, run, &file)?),
        ];
        for round in 0..size.rounds as usize {
            let mut order: Vec<usize> = (0..commands.len()).collect();
            order.rotate_left(round % commands.len());
            for index in order {
                let (visit, kind, command) = &commands[index];
                let steps = steps(command, &scratch.path().join("steps.json"))?;
                add(&mut record, &variant(*visit, modules, *kind), &steps)?;
            }
        }
    }
    Ok(record)
}

fn floor(workshop: &Workshop, run: &Run, file: &Path) -> Result<Expression> {
    let info = format::Info::read(&fs::read(file)?)?;
    let runs: Vec<_> = info.runs.iter().map(|run| json!({ "page": run.page, "pages": run.pages })).collect();
    let info = json!({ "memorySize": info.memory_size, "runs": runs, "dataOffset": info.data_offset });
    let program = node::program(&workshop.home, &workshop.pins, run.node)?;
    let script = workshop.root.join("benches/js/start-floor-node.mjs");
    Ok(cmd!(program, "--no-warnings", script, &run.folder, file, info.to_string()))
}

/// What each step of a fresh process took; the first one begins before it.
fn steps(command: &Expression, file: &Path) -> Result<Steps> {
    let mut last = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs_f64() * 1000.0;
    command.env("PYEM_STEPS", file).stdout_null().run()?;
    let text = fs::read_to_string(file)?;
    let ends: Steps = serde_json::from_str(&text).with_context(|| format!("parse {text}"))?;
    let took = |(name, end)| {
        let took = end - last;
        last = end;
        (name, took)
    };
    Ok(ends.into_iter().map(took).collect())
}
