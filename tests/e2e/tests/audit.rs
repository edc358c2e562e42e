//! The package's audit and repair of stock Pyodide: each version and engine is a test.

use std::{
    env, fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Result, ensure};
use duct::cmd;
use e2e::{
    Bench, NODE, OURS, Once, OnceEach, every_cell, side_module,
    stock::{encoded, link_packages, seen_in, trial_of},
    trial, trial_beside,
    wrongs::{Types, source, wrongs},
};
use libtest_mimic::Trial;
use serde_json::{Value, json};
use similar::TextDiff;
use xtask::{
    browser::{driver::Browser, serve::Server, tab::with_page},
    build::{attach, audit, headers, interpreter, link::RUNTIME_METHODS},
    engines::{self, Engine},
    tools::{
        files::clear,
        pins::Pins,
        pyodide::{self, CURRENT},
        workshop::project_root,
    },
};

fn main() -> ExitCode {
    e2e::run_at_once(trials(), |_| Ok(()))
}

fn trials() -> Result<Vec<Trial>> {
    let mut trials = Vec::new();
    // The two oldest, of which the older has a trampoline in JavaScript only, and those that PyPI has wheels for.
    for (version, node, trampoline, types, default) in [
        (OLDEST, 20, "javascript", Types::Heap, true),
        (OLDEST, NODE, "javascript", Types::Heap, false),
        (OLDEST, NODE, "reflection", Types::Heap, false),
        ("0.26", 20, "javascript", Types::Heap, false),
        ("0.26", NODE, "adaptor", Types::Heap, true),
        ("0.29", 20, "javascript", Types::Heap, false),
        ("0.29", NODE, "adaptor", Types::Heap, true),
        ("0.29", NODE, "adaptor", Types::Static, true),
        (CURRENT, 20, "javascript", Types::Heap, false),
        (CURRENT, 20, "javascript", Types::Static, true),
        (CURRENT, NODE, "adaptor", Types::Heap, true),
        (CURRENT, NODE, "ours", Types::Static, false),
        ("315", 20, "javascript", Types::Heap, false),
        ("315", NODE, "adaptor", Types::Heap, true),
        ("315", NODE, "ours", Types::Static, true),
    ] {
        if default || every_cell() {
            let name = format!(
                "every_slot_wrong_in_every_way::pyodide-{version}::node-{node}::{trampoline}::{types}"
            );
            let test = move |bench: &Bench| every_slot(bench, version, node, trampoline, types);
            trials.push(trial_beside(name, test));
        }
    }
    let [_, newest] = engines::oldest_and_newest_node()?;
    for version in versions()? {
        for entry in engines::attached()? {
            let (version, engine) = (version.clone(), entry.engine);
            // The oldest is for Node.
            if version == OLDEST && !matches!(engine, Engine::Node(_)) {
                continue;
            }
            // The other versions show nothing new of an engine: 0.29 has the type that is fatal.
            if version != "0.29" && engine != Engine::Node(newest) && !every_cell() {
                continue;
            }
            let name = format!("methodcaller::pyodide-{version}::{engine}");
            trials.push(trial_of(engine, name, move |bench| methodcaller(bench, &version, engine)));
        }
    }
    for version in [OLDEST, CURRENT] {
        trials
            .push(trial_beside(format!("hostile::pyodide-{version}"), move |bench| hostile(bench, version)));
    }
    for version in ["0.29", "315"] {
        trials.push(trial_beside(format!("suspends::pyodide-{version}"), move |bench| {
            suspends(bench, version)
        }));
    }
    trials.push(trial_beside("nested_slots::pyodide-315", nested_slots));
    trials.push(trial_beside("standard_library", standard_library));
    // It makes the archive.
    trials.push(trial("own_cpython", own_cpython));
    trials.push(trial_beside("errors", errors));
    Ok(trials)
}

/// The oldest Pyodide that can be audited.
const OLDEST: &str = "0.25";

/// The short versions of Pyodide that can be audited.
fn versions() -> Result<Vec<String>> {
    let pins = Pins::read(&project_root()?)?;
    Ok(pins.pyodide.into_keys().collect())
}

