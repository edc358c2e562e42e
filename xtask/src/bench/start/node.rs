//! In Node: fresh processes of `benches/js/start-node.mjs`.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, Result, ensure};
use duct::{Expression, cmd};
use serde_json::json;

use super::{Kind, Modules, Size, Steps, Visit, WARM, add, variant};
use crate::{
    Workshop,
    bench::{record::Record, start_up::Restore},
    build::{
        cpython::Cpython,
        interpreter,
        python::{Run, v8_flags},
        snapshot::{self, Embedder, format},
    },
    engines::{self, Engine},
    tools::{
        files::{clear, copy, copy_all},
        javascript, node,
    },
};

/// The driver of starts, and that of the floor.
const DRIVERS: [&str; 2] = ["start-node", "start-floor-node"];

/// Each kind in turn, in fresh processes.
pub fn measure(workshop: &Workshop, cpython: &Cpython, major: u32, size: Size) -> Result<Record> {
    let version = &workshop.pins.node[&major.to_string()];
    let path = engines::entry(Engine::Node(major))?.default_path().name();
    let mut record = Record::new(workshop, super::PART, "Node", version, path, "ms")?;
    let run = &Run::new(&interpreter::build(workshop, cpython)?, major);
    let [driver, floor] = bundle(workshop, &run.folder)?;
    let program = node::program(&workshop.home, &workshop.pins, major)?;
    let flags = v8_flags(major, None)?;
    let node = |script: &Path, rest: &[&str]| {
        let paths = [script, &run.folder].map(|path| path.display().to_string());
        let rest = rest.iter().map(|&argument| argument.to_owned());
        let arguments = flags.iter().cloned().chain(paths).chain(rest);
        cmd(&program, arguments).env("PYEM_LIB", cpython.source.join("Lib"))
    };
    let cache = tempfile::tempdir()?;
    for modules in Modules::ALL {
        let imports: Vec<String> = modules.imports().iter().map(|&name| name.to_owned()).collect();
        let embedder = Embedder { workshop, cpython };
        let path = snapshot::take(embedder, run, "measured.snapshot", &imports)?;
        let file = path.display().to_string();
        let source = format!("{}\nprint(1 + 1)", modules.source());
        let no_cache = "import sys\nsys.dont_write_bytecode = True\nsys.pycache_prefix = '/nowhere'\n";
        let uncached = format!("{no_cache}{source}");
        let start = |kind: Kind, visit: Visit| {
            let source = if visit == Visit::First { &uncached } else { &source };
            let command = match kind {
                Kind::Floor => node(&floor, &[&file, &info(&file)?]),
                _ => node(&driver, &[&kind.to_string(), &file, source]),
            };
            // Where Node 22 and later keep scripts that they have compiled.
            anyhow::Ok(match visit {
                Visit::First => command.env_remove("NODE_COMPILE_CACHE"),
                _ => command.env("NODE_COMPILE_CACHE", cache.path()),
            })
        };
        let mut commands = Vec::new();
        for visit in [Visit::First, Visit::Later] {
            for kind in Kind::ALL {
                let command = start(kind, visit)?;
                // Fills the caches.
                if visit == Visit::Later {
                    command.stderr_null().read()?;
                }
                commands.push((visit, kind, command));
            }
        }
        for round in 0..size.rounds as usize {
            let mut order: Vec<usize> = (0..commands.len()).collect();
            order.rotate_left(round % commands.len());
            for index in order {
                let (visit, kind, command) = &commands[index];
                add(&mut record, &variant(*visit, modules, *kind), &steps(*kind, command)?)?;
            }
        }
        if modules == Modules::Some {
            let Restore { copy, restore } = Restore::measure(embedder, run, &path, size.rounds)?;
            record.add(WARM, [("copy".to_owned(), copy), ("restore".to_owned(), restore)].into());
        }
    }
    Ok(record)
}

/// Makes each driver one file, with the interpreter's glue code in it.
fn bundle(workshop: &Workshop, python: &Path) -> Result<[PathBuf; 2]> {
    let folder = workshop.home.join("bench/start-node");
    clear(&folder)?;
    copy_all(&workshop.root.join("benches/js"), &folder.join("benches/js"))?;
    copy_all(&workshop.root.join("npm/snapshot"), &folder.join("npm/snapshot"))?;
    copy(&python.join("python.mjs"), &folder.join("benches/js/python.mjs"))?;
    let esbuild = javascript::install(workshop)?.join("@esbuild/linux-x64/bin/esbuild");
    // Node makes an ES module of what `import` names, and reads all that it exports: all of node:fs.
    let flags = [
        "--bundle",
        "--minify",
        "--platform=node",
        "--format=cjs",
        "--out-extension:.js=.cjs",
        "--supported:dynamic-import=false",
        "--define:import.meta.url=__url",
        "--banner:js=const __url = require('node:url').pathToFileURL(__filename).href;",
        "--log-level=warning",
    ];
    let outdir = format!("--outdir={}", folder.display());
    let sources = DRIVERS.map(|name| format!("benches/js/{name}.mjs"));
    let arguments = sources.into_iter().chain(flags.map(str::to_owned)).chain([outdir]);
    cmd(esbuild, arguments).dir(&folder).run()?;
    Ok(DRIVERS.map(|name| folder.join(format!("{name}.cjs"))))
}

/// Where the pages of a snapshot go, for the floor.
fn info(file: &str) -> Result<String> {
    let info = format::Info::read(&fs::read(file)?)?;
    let runs: Vec<_> = info.runs.iter().map(|run| json!({ "page": run.page, "pages": run.pages })).collect();
    Ok(json!({ "memorySize": info.memory_size, "runs": runs, "dataOffset": info.data_offset }).to_string())
}

/// What each step of a fresh process took; the first one begins before it.
fn steps(kind: Kind, command: &Expression) -> Result<Steps> {
    let start = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs_f64() * 1000.0;
    let output = command.stdout_capture().stderr_capture().run()?;
    let end = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs_f64() * 1000.0;
    let answer = String::from_utf8(output.stdout)?;
    let expected = if kind == Kind::Floor { "" } else { "2\n" };
    ensure!(answer == expected, "{kind}: the answer is {answer:?}, not {expected:?}");
    let text = String::from_utf8(output.stderr)?;
    let ends: Steps = serde_json::from_str(&text).with_context(|| format!("parse {text}"))?;
    let mut last = start;
    let took = |(name, end)| {
        let took = end - last;
        last = end;
        (name, took)
    };
    let steps: Steps = ends.into_iter().map(took).collect();
    ensure!(last < end, "the process ended at {end}, its last step at {last}");
    Ok(steps)
}
