//! Snapshots of a program with wasm-bindgen and pyo3, taken in Node. Restored, it prints, allocates, calls JavaScript and
//! waits for promises: in Node, in browsers and in workerd.

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, Result, bail, ensure};
use duct::cmd;
use e2e::{
    Bench,
    cases::{self, Case},
    folder::{copy_of, no_errors},
    trial,
};
use libtest_mimic::Trial;
use serde_json::{Value, json};
use xtask::{
    browser::{driver::Browser, serve::Server, tab::with_page},
    build::{archive, page::program, workerd},
    engines::{self, Ability, Engine, Entry},
    tools::files::{copy_all, digest, sha256},
};

fn main() -> ExitCode {
    e2e::run(trials())
}

/// Each engine restores what the oldest and the newest Node took.
fn trials() -> Result<Vec<Trial>> {
    let mut trials = Vec::new();
    for taker in cases::oldest_and_newest()? {
        for entry in engines::all()? {
            let name = format!("from-node-{}::{}", taker.node, entry.engine);
            trials.push(trial(name, move |bench| restores(bench, taker, &entry)));
        }
    }
    Ok(trials)
}

/// The program, what it needs, and its snapshots, unless the same were made before.
fn folder(bench: &Bench, taker: Case) -> Result<PathBuf> {
    let name = format!("snapshot-demo-{}", taker.node);
    let workshop = &bench.workshop;
    let folder = bench.scratch(&name)?;
    let program = program::build(workshop, &bench.cpython)?;
    let inputs = ["npm/snapshot", "demo/page", "tests/e2e/js", "xtask/python/pack_stdlib.py"];
    let inputs = inputs.map(|name| workshop.root.join(name));
    let key = digest(&[&inputs[..], &["demo.wasm", "demo.js"].map(|name| program.join(name))].concat())?;
    if !folder.join("used.snapshot").exists() {
        workshop.steps.forget(&[&name])?;
    }
    workshop.steps.once(&name, &key, |_| {
        let js = |name: &str| workshop.root.join("tests/e2e/js").join(name);
        let files = [
            (program.join("demo.js"), "demo.mjs"),
            (program.join("demo.wasm"), "demo.wasm"),
            (workshop.root.join(archive::DIST).join("adaptor.wasm"), "adaptor.wasm"),
            (workshop.root.join("demo/page/suspending.mjs"), "suspending.mjs"),
            (workshop.root.join("demo/page/page.mjs"), "page.mjs"),
            (js("demo-program.mjs"), "demo-program.mjs"),
            (js("demo-node.mjs"), "demo-node.mjs"),
            (js("demo-worker.mjs"), "demo-worker.mjs"),
            (js("worker-errors.js"), "worker-errors.js"),
            (js("demo-page.mjs"), "demo-page.mjs"),
            (js("demo-page.html"), "index.html"),
            (js("demo-workerd.mjs"), "demo-workerd.mjs"),
            (js("demo-workerd.capnp"), "demo-workerd.capnp"),
        ];
        copy_of(bench, &name, &files)?;
        copy_all(&workshop.root.join("npm/snapshot"), &folder.join("snapshot"))?;
        let build = sha256(&fs::read(folder.join("demo.wasm"))?);
        let minor = workshop.pins.cpython.minor();
        let parts = format!("export const build = '{build}';\nexport const minor = '{minor}';\n");
        fs::write(folder.join("parts.mjs"), parts)?;
        bench.cpython.pack_library(workshop, &folder.join("stdlib.zip")).stdout_null().run()?;

        let found = in_node(bench, &folder, taker.node, "take")?;
        ensure!(found["output"] == json!(["stdout", "before\n"]), "{found}");
        ensure!(found["withAnObject"] == "javascript-values", "a live object is in the snapshot: {found}");
        Ok(())
    })?;
    Ok(folder)
}

fn in_node(bench: &Bench, folder: &Path, node: u32, verb: &str) -> Result<Value> {
    let program = bench.node(node)?;
    let script = folder.join("demo-node.mjs");
    let text = cmd!(program, "--no-warnings", "--stack-size=6500", script, verb).read()?;
    serde_json::from_str(&text).with_context(|| text)
}

fn in_browser(bench: &Bench, folder: &Path, browser: Browser) -> Result<Value> {
    let server = Server::start(folder, None)?;
    with_page(&bench.workshop, browser, async |page| {
        page.client.goto(&server.address).await?;
        let text = page.wait_text("body", |text| !text.is_empty()).await?;
        no_errors(page).await?;
        serde_json::from_str(&text).with_context(|| text)
    })
}

fn in_workerd(bench: &Bench, folder: &Path) -> Result<Value> {
    let program = workerd::install(&bench.workshop)?;
    let text = workerd::Server::start(&program, folder, "demo-workerd.capnp")?.get("/")?;
    serde_json::from_str(&text).with_context(|| text)
}

fn restores(bench: &Bench, taker: Case, entry: &Entry) -> Result<()> {
    let folder = folder(bench, taker)?;
    let found = match entry.engine {
        Engine::Node(node) => in_node(bench, &folder, node, "restore")?,
        Engine::Browser(browser) => in_browser(bench, &folder, browser)?,
        Engine::Workerd => in_workerd(bench, &folder)?,
        engine @ (Engine::Deno | Engine::Bun) => bail!("{engine} starts no demo"),
    };
    let jspi = entry.jspi == Ability::Yes;
    ensure!(found["path"] == entry.default_path().name(), "{found}");
    ensure!(found["jspi"] == jspi, "{found}");
    let mut output = vec!["stdout", "42 30000000\n"];
    if jspi {
        output.extend(["stdout", "waited for an answer\n"]);
        let refused = json!({ "take": "suspended", "restore": "suspended" });
        ensure!(found["whileSuspended"] == refused, "a call is suspended: {found}");
    }
    ensure!(found["output"] == json!(output), "{found}");
    ensure!(found["afterwards"] == "none", "every call has returned: {found}");
    if entry.engine == Engine::Workerd {
        let version = &bench.workshop.pins.workerd.version;
        engines::record(&bench.workshop, "workerd", version, |seen| seen.jspi = "yes".to_owned())?;
    }
    if entry.engine.node().is_some() {
        let over = json!({ "refusal": "table-length", "output": ["stdout", "41\n"] });
        ensure!(found["overUsed"] == over, "{found}");
    }
    if entry.engine == Engine::Workerd {
        let version = &bench.workshop.pins.workerd.version;
        engines::record(&bench.workshop, "workerd", version, |seen| {
            seen.jspi = if jspi { "yes" } else { "no" }.to_owned();
        })?;
    }
    Ok(())
}
