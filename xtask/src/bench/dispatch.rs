//! Each design of a call trampoline, and a correctly typed call, in one program on each engine.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use duct::cmd;
use serde::{Deserialize, Serialize};

use super::record::{Cases, Record};
use crate::{
    Workshop,
    browser::{
        driver::Browser,
        serve::Server,
        tab::{Page, with_page},
    },
    build::{archive, upstream},
    engines::{self, Engine},
    tools::{
        files::{clear, copy, digest},
        node,
    },
};

pub mod table;

const PART: &str = "dispatch";

/// How much is measured; benches/js/dispatch.mjs gets it as JSON.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Size {
    /// Fresh processes of each engine.
    #[serde(skip)]
    pub processes: u32,
    /// Rounds of warm calls in each.
    pub rounds: u32,
    /// Fresh instances of each design, for first calls.
    pub firsts: u32,
    /// What a sample of warm calls takes at least.
    pub milliseconds: u32,
    /// What each design has to warm up, in milliseconds.
    pub warm: u32,
}

/// Enough for a record.
pub const FULL: Size = Size { processes: 3, rounds: 11, firsts: 7, milliseconds: 20, warm: 1000 };
/// Enough to see that it runs: results are checked, times mean nothing.
pub const QUICK: Size = Size { processes: 1, rounds: 2, firsts: 1, milliseconds: 0, warm: 0 };

/// What benches/js/dispatch.mjs returns.
#[derive(Debug, Deserialize)]
struct Measured {
    path: String,
    samples: BTreeMap<String, Cases>,
}

/// Measures on each engine; `keep` gets each record when it is complete.
pub fn measure(
    workshop: &Workshop,
    engines: &[Engine],
    size: Size,
    keep: impl Fn(&Record) -> Result<()>,
) -> Result<Vec<Record>> {
    let site = build(workshop)?;
    let mut records = Vec::new();
    for &engine in engines {
        let mut record: Option<Record> = None;
        for _ in 0..size.processes {
            let (version, measured) = match engine {
                Engine::Node(major) => in_node(workshop, &site, major, size)?,
                Engine::Browser(browser) => in_browser(workshop, &site, browser, size)?,
                Engine::Workerd | Engine::Deno | Engine::Bun => bail!("nothing is measured in {engine}"),
            };
            let Measured { path, samples } = measured;
            let record = match &mut record {
                Some(record) => record,
                None => {
                    let new = Record::new(workshop, PART, engine.name(), &version, &path, "ns")?;
                    record.insert(new)
                }
            };
            ensure!(record.path == path && record.version == version, "{path} of {version} in {record:?}");
            for (variant, cases) in samples {
                record.add(&variant, cases);
            }
        }
        let mut record = record.context("no process was asked for")?;
        let Size { processes, rounds, firsts, milliseconds, .. } = size;
        let sizes = [
            ("processes", processes.to_string()),
            ("rounds", format!("{rounds} in each process, of {milliseconds} ms for each sample")),
            ("first calls", format!("4096 in each of {firsts} instances in each process")),
        ];
        record.conditions.extend(sizes.map(|(name, value)| (name.to_owned(), value)));
        check(&record, engine).with_context(|| format!("{} {}", record.engine, record.version))?;
        eprintln!("  done    {} {}", engine.name(), record.version);
        keep(&record)?;
        records.push(record);
    }
    Ok(records)
}

/// Every design has every case; those with WebAssembly GC are absent where the engine has none.
fn check(record: &Record, engine: Engine) -> Result<()> {
    let gc = ["ours, wasm-gc", "CPython main", "CPython #128628"];
    let mut designs = BTreeSet::from(["direct", "ours, probe", "CPython 3.13", "emulated casts"]);
    designs.extend(gc.into_iter().filter(|_| record.path == "wasm-gc"));
    let measured: BTreeSet<&str> = record.samples.keys().map(String::as_str).collect();
    ensure!(measured == designs, "{measured:?} were measured, not {designs:?}");
    ensure!(record.path == engines::entry(engine)?.default_path().name(), "path {}", record.path);
    for (design, cases) in &record.samples {
        ensure!(cases.len() == 13, "{design}: {:?}", cases.keys());
        for (case, samples) in cases {
            let sane = !samples.is_empty() && samples.iter().all(|time| time.is_finite());
            ensure!(sane, "{design}, {case}: {samples:?}");
        }
    }
    Ok(())
}

