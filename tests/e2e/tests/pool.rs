//! Pools: a call that does what it can to leave something behind, and the next call, which finds nothing.

use std::{
    ffi::OsString,
    fs,
    os::unix::fs::symlink,
    path::PathBuf,
    process::ExitCode,
    thread::sleep,
    time::{Duration, Instant, SystemTime},
};

use anyhow::{Context, Result, ensure};
use duct::cmd;
use e2e::{
    Bench, NODE, OURS, Once, every_cell, folder::no_errors, process::read, stock, trial, trial_beside,
};
use libtest_mimic::Trial;
use serde_json::Value;
use wasmparser::{Operator, Parser, Payload};
use xtask::{
    browser::{
        driver::Browser,
        serve::{POLICY, Server},
        tab::with_page,
    },
    build::pool,
    commands::isolation::NOISE,
    engines::{self, Engine},
    tools::{
        files::{clear, copy},
        pyodide,
    },
};

/// Calls after those that do one thing each.
const CALLS: u64 = 40;
/// Calls in the queue at once.
const LOAD: u64 = 200;
/// Calls before memory is compared with what it was after a tenth of them.
const GROWTH: u64 = 1500;

fn main() -> ExitCode {
    e2e::run_at_once(trials(), |_| Ok(()))
}

fn trials() -> Result<Vec<Trial>> {
    let mut trials = Vec::new();
    // What differs between engines differs between the oldest and the newest; all are tested with `--all`.
    let nodes = if every_cell() { engines::nodes()? } else { engines::oldest_and_newest_node()?.to_vec() };
    for node in nodes {
        trials.push(trial_beside(format!("left_behind::node-{node}"), move |bench| {
            left_behind(bench, Engine::Node(node))
        }));
    }
    trials.push(trial_beside("left_behind::deno", |bench| left_behind(bench, Engine::Deno)));
    trials.push(trial_beside("ends::deno", |bench| run(bench, Engine::Deno, "ends", &[]).map(drop)));
    for browser in engines::browsers()? {
        let name = Engine::Browser(browser);
        trials.push(trial(format!("ends::{name}"), move |bench| in_page(bench, browser, "ends").map(drop)));
        // The view Start-up has a pool in each browser (`page.rs`).
        if browser == Browser::Chromium || every_cell() {
            trials.push(trial(format!("left_behind::{name}"), move |bench| {
                left_behind_in_page(bench, browser)
            }));
        }
    }
    trials.push(trial("without_workers", without_workers));
    trials.push(trial_beside("example", example));
    trials.push(trial_beside("globals_and_tables", globals_and_tables));
    trials.push(trial_beside("suspends", suspends));
    for version in
        stock::versions()?.into_iter().filter(|version| version == pyodide::CURRENT || every_cell())
    {
        trials.push(trial_beside(format!("pyodide::{version}"), move |bench| {
            let folder = pyodide::folder(&bench.workshop, &version)?;
            run(bench, Engine::Node(NODE), "pyodide", &[folder.display().to_string()]).map(drop)
        }));
    }
    let [oldest, newest] = engines::oldest_and_newest_node()?;
    for node in [oldest, newest] {
        // What an engine words in its own way; the rest is the pool's.
        let own = ["ends", "hostile"];
        let cases = own.into_iter().chain(["late-start", "slots", "values", "space", "random", "refused"]);
        for case in cases.filter(|case| node == newest || own.contains(case) || every_cell()) {
            trials.push(trial_beside(format!("{case}::node-{node}"), move |bench| {
                run(bench, Engine::Node(node), case, &[]).map(drop)
            }));
        }
        if node != newest && !every_cell() {
            continue;
        }
        trials.push(trial_beside(format!("load::node-{node}"), move |bench| load(bench, node)));
        trials.push(trial_beside(format!("growth::node-{node}"), move |bench| growth(bench, node)));
    }
    Ok(trials)
}

/// The interpreter, and glue code that does what no call can.
fn folder(bench: &Bench) -> Result<&PathBuf> {
    static FOLDER: Once<PathBuf> = Once::new();
    FOLDER.get(|| {
        let folder = pool::build(&bench.workshop, &bench.cpython)?;
        copy(&bench.workshop.root.join("tests/e2e/js/deadly.mjs"), &folder.join("deadly.mjs"))?;
        Ok(folder)
    })
}