/// What the tests share.
struct Files {
    wrongs: PathBuf,
    waits: PathBuf,
    /// What an audit has to find in it, as JSON.
    expected: PathBuf,
    /// What browsers visit.
    site: PathBuf,
}

static FILES: Once<Files> = Once::new();

fn files(bench: &Bench) -> Result<&'static Files> {
    FILES.get(|| {
        audit::write(&bench.workshop)?;
        attach::write(&bench.workshop.root)?;
        let folder = bench.workshop.home.join("audit");
        let sources = bench.workshop.root.join("tests/e2e/audit");
        fs::create_dir_all(&folder)?;
        let expected = folder.join("wrongs.json");
        let all: Vec<Value> =
            wrongs().iter().enumerate().map(|(number, wrong)| wrong.expectation(number)).collect();
        fs::write(&expected, Value::from(all).to_string())?;
        let generated = folder.join("wrongs.c");
        fs::write(&generated, source(Types::Heap))?;
        Ok(Files {
            wrongs: side_module::compile(bench, "audit", "wrongs", &generated)?,
            waits: side_module::compile(bench, "audit", "waits", &sources.join("waits.c"))?,
            expected,
            site: site(bench, &folder)?,
        })
    })
}

/// By the version of Pyodide.
static STATIC: OnceEach<PathBuf> = OnceEach::new();

/// The same functions in static types, compiled with the headers of a Pyodide's Python.
fn with_static_types(bench: &Bench, version: &str) -> Result<PathBuf> {
    let headers = headers::of_pyodide(&bench.workshop, &bench.cpython, version)?;
    let folder = format!("audit/static-{version}");
    fs::create_dir_all(bench.workshop.home.join(&folder))?;
    let generated = bench.workshop.home.join(&folder).join("wrongs.c");
    fs::write(&generated, source(Types::Static))?;
    side_module::compile_with(bench, &headers, &folder, "PyInit_wrongs", &generated)
}

fn every_slot(bench: &Bench, version: &str, node: u32, trampoline: &str, types: Types) -> Result<()> {
    let files = files(bench)?;
    let folder = pyodide::folder(&bench.workshop, version)?;
    let wrongs = match types {
        Types::Heap => files.wrongs.clone(),
        Types::Static => STATIC.get(version, || with_static_types(bench, version))?,
    };
    let arguments = [folder, wrongs, files.expected.clone(), trampoline.into(), types.to_string().into()];
    start(bench, Engine::Node(node), "wrongs.mjs", &arguments).map(drop)
}

/// Whatever the objects are, and what becomes of them.
fn hostile(bench: &Bench, version: &str) -> Result<()> {
    let files = files(bench)?;
    let folder = pyodide::folder(&bench.workshop, version)?;
    start(bench, Engine::Node(NODE), "hostile.mjs", &[folder, files.wrongs.clone()]).map(drop)
}

fn suspends(bench: &Bench, version: &str) -> Result<()> {
    let folder = pyodide::folder(&bench.workshop, version)?;
    start(bench, Engine::Node(NODE), "waits.mjs", &[folder, files(bench)?.waits.clone()]).map(drop)
}

/// Modules and types that are described by 3.15's `PySlot`.
fn nested_slots(bench: &Bench) -> Result<()> {
    files(bench)?;
    let headers = headers::of_pyodide(&bench.workshop, &bench.cpython, "315")?;
    let source = bench.workshop.root.join("tests/e2e/audit/slots315.c");
    let module = side_module::compile_with(bench, &headers, "audit", "PyModExport_slots315", &source)?;
    let folder = pyodide::folder(&bench.workshop, "315")?;
    start(bench, Engine::Node(NODE), "slots315.mjs", &[folder, module]).map(drop)
}

/// Interpreters that we link, whose functions `mismatched.c` has.
fn own_cpython(bench: &Bench) -> Result<()> {
    files(bench)?;
    let methods = format!("{RUNTIME_METHODS},addFunction,removeFunction");
    let growing =
        bench.link("snapshot-slots", OURS, &["mismatched", "slots"], &["-sALLOW_TABLE_GROWTH", &methods])?;
    let fixed = interpreter::build(&bench.workshop, &bench.cpython)?;
    let script = bench.workshop.root.join("tests/e2e/audit/own.mjs");
    let named = bench.link("audit-names", OURS, &["mismatched"], &["--profiling-funcs"])?;
    let node = cmd!(bench.node(NODE)?, "--stack-size=6500", script, growing, fixed, named);
    let output = node
        .env("PYEM_LIB", bench.cpython.source.join("Lib"))
        .stderr_to_stdout()
        .stdout_capture()
        .unchecked()
        .run()?;
    let text = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.success() && text.contains("right: "), "{}\n{text}", output.status);
    Ok(())
}

