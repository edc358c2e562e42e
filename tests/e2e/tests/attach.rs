//! The trampoline attached to stock Pyodide: each pair of a version and an engine is a test.

use std::{
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::{LazyLock, Mutex, PoisonError},
};

use anyhow::{Result, bail, ensure};
use duct::cmd;
use libtest_mimic::{Arguments, Trial};
use serde_json::{Value, json};
use xtask::{
    Workshop,
    browser::{
        driver::{self, Browser},
        files::Files,
        tab::with_page,
    },
    build::{
        archive, attach,
        cpython::Cpython,
        link::{Link, Trampoline},
        npm, wheels,
    },
    tools::{
        files::{clear, copy},
        node::npm_install,
        pins::Pins,
        pyodide::{self, Runtime},
        workshop::project_root,
    },
};

/// An engine, what it is started with, its default path and the paths that it has.
struct Engine {
    name: &'static str,
    runtime: Runtime,
    flags: &'static [&'static str],
    default: &'static str,
    forced: &'static [&'static str],
    /// Whether it can suspend.
    jspi: bool,
}

/// Pinned to be refused.
const TOO_OLD: &str = "0.26";

const REFLECTION: &[&str] = &["--experimental-wasm-type-reflection"];
const GC: &[&str] = &["wasm-gc", "probe"];
const ALL: &[&str] = &["wasm-gc", "reflection", "probe"];

#[rustfmt::skip]
const ENGINES: [Engine; 7] = [
    Engine { name: "node-20", runtime: Runtime::Node(20), flags: &[], default: "probe", forced: &["probe"], jspi: false },
    Engine { name: "node-20-reflection", runtime: Runtime::Node(20), flags: REFLECTION, default: "reflection", forced: &["reflection", "probe"], jspi: false },
    Engine { name: "node-22", runtime: Runtime::Node(22), flags: &[], default: "wasm-gc", forced: GC, jspi: false },
    Engine { name: "node-24", runtime: Runtime::Node(24), flags: &[], default: "wasm-gc", forced: GC, jspi: true },
    Engine { name: "node-26-reflection", runtime: Runtime::Node(26), flags: REFLECTION, default: "wasm-gc", forced: ALL, jspi: true },
    Engine { name: "deno", runtime: Runtime::Deno, flags: &[], default: "wasm-gc", forced: GC, jspi: true },
    Engine { name: "bun", runtime: Runtime::Bun, flags: &[], default: "wasm-gc", forced: GC, jspi: true },
];

/// What every test needs, made by the first.
#[derive(Debug)]
struct Bench {
    workshop: Workshop,
    /// Of `tests/e2e/attach`.
    sources: PathBuf,
    /// `mismatched.c`, compiled.
    mismatched: PathBuf,
    /// What browsers visit.
    site: PathBuf,
}

static BENCH: LazyLock<Result<Bench, String>> =
    LazyLock::new(|| Bench::open().map_err(|error| format!("{error:#}")));
/// Tests take turns: each uses a core or two by itself.
static TURN: Mutex<()> = Mutex::new(());

impl Bench {
    fn open() -> Result<Self> {
        let mut workshop = Workshop::open()?;
        attach::write(&workshop.root)?;
        let sources = workshop.root.join("tests/e2e/attach");
        let mismatched = side_module(&workshop, &sources, "mismatched")?;
        let site = site(&workshop, &sources, &mismatched)?;
        workshop.unlock();
        Ok(Self { workshop, sources, mismatched, site })
    }
}

