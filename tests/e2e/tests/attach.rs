//! The trampoline attached to stock Pyodide: each pair of a version and an engine is a test.

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path as Folder, PathBuf},
    process::ExitCode,
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use duct::cmd;
use e2e::{Bench, NODE, Once, trial};
use libtest_mimic::Trial;
use serde_json::{Value, json};
use xtask::{
    Workshop,
    browser::{
        driver::{self, Browser},
        serve::Server,
        tab::with_page,
    },
    build::{
        attach,
        link::{Link, Trampoline},
        npm,
    },
    engines::{self, Ability, Engine, Entry, Path},
    tools::{
        files::{clear, copy},
        node::npm_install,
        pins::Pins,
        pyodide, pypi,
        workshop::project_root,
    },
};

/// Pinned to be refused.
const TOO_OLD: &str = "0.26";

fn main() -> ExitCode {
    e2e::run(trials())
}

fn trials() -> Result<Vec<Trial>> {
    let mut trials = vec![trial("errors", errors), trial("examples", examples)];
    for version in versions()? {
        for entry in engines::attached()? {
            let (engine, jspi) = (entry.engine, entry.jspi == Ability::Yes);
            for start in starts(entry)? {
                let version = version.clone();
                let name = format!("pyodide-{version}::{engine}{}", start.name());
                trials.push(trial(name, move |bench| paths(bench, &version, &start)));
            }
            if jspi {
                let version = version.clone();
                let name = format!("suspends::pyodide-{version}::{engine}");
                trials.push(trial(name, move |bench| suspends(bench, &version, engine)));
            }
        }
        for node in engines::oldest_and_newest_node()? {
            let version = version.clone();
            let name = format!("lives::pyodide-{version}::node-{node}");
            let run =
                move |bench: &Bench| run(bench, &version, Engine::Node(node), &[], "lives.mjs", &Value::Null);
            trials.push(trial(name, run));
        }
    }
    for version in Pins::read(&project_root()?)?.pyodide_platforms.into_keys() {
        for node in engines::oldest_and_newest_node()? {
            let name = format!("wheels::pyodide-{version}::node-{node}");
            let version = version.clone();
            trials.push(trial(name, move |bench| {
                let wheels = pypi::pyodide_wheels(&bench.workshop, &bench.cpython.source, &version)?;
                let folder = pyodide::folder(&bench.workshop, &version)?;
                start(bench, Engine::Node(node), &[], "wheels.mjs", &[folder, wheels])
            }));
        }
    }
    Ok(trials)
}

/// The short versions of Pyodide that can be attached to.
fn versions() -> Result<Vec<String>> {
    let pins = Pins::read(&project_root()?)?;
    Ok(pins.pyodide.into_keys().filter(|version| version != TOO_OLD).collect())
}

/// A way to start an engine, the path that is live then and those that can be forced.
#[derive(Clone, Debug)]
struct Start {
    engine: Engine,
    flag: Option<String>,
    default: Path,
    forced: Vec<Path>,
}

impl Start {
    fn name(&self) -> &'static str {
        if self.flag.is_some() { "::flag" } else { "" }
    }

    fn expected(&self) -> Value {
        let forced: Vec<&str> = self.forced.iter().map(|path| path.name()).collect();
        json!({ "default": self.default.name(), "forced": forced })
    }
}

/// Without a flag and, on the oldest and the newest Node, with the one that brings another path.
fn starts(entry: Entry) -> Result<Vec<Start>> {
    let engine = entry.engine;
    let without: Vec<Path> =
        Path::ALL.into_iter().filter(|&path| *entry.path(path) == Ability::Yes).collect();
    let mut starts = vec![Start { engine, flag: None, default: entry.default_path(), forced: without }];
    if engine
        .node()
        .is_some_and(|node| engines::oldest_and_newest_node().is_ok_and(|nodes| nodes.contains(&node)))
        && let Ability::Flag(flag) = entry.path(Path::Reflection)
    {
        let forced: Vec<Path> = entry.paths().collect();
        let default = forced[0];
        starts.push(Start { engine, flag: Some(flag.clone()), default, forced });
    }
    Ok(starts)
}

fn paths(bench: &Bench, version: &str, start: &Start) -> Result<()> {
    let expected = start.expected();
    match start.engine {
        Engine::Browser(browser) => visit(bench, version, browser, &expected),
        engine => run(bench, version, engine, start.flag.as_slice(), "run.mjs", &expected),
    }
}

fn suspends(bench: &Bench, version: &str, engine: Engine) -> Result<()> {
    let expected = json!({ "suspends": true, "forced": [Path::WasmGc.name(), Path::Probe.name()] });
    match engine {
        Engine::Browser(browser) => visit(bench, version, browser, &expected),
        engine => run(bench, version, engine, &[], "run.mjs", &expected),
    }
}

/// What the tests share.
struct Files {
    /// `mismatched.c`, compiled.
    mismatched: PathBuf,
    /// What browsers visit.
    site: PathBuf,
}

static FILES: Once<Files> = Once::new();

fn files(bench: &Bench) -> Result<&'static Files> {
    FILES.get(|| {
        attach::write(&bench.workshop.root)?;
        let mismatched = side_module(bench, "mismatched")?;
        let site = site(&bench.workshop, &sources(bench), &mismatched)?;
        Ok(Files { mismatched, site })
    })
}

fn sources(bench: &Bench) -> PathBuf {
    bench.workshop.root.join("tests/e2e/attach")
}