/// Runs a case of `pool.mjs`.
fn run(bench: &Bench, engine: Engine, case: &str, given: &[String]) -> Result<Value> {
    let driver = bench.workshop.root.join("tests/e2e/js/pool.mjs");
    let command = engine.command(&bench.workshop)?;
    let mut arguments: Vec<OsString> = command[1..].iter().map(Into::into).collect();
    arguments.extend([driver.into(), folder(bench)?.into(), case.into()]);
    arguments.extend(given.iter().map(Into::into));
    let text = read(case, &cmd(&command[0], arguments))?;
    serde_json::from_str(&text).with_context(|| format!("parse {text}"))
}

/// Another one each time: a failure names it.
fn seed() -> Result<String> {
    let seconds = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs();
    Ok((seconds % 1_000_000).to_string())
}

fn left_behind(bench: &Bench, engine: Engine) -> Result<()> {
    let seen = run(bench, engine, "left-behind", &[seed()?, CALLS.to_string()])?;
    was_used(&seen)
}

/// Most instances are set back, and not replaced, or equal findings would show nothing.
fn was_used(seen: &Value) -> Result<()> {
    let number = |name: &str| seen[name].as_u64().with_context(|| format!("{name} of {seen}"));
    ensure!(number("actions")? > 30, "{seen}");
    for reason in ["it called __syscall_pipe2", "memory grew", "exit"] {
        ensure!(seen["replaced"][reason].as_u64() > Some(0), "{reason}: {seen}");
    }
    ensure!(number("setBack")? * 2 > number("calls")?, "{seen}");
    ensure!(seen["codes"]["value"].as_u64() > Some(10), "{seen}");
    Ok(())
}

/// Loads `pool-page.html`, with the files laid out as in the project. Returns what it shows in the end.
fn in_page(bench: &Bench, browser: Browser, query: &str) -> Result<Value> {
    let (title, text) = shown(bench, browser, POLICY, query)?;
    ensure!(title == "right", "{text}");
    Ok(serde_json::from_str(&text)?)
}

/// Its last title, and its text.
fn shown(bench: &Bench, browser: Browser, policy: &'static str, query: &str) -> Result<(String, String)> {
    static SITE: Once<PathBuf> = Once::new();
    let site = SITE.get(|| {
        let site = bench.scratch("pool-site")?;
        clear(&site)?;
        fs::create_dir_all(site.join("tests/e2e"))?;
        for part in ["npm", "tests/e2e/js", "tests/e2e/cpython"] {
            symlink(bench.workshop.root.join(part), site.join(part))?;
        }
        symlink(folder(bench)?, site.join("python"))?;
        Ok(site)
    })?;
    let server = Server::with_policy(site, None, policy)?;
    let address = format!("{}tests/e2e/js/pool-page.html?{query}", server.address);
    with_page(&bench.workshop, browser, async |page| {
        page.client.goto(&address).await?;
        let start = Instant::now();
        let mut title = page.client.title().await?;
        while title == "running" {
            ensure!(
                start.elapsed() < Duration::from_secs(110),
                "it runs on: {}",
                page.text("#output").await?
            );
            sleep(Duration::from_millis(200));
            title = page.client.title().await?;
        }
        if title == "right" {
            no_errors(page).await?;
        }
        Ok((title, page.text("#output").await?))
    })
}

/// The page's policy allows none.
fn without_workers(bench: &Bench) -> Result<()> {
    const POLICY: &str = "script-src 'self' 'wasm-unsafe-eval'; worker-src 'none'";
    let (title, text) = shown(bench, Browser::Chromium, POLICY, "ends")?;
    let message = "no instance could be made: the worker ended: its script worker.mjs cannot be loaded";
    ensure!(title == "wrong" && text.contains(message), "{title}: {text}");
    Ok(())
}