/// Compiles an extension for every Python: it keeps to the limited API, so any version's headers will do.
fn side_module(workshop: &Workshop, sources: &Path, name: &str) -> Result<PathBuf> {
    let cpython = Cpython::build(workshop)?;
    let output = workshop.home.join("attach").join(format!("{name}.so"));
    std::fs::create_dir_all(workshop.home.join("attach"))?;
    let mut arguments: Vec<String> =
        ["-O1", "-fPIC", "-sSIDE_MODULE=2", "-Wall", "-Wextra", "-Werror"].map(str::to_owned).into();
    arguments.extend(["-Wno-unused-parameter", "-Wno-missing-field-initializers"].map(str::to_owned));
    for include in [cpython.source.join("Include"), cpython.build.clone()] {
        arguments.push(format!("-I{}", include.display()));
    }
    arguments.push(sources.join(format!("{name}.c")).display().to_string());
    arguments.push(format!("-sEXPORTED_FUNCTIONS=_PyInit_{name}"));
    arguments.extend(["-o".to_owned(), output.display().to_string()]);
    workshop
        .steps
        .always(&format!("{name}.so"), |log| log.run(&workshop.emscripten.command("emcc", arguments)))?;
    Ok(output)
}

fn trial(name: String, test: impl FnOnce(&Bench) -> Result<()> + Send + 'static) -> Trial {
    Trial::test(name, || {
        let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let result = match &*BENCH {
            Ok(bench) => test(bench),
            Err(error) => bail_with(error),
        };
        result.map_err(|error| format!("{error:#}").into())
    })
}

fn bail_with(error: &str) -> Result<()> {
    bail!("{error}")
}

/// Runs a script of `tests/e2e/attach` on an engine, which prints `right` at its end.
fn run(bench: &Bench, engine: &Engine, script: &str, version: &str, expected: &Value) -> Result<()> {
    let folder = pyodide::folder(&bench.workshop, version)?;
    start(bench, engine, script, &[folder, bench.mismatched.clone(), expected.to_string().into()])
}

fn start(bench: &Bench, engine: &Engine, script: &str, arguments: &[PathBuf]) -> Result<()> {
    let mut command = engine.runtime.command(&bench.workshop)?;
    command.extend(engine.flags.iter().map(PathBuf::from));
    command.push(bench.sources.join(script));
    command.extend_from_slice(arguments);
    let output = cmd(&command[0], &command[1..]).stderr_to_stdout().stdout_capture().unchecked().run()?;
    let text = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.success() && text.contains("right: "), "{}\n{text}", output.status);
    Ok(())
}

/// A folder with all that the browsers load, laid out as the project is.
fn site(workshop: &Workshop, sources: &Path, mismatched: &Path) -> Result<PathBuf> {
    let folder = workshop.home.join("attach/site");
    clear(&folder)?;
    let link = |from: &Path, to: &str| symlink(from, folder.join(to));
    std::fs::create_dir_all(folder.join("tests/e2e/attach"))?;
    for file in
        ["index.html", "page.mjs", "worker.mjs", "case.mjs", "jspi.mjs", "test_attached.py", "suspend.py"]
    {
        link(&sources.join(file), &format!("tests/e2e/attach/{file}"))?;
    }
    link(&workshop.root.join("tests/e2e/js/errors.js"), "tests/e2e/attach/errors.js")?;
    link(mismatched, "tests/e2e/attach/mismatched.so")?;
    link(&workshop.root.join("npm"), "npm")?;
    for version in workshop.pins.pyodide.keys().filter(|version| *version != TOO_OLD) {
        link(&pyodide::folder(workshop, version)?, &format!("pyodide-{version}"))?;
    }
    Ok(folder)
}