const FLAGS: [&str; 9] = [
    "-O2",
    "-sMODULARIZE",
    "-sEXPORT_ES6",
    "-sENVIRONMENT=node,web,worker",
    "-sFILESYSTEM=0",
    "-sINITIAL_MEMORY=4MB",
    "-sSTACK_SIZE=64KB",
    "-sEXPORTED_RUNTIME_METHODS=wasmTable,wasmMemory",
    "--no-entry",
];

/// Links the program in its two ways, and puts the page around it.
fn build(workshop: &Workshop) -> Result<PathBuf> {
    let archive = archive::build(workshop)?;
    let site = workshop.home.join("bench/dispatch");
    let benches = workshop.root.join("benches");
    let errors = workshop.root.join("tests/e2e/js/errors.js");
    let inputs = [archive.clone(), benches.join("c"), benches.join("js"), errors.clone()];
    let tools = (&workshop.emscripten.version, FLAGS, upstream::encode());
    let key = format!("{} {} {tools:?}", site.display(), digest(&inputs)?);
    workshop.steps.once("link of the dispatch benchmark", &key, |log| {
        clear(&site)?;
        let [designs, callees, no_python] =
            ["designs", "callees", "no_python"].map(|name| benches.join("c").join(format!("{name}.c")));
        let link = |name: &str, inputs: &[&Path], more: &[&str]| {
            let mut arguments: Vec<_> = inputs.iter().map(|input| input.as_os_str().to_owned()).collect();
            arguments.extend(FLAGS.iter().chain(more).map(Into::into));
            arguments.extend(["-o".into(), site.join(name).into_os_string()]);
            log.run(&workshop.emscripten.command("emcc", arguments))
        };
        link("designs.mjs", &[&designs, &callees, &no_python, &archive], &[])?;
        // Without the archive: its slots hold functions that this way to call does not know.
        let emulate = ["-DEMULATE", "-sEMULATE_FUNCTION_POINTER_CASTS"];
        link("emulated.mjs", &[&designs, &callees], &emulate)?;
        fs::write(site.join("upstream.wasm"), upstream::encode())?;
        let scripts = ["dispatch.mjs", "dispatch-page.mjs", "dispatch-worker.mjs"]
            .map(|name| (benches.join("js").join(name), name));
        let page = [(benches.join("js/dispatch.html"), "index.html"), (errors, "errors.js")];
        for (from, to) in scripts.into_iter().chain(page) {
            copy(&from, &site.join(to))?;
        }
        Ok(())
    })?;
    Ok(site)
}

fn in_node(workshop: &Workshop, site: &Path, major: u32, size: Size) -> Result<(String, Measured)> {
    let major = major.to_string();
    let program = node::program(&workshop.home, &workshop.pins, &major)?;
    let driver = workshop.root.join("benches/js/dispatch-node.mjs");
    let text = cmd!(program, "--no-warnings", driver, site, serde_json::to_string(&size)?).read()?;
    let measured = serde_json::from_str(&text).with_context(|| format!("parse {text}"))?;
    Ok((workshop.pins.node[&major].clone(), measured))
}

fn in_browser(workshop: &Workshop, site: &Path, browser: Browser, size: Size) -> Result<(String, Measured)> {
    let server = Server::start(site, None)?;
    let address = format!("{}?{}", server.address, serde_json::to_string(&size)?);
    with_page(workshop, browser, async |page| {
        page.client.goto(&address).await?;
        let answer = answer(page).await?;
        Ok((page.version()?, answer))
    })
}

/// What the page's worker returns in the end.
async fn answer(page: &Page) -> Result<Measured> {
    let start = Instant::now();
    loop {
        let title = page.client.title().await?;
        let errors = page.errors().await?;
        ensure!(errors.is_empty(), "errors in the page: {errors:?}");
        match title.as_str() {
            "running" => ensure!(start.elapsed() < Duration::from_secs(500), "it has not ended after 500 s"),
            "measured" => {
                let measured = page.client.execute("return JSON.stringify(measured);", vec![]).await?;
                return Ok(serde_json::from_str(measured.as_str().context("JSON")?)?);
            }
            _ => bail!("{title}: {:?}", page.client.execute("return `${globalThis.error}`;", vec![]).await?),
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}