fn left_behind_in_page(bench: &Bench, browser: Browser) -> Result<()> {
    // WebKitGTK takes seconds for what the others do in milliseconds: one action in eight has to do.
    if browser == Browser::WebKit {
        return in_page(bench, browser, "share=8&calls=0").map(drop);
    }
    was_used(&in_page(bench, browser, "share=1&calls=5")?)
}

fn load(bench: &Bench, node: u32) -> Result<()> {
    let seen = run(bench, Engine::Node(node), "load", &[seed()?, LOAD.to_string()])?;
    ensure!(seen["answers"] == LOAD && seen["hostile"].as_u64() > Some(0), "{seen}");
    Ok(())
}

fn growth(bench: &Bench, node: u32) -> Result<()> {
    let seen = run(bench, Engine::Node(node), "growth", &[GROWTH.to_string()])?;
    for what in ["handles", "table", "wasm memory"] {
        ensure!(
            seen["before"][what].is_u64() && seen["before"][what] == seen["after"][what],
            "{what}: {seen}"
        );
    }
    let memory = |when: &str| seen[when]["process memory"].as_u64().context("memory");
    ensure!(memory("after")? < memory("before")? + NOISE, "{seen}");
    ensure!(seen["replaced"] == serde_json::json!({}), "{seen}");
    Ok(())
}

/// What a reader of docs/pool.md copies.
fn example(bench: &Bench) -> Result<()> {
    let from = folder(bench)?;
    let place = bench.scratch("pool-example")?;
    clear(&place)?;
    fs::create_dir_all(place.join("node_modules"))?;
    symlink(bench.workshop.root.join("npm"), place.join("node_modules/pyem-trampoline"))?;
    let text = fs::read_to_string(bench.workshop.root.join("docs/pool.md"))?;
    let code = |nth| text.split("```js\n").nth(nth)?.split("```").next();
    let main = code(1).context("an example")?;
    fs::write(place.join("main.mjs"), format!("{main}\nconsole.log(JSON.stringify(answer));\n"))?;
    fs::write(place.join("take.mjs"), code(2).context("how its snapshot is taken")?)?;
    let library = format!("python{}.zip", bench.workshop.pins.cpython.digits());
    for (file, name) in
        [("python.mjs", "python.mjs"), ("python.wasm", "python.wasm"), ("library.zip", &library)]
    {
        copy(&from.join(file), &place.join(name))?;
    }
    cmd!(bench.node(NODE)?, "take.mjs").dir(&place).run()?;
    let answer = read("the example", &cmd!(bench.node(NODE)?, "main.mjs").dir(&place))?;
    ensure!(answer.trim_end() == r#"{"value":6,"stdout":"hello\n","stderr":""}"#, "{answer}");
    Ok(())
}

/// What an instance keeps beside its memory. The mutable globals are the stack's pointer, base and end: the pool sets the first
/// back, and the others never change. No instruction changes a table, and JavaScript that does is seen.
fn globals_and_tables(bench: &Bench) -> Result<()> {
    let wasm = fs::read(folder(bench)?.join("python.wasm"))?;
    let mut mutable = 0;
    for payload in Parser::new(0).parse_all(&wasm) {
        match payload? {
            Payload::GlobalSection(globals) => {
                for global in globals {
                    mutable += usize::from(global?.ty.mutable);
                }
            }
            Payload::CodeSectionEntry(function) => {
                for operator in function.get_operators_reader()? {
                    let operator = operator?;
                    ensure!(
                        !matches!(
                            operator,
                            Operator::TableSet { .. }
                                | Operator::TableGrow { .. }
                                | Operator::TableFill { .. }
                                | Operator::TableCopy { .. }
                                | Operator::TableInit { .. }
                        ),
                        "{operator:?}"
                    );
                }
            }
            _ => {}
        }
    }
    ensure!(mutable == 3, "{mutable} mutable globals");
    Ok(())
}

/// The interpreter of the tests of JSPI is refused.
fn suspends(bench: &Bench) -> Result<()> {
    let other = bench.link("jspi", OURS, &["mismatched", "suspend"], &["-sJSPI"])?;
    run(bench, Engine::Node(NODE), "suspends", &[other.display().to_string()]).map(drop)
}