/// The same in a browser.
fn visit(bench: &Bench, browser: Browser, version: &str, expected: &Value) -> Result<()> {
    driver::install(&bench.workshop)?;
    let server = Files::start(&bench.site)?;
    let case = json!({ "version": version, "expected": expected }).to_string();
    let address = format!("{}tests/e2e/attach/index.html?{}", server.address, encoded(&case));
    with_page(&bench.workshop, browser, async |page| {
        page.client.goto(&address).await?;
        // Engines that interpret at first take their time on a busy machine.
        let start = std::time::Instant::now();
        let mut text = page.text("#output").await?;
        while text.starts_with("running") {
            ensure!(start.elapsed().as_secs() < 110, "{text}");
            std::thread::sleep(std::time::Duration::from_millis(200));
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
    let archive = archive::build(&bench.workshop)?;
    let cpython = Cpython::build(&bench.workshop)?;
    let other = Link::new("attach-other", Trampoline::Stock).build(&bench.workshop, &cpython, &archive)?;
    let folders =
        [pyodide::folder(&bench.workshop, "314")?, pyodide::folder(&bench.workshop, TOO_OLD)?, other];
    start(bench, &ENGINES[3], "errors.mjs", &folders)
}

/// What a reader copies, with the package as it is packed, and Pyodide beside it.
fn examples(bench: &Bench) -> Result<()> {
    let folder = bench.workshop.home.join("attach/examples");
    clear(&folder)?;
    let package = npm::pack(&bench.workshop)?;
    let version = &bench.workshop.pins.pyodide["314"];
    let packages = [package.display().to_string(), format!("pyodide@{version}")];
    npm_install(&folder, &packages).stdout_null().stderr_null().run()?;
    let node = &Runtime::Node(24).command(&bench.workshop)?[0];
    for (example, expected) in [
        ("main.mjs", "Python called 2\nby wasm-gc".to_owned()),
        ("drop-in.mjs", format!("Python called 2\nin Pyodide {version} by wasm-gc")),
    ] {
        copy(&bench.workshop.root.join("examples/pyodide").join(example), &folder.join(example))?;
        let text = cmd!(node, folder.join(example)).dir(&folder).read()?;
        ensure!(text == expected, "{example}: {text}");
    }
    Ok(())
}

fn trials() -> Result<Vec<Trial>> {
    let pins = Pins::read(&project_root()?)?;
    let mut trials = vec![trial("errors".to_owned(), errors), trial("examples".to_owned(), examples)];
    for version in pins.pyodide.keys().filter(|version| *version != TOO_OLD) {
        for engine in [&ENGINES[0], &ENGINES[3]] {
            let version = version.clone();
            trials.push(trial(format!("lives::pyodide-{version}::{}", engine.name), move |bench| {
                run(bench, engine, "lives.mjs", &version, &Value::Null)
            }));
        }
        for engine in &ENGINES {
            let version = version.clone();
            trials.push(trial(format!("pyodide-{version}::{}", engine.name), move |bench| {
                let expected = json!({ "default": engine.default, "forced": engine.forced });
                run(bench, engine, "run.mjs", &version, &expected)
            }));
        }
        for engine in ENGINES.iter().filter(|engine| engine.jspi) {
            let version = version.clone();
            trials.push(trial(format!("suspends::pyodide-{version}::{}", engine.name), move |bench| {
                let expected = json!({ "suspends": true, "forced": engine.forced });
                run(bench, engine, "run.mjs", &version, &expected)
            }));
        }
        for browser in [Browser::Chromium, Browser::Firefox] {
            let version = version.clone();
            let name = browser.name().to_lowercase();
            trials.push(trial(format!("suspends::pyodide-{version}::{name}"), move |bench| {
                visit(bench, browser, &version, &json!({ "suspends": true, "forced": GC }))
            }));
        }
        for browser in Browser::ALL {
            let version = version.clone();
            trials
                .push(trial(format!("pyodide-{version}::{}", browser.name().to_lowercase()), move |bench| {
                    visit(bench, browser, &version, &json!({ "default": "wasm-gc", "forced": GC }))
                }));
        }
    }
    for platform in wheels::PLATFORMS {
        for engine in [&ENGINES[0], &ENGINES[3]] {
            let name = format!("wheels::pyodide-{}::{}", platform.0, engine.name);
            trials.push(trial(name, move |bench| {
                let cpython = Cpython::build(&bench.workshop)?;
                let wheels = wheels::download(&bench.workshop, &cpython, &platform)?;
                let folder = pyodide::folder(&bench.workshop, platform.0)?;
                start(bench, engine, "wheels.mjs", &[folder, wheels])
            }));
        }
    }
    Ok(trials)
}

fn main() -> ExitCode {
    let arguments = Arguments { test_threads: Some(1), ..Arguments::from_args() };
    match trials() {
        Ok(trials) => libtest_mimic::run(&arguments, trials).exit_code(),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