/// Compiles an extension for every Python: it keeps to the limited API, so any version's headers will do.
fn side_module(bench: &Bench, name: &str) -> Result<PathBuf> {
    let folder = bench.workshop.home.join("attach");
    fs::create_dir_all(&folder)?;
    let output = folder.join(format!("{name}.so"));
    let mut arguments: Vec<String> =
        ["-O1", "-fPIC", "-sSIDE_MODULE=2", "-Wall", "-Wextra", "-Werror"].map(str::to_owned).into();
    arguments.extend(["-Wno-unused-parameter", "-Wno-missing-field-initializers"].map(str::to_owned));
    for include in [bench.cpython.source.join("Include"), bench.cpython.build.clone()] {
        arguments.push(format!("-I{}", include.display()));
    }
    arguments.push(sources(bench).join(format!("{name}.c")).display().to_string());
    arguments.push(format!("-sEXPORTED_FUNCTIONS=_PyInit_{name}"));
    arguments.extend(["-o".to_owned(), output.display().to_string()]);
    let compile = bench.workshop.emscripten.command("emcc", arguments);
    bench.workshop.steps.always(&format!("{name}.so"), |log| log.run(&compile))?;
    Ok(output)
}

/// A folder with all that the browsers load, laid out as the project is.
fn site(workshop: &Workshop, sources: &Folder, mismatched: &Folder) -> Result<PathBuf> {
    let folder = workshop.home.join("attach/site");
    clear(&folder)?;
    let link = |from: &Folder, to: &str| symlink(from, folder.join(to));
    fs::create_dir_all(folder.join("tests/e2e/attach"))?;
    for file in
        ["index.html", "page.mjs", "worker.mjs", "case.mjs", "jspi.mjs", "test_attached.py", "suspend.py"]
    {
        link(&sources.join(file), &format!("tests/e2e/attach/{file}"))?;
    }
    link(&workshop.root.join("tests/e2e/js/errors.js"), "tests/e2e/attach/errors.js")?;
    link(mismatched, "tests/e2e/attach/mismatched.so")?;
    link(&workshop.root.join("npm"), "npm")?;
    for version in versions()? {
        link(&pyodide::folder(workshop, &version)?, &format!("pyodide-{version}"))?;
    }
    Ok(folder)
}

/// Runs a script of `tests/e2e/attach` on a Pyodide, which prints `right` at its end.
fn run(
    bench: &Bench,
    version: &str,
    engine: Engine,
    flags: &[String],
    script: &str,
    expected: &Value,
) -> Result<()> {
    let folder = pyodide::folder(&bench.workshop, version)?;
    let mismatched = files(bench)?.mismatched.clone();
    start(bench, engine, flags, script, &[folder, mismatched, expected.to_string().into()])
}

fn start(bench: &Bench, engine: Engine, flags: &[String], script: &str, arguments: &[PathBuf]) -> Result<()> {
    let mut command = engine.command(&bench.workshop)?;
    command.extend(flags.iter().map(PathBuf::from));
    command.push(sources(bench).join(script));
    command.extend_from_slice(arguments);
    let output = cmd(&command[0], &command[1..]).stderr_to_stdout().stdout_capture().unchecked().run()?;
    let text = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.success() && text.contains("right: "), "{}\n{text}", output.status);
    Ok(())
}

/// The same in a browser.
fn visit(bench: &Bench, version: &str, browser: Browser, expected: &Value) -> Result<()> {
    driver::install(&bench.workshop)?;
    let server = Server::start(&files(bench)?.site, None)?;
    let case = json!({ "version": version, "expected": expected }).to_string();
    let address = format!("{}tests/e2e/attach/index.html?{}", server.address, encoded(&case));
    with_page(&bench.workshop, browser, async |page| {
        page.client.goto(&address).await?;
        // Engines that interpret at first take their time on a busy machine.
        let start = Instant::now();
        let mut text = page.text("#output").await?;
        while text.starts_with("running") {
            ensure!(start.elapsed() < Duration::from_secs(110), "{text}");
            sleep(Duration::from_millis(200));
            text = page.text("#output").await?;
        }
        ensure!(text.starts_with("right: "), "{text}");
        let errors = page.errors().await?;
        ensure!(errors.is_empty(), "errors in the page: {errors:?}");
        Ok(())
    })
}

/// A text as it may stand in an address.
fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// What cannot be attached to: among them an interpreter of the project's own that was linked as it comes.
fn errors(bench: &Bench) -> Result<()> {
    let link = Link::new("attach-other", Trampoline::Stock);
    let other = link.build(&bench.workshop, &bench.cpython, &bench.archive)?;
    let folders =
        [pyodide::folder(&bench.workshop, "314")?, pyodide::folder(&bench.workshop, TOO_OLD)?, other];
    start(bench, Engine::Node(NODE), &[], "errors.mjs", &folders)
}

/// What a reader copies, with the package as it is packed, and Pyodide beside it.
fn examples(bench: &Bench) -> Result<()> {
    let folder = bench.workshop.home.join("attach/examples");
    clear(&folder)?;
    let package = npm::pack(&bench.workshop)?;
    let version = &bench.workshop.pins.pyodide["314"];
    let packages = [package.display().to_string(), format!("pyodide@{version}")];
    npm_install(&folder, &packages).stdout_null().stderr_null().run()?;
    let node = bench.node(NODE)?;
    for (example, expected) in [
        ("main.mjs", "Python called 2\nby wasm-gc".to_owned()),
        ("drop-in.mjs", format!("Python called 2\nin Pyodide {version} by wasm-gc")),
    ] {
        copy(&bench.workshop.root.join("examples/pyodide").join(example), &folder.join(example))?;
        let text = cmd!(&node, folder.join(example)).dir(&folder).read()?;
        ensure!(text == expected, "{example}: {text}");
    }
    Ok(())
}