/// What cannot be audited.
fn errors(bench: &Bench) -> Result<()> {
    files(bench)?;
    let folder = pyodide::folder(&bench.workshop, "0.29")?;
    start(bench, Engine::Node(NODE), "errors.mjs", &[folder]).map(drop)
}

/// A folder with all that the browsers load, laid out as the project is.
fn site(bench: &Bench, home: &Path) -> Result<PathBuf> {
    let (root, folder) = (&bench.workshop.root, home.join("site"));
    clear(&folder)?;
    let link = |from: &Path, to: &str| symlink(from, folder.join(to));
    fs::create_dir_all(folder.join("tests/e2e/audit"))?;
    for file in ["audit/page.mjs", "audit/worker.mjs", "audit/methodcaller.mjs"] {
        link(&root.join("tests/e2e").join(file), &format!("tests/e2e/{file}"))?;
    }
    for file in ["attach/index.html", "js/errors.js"] {
        let name = Path::new(file).file_name().unwrap_or_default();
        link(&root.join("tests/e2e").join(file), &format!("tests/e2e/audit/{}", name.display()))?;
    }
    link(&root.join("tests/e2e/attach"), "tests/e2e/attach")?;
    link_packages(&bench.workshop, &folder)?;
    Ok(folder)
}

fn methodcaller(bench: &Bench, version: &str, engine: Engine) -> Result<()> {
    let files = files(bench)?;
    match engine {
        Engine::Browser(browser) => visit(bench, version, browser, &files.site),
        engine => start(bench, engine, "run.mjs", &[pyodide::folder(&bench.workshop, version)?]).map(drop),
    }
}

/// The same in a browser.
fn visit(bench: &Bench, version: &str, browser: Browser, site: &Path) -> Result<()> {
    let server = Server::start(site, None)?;
    let case = encoded(&json!({ "version": version }).to_string());
    let address = format!("{}tests/e2e/audit/index.html?{case}", server.address);
    with_page(&bench.workshop, browser, async |page| seen_in(page, &address).await.map(drop))
}

/// The golden text of all versions.
fn standard_library(bench: &Bench) -> Result<()> {
    files(bench)?;
    let mut found = String::new();
    for version in versions()? {
        let folder = pyodide::folder(&bench.workshop, &version)?;
        found += &start(bench, Engine::Node(NODE), "stdlib.mjs", &[folder])?;
    }
    let file = bench.workshop.root.join("tests/golden/audit-stdlib.txt");
    if env::var_os("BLESS").is_some() {
        fs::write(&file, &found)?;
    }
    let golden = fs::read_to_string(&file)?;
    let diff = TextDiff::from_lines(&golden, &found);
    ensure!(
        golden == found,
        "{}\nif this is right: BLESS=1 cargo xtask test --only audit",
        diff.unified_diff()
    );
    Ok(())
}

/// Runs a script of `tests/e2e/audit`, and returns what it prints.
fn start(bench: &Bench, engine: Engine, script: &str, arguments: &[PathBuf]) -> Result<String> {
    let mut command = engine.command(&bench.workshop)?;
    if arguments.contains(&"reflection".into()) {
        command.push("--experimental-wasm-type-reflection".into());
    }
    command.push(bench.workshop.root.join("tests/e2e/audit").join(script));
    command.extend_from_slice(arguments);
    let output = cmd(&command[0], &command[1..]).stderr_to_stdout().stdout_capture().unchecked().run()?;
    // Node quotes the line that threw, which is all of Pyodide.
    let text = String::from_utf8_lossy(&output.stdout);
    let text: String =
        text.lines().filter(|line| line.len() < 10_000).map(|line| format!("{line}\n")).collect();
    ensure!(output.status.success(), "{}\n{text}", output.status);
    Ok(text)
}
