//! In Node: fresh processes of `benches/js/start-node.mjs`.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, Error, Result, ensure};
use duct::{Expression, cmd};
use serde::Deserialize;
use serde_json::json;
use tempfile::TempDir;

use super::{Kind, Modules, Size, Steps, Visit, WARM, add, variant};
use crate::{
    Workshop,
    bench::{record::Record, stats::median},
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
    let starts = Starts::new(workshop, cpython, run)?;
    for modules in Modules::ALL {
        let imports: Vec<String> = modules.imports().iter().map(|&name| name.to_owned()).collect();
        let file = snapshot::take(Embedder { workshop, cpython }, run, "measured.snapshot", &imports)?;
        let mut commands = Vec::new();
        for visit in [Visit::First, Visit::Later] {
            for kind in Kind::ALL {
                commands.push((visit, kind, starts.command(kind, visit, &file, &imports)?));
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
            let Instances { copy, restore } = starts.instances(&file, size.rounds)?;
            record.add(WARM, [("copy".to_owned(), copy), ("restore".to_owned(), restore)].into());
        }
    }
    Ok(record)
}

/// Medians of cold and restored starts that find bytecode and compiled scripts, in turn: milliseconds.
pub fn cold_and_restored(
    Embedder { workshop, cpython }: Embedder<'_>,
    run: &Run,
    file: &Path,
    imports: &[String],
    times: u32,
) -> Result<[f64; 2]> {
    let starts = Starts::new(workshop, cpython, run)?;
    let kinds = [Kind::Cold, Kind::Restored];
    let commands =
        kinds.map(|kind| Ok::<_, Error>((kind, starts.command(kind, Visit::Later, file, imports)?)));
    let commands = commands.into_iter().collect::<Result<Vec<_>>>()?;
    let mut all = [const { Vec::new() }; 2];
    for _ in 0..times {
        for (list, (kind, command)) in all.iter_mut().zip(&commands) {
            list.push(steps(*kind, command)?.iter().map(|(_, took)| took).sum());
        }
    }
    let [cold, restored] = all;
    Ok([median(cold)?, median(restored)?])
}

/// Milliseconds for the same pages, each into a fresh instance of one process.
#[derive(Debug, Deserialize)]
struct Instances {
    /// Copied, and nothing else.
    copy: Vec<f64>,
    /// By `restoreSnapshot`, of a snapshot that was inspected before.
    restore: Vec<f64>,
}

/// What fresh processes of a Node run.
struct Starts<'a> {
    workshop: &'a Workshop,
    run: &'a Run,
    program: PathBuf,
    flags: Vec<String>,
    driver: PathBuf,
    floor: PathBuf,
    library: PathBuf,
    /// Where Node 22 and later keep scripts that they have compiled.
    cache: TempDir,
}

impl<'a> Starts<'a> {
    fn new(workshop: &'a Workshop, cpython: &Cpython, run: &'a Run) -> Result<Self> {
        let [driver, floor] = bundle(workshop, &run.folder)?;
        Ok(Self {
            workshop,
            run,
            program: node::program(&workshop.home, &workshop.pins, run.node)?,
            flags: v8_flags(run.node, None)?,
            driver,
            floor,
            library: cpython.source.join("Lib"),
            cache: tempfile::tempdir()?,
        })
    }

    fn node(&self, script: &Path, rest: &[&str]) -> Expression {
        let paths = [script, &self.run.folder].map(|path| path.display().to_string());
        let rest = rest.iter().map(|&argument| argument.to_owned());
        let arguments = self.flags.iter().cloned().chain(paths).chain(rest);
        cmd(&self.program, arguments).env("PYEM_LIB", &self.library)
    }

    /// A start that imports these and prints a sum; its caches are filled.
    fn command(&self, kind: Kind, visit: Visit, file: &Path, imports: &[String]) -> Result<Expression> {
        let file = file.display().to_string();
        let no_cache = match visit {
            Visit::First => "import sys\nsys.dont_write_bytecode = True\nsys.pycache_prefix = '/nowhere'\n",
            _ => "",
        };
        let source: String = imports.iter().map(|name| format!("import {name}\n")).collect();
        let command = match kind {
            Kind::Floor => self.node(&self.floor, &[&file, &info(&file)?]),
            _ => {
                let source = format!("{no_cache}{source}print(1 + 1)");
                self.node(&self.driver, &[&kind.to_string(), &file, &source])
            }
        };
        if visit == Visit::First {
            return Ok(command.env_remove("NODE_COMPILE_CACHE"));
        }
        let command = command.env("NODE_COMPILE_CACHE", self.cache.path());
        command.stderr_null().read()?;
        Ok(command)
    }

    /// Copies and restores in turn.
    fn instances(&self, file: &Path, rounds: u32) -> Result<Instances> {
        let script = self.workshop.root.join("benches/js/restore.mjs");
        let text = cmd!(&self.program, "--no-warnings", script, &self.run.folder, file, rounds.to_string())
            .env("PYEM_LIB", &self.library)
            .read()?;
        serde_json::from_str(&text).with_context(|| format!("parse {text}"))
    }
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
