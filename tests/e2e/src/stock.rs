//! Stock Pyodide on every engine: what the tests of the attached trampoline share.

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use duct::cmd;
use libtest_mimic::Trial;
use serde_json::{Value, json};
use xtask::{
    Workshop,
    browser::{
        driver::Browser,
        serve::Server,
        tab::{Page, with_page},
    },
    build::attach,
    engines::{self, Engine},
    tools::{
        files::clear,
        pins::Pins,
        pyodide::{self, CURRENT},
        workshop::project_root,
    },
};

use crate::{Bench, Once, every_cell, process::finish, side_module, trial, trial_beside};

/// Pinned to be audited, and refused by `attach`.
pub const TOO_OLD: [&str; 2] = ["0.25", "0.26"];

/// The short versions of Pyodide that can be attached to.
pub fn versions() -> Result<Vec<String>> {
    let pins = Pins::read(&project_root()?)?;
    Ok(pins.pyodide.into_keys().filter(|version| !TOO_OLD.contains(&version.as_str())).collect())
}

/// Whether a pair of a Pyodide and an engine is tested without `--all`. An engine differs by its WebAssembly, a Pyodide by its
/// CPython: so each engine runs the current Pyodide, and each Pyodide runs on the newest Node.
pub fn selected(version: &str, engine: Engine) -> Result<bool> {
    let [_, newest] = engines::oldest_and_newest_node()?;
    Ok(every_cell() || version == CURRENT || engine == Engine::Node(newest))
}

/// A trial on an engine: browsers take turns, and programs run beside others.
pub fn trial_of(
    engine: Engine,
    name: String,
    test: impl FnOnce(&Bench) -> Result<()> + Send + 'static,
) -> Trial {
    match engine {
        Engine::Browser(_) => trial(name, test),
        _ => trial_beside(name, test),
    }
}

/// What a task has seen.
#[derive(Debug)]
pub struct Report {
    /// The engine's version.
    pub version: String,
    /// What the task returned.
    pub seen: Value,
}

impl Report {
    pub fn text(&self, key: &str) -> Result<&str> {
        self.seen[key].as_str().with_context(|| format!("no {key}: {}", self.seen))
    }
}

/// Performs a task of `tests/e2e/attach/tasks.mjs` on a Pyodide, by its short version.
pub fn perform(
    bench: &Bench,
    version: &str,
    engine: Engine,
    flag: Option<&String>,
    task: &str,
    expected: &Value,
) -> Result<Report> {
    if let Engine::Browser(browser) = engine {
        return visit(bench, version, browser, task, expected);
    }
    let folder = pyodide::folder(&bench.workshop, version)?;
    let mismatched = files(bench)?.mismatched.clone();
    let arguments = [folder, mismatched, task.into(), expected.to_string().into()];
    let seen = start(bench, engine, flag, "run.mjs", &arguments)?;
    Ok(Report { version: engine.version(&bench.workshop)?, seen: serde_json::from_str(&seen)? })
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
        let mismatched =
            side_module::compile(bench, "attach", "mismatched", &sources(bench).join("mismatched.c"))?;
        let site = site(&bench.workshop, &sources(bench), &mismatched)?;
        Ok(Files { mismatched, site })
    })
}

fn sources(bench: &Bench) -> PathBuf {
    bench.workshop.root.join("tests/e2e/attach")
}

/// A folder with all that the browsers load, laid out as the project is.
fn site(workshop: &Workshop, sources: &Path, mismatched: &Path) -> Result<PathBuf> {
    let folder = workshop.home.join("attach/site");
    clear(&folder)?;
    let link = |from: &Path, to: &str| symlink(from, folder.join(to));
    fs::create_dir_all(folder.join("tests/e2e/attach"))?;
    for file in fs::read_dir(sources)? {
        let file = file?;
        symlink(file.path(), folder.join("tests/e2e/attach").join(file.file_name()))?;
    }
    link(&workshop.root.join("tests/e2e/js/errors.js"), "tests/e2e/attach/errors.js")?;
    link(mismatched, "tests/e2e/attach/mismatched.so")?;
    link_packages(workshop, &folder)?;
    Ok(folder)
}

/// Puts links to the package's sources and to each Pyodide into a folder that browsers visit.
pub fn link_packages(workshop: &Workshop, folder: &Path) -> Result<()> {
    symlink(workshop.root.join("npm"), folder.join("npm"))?;
    for version in versions()? {
        symlink(pyodide::folder(workshop, &version)?, folder.join(format!("pyodide-{version}")))?;
    }
    Ok(())
}

/// Runs a script of `tests/e2e/attach`; returns what it printed behind `right: `.
pub fn start(
    bench: &Bench,
    engine: Engine,
    flag: Option<&String>,
    script: &str,
    arguments: &[PathBuf],
) -> Result<String> {
    let mut command = engine.command(&bench.workshop)?;
    command.extend(flag.map(PathBuf::from));
    command.push(sources(bench).join(script));
    command.extend_from_slice(arguments);
    let output = finish(script, &cmd(&command[0], &command[1..]).stderr_to_stdout())?;
    let text = String::from_utf8_lossy(&output.stdout);
    let right = text.split_once("right: ").filter(|_| output.status.success());
    let (_, seen) = right.with_context(|| format!("{}\n{text}", output.status))?;
    Ok(seen.trim_end().to_owned())
}

fn visit(bench: &Bench, version: &str, browser: Browser, task: &str, expected: &Value) -> Result<Report> {
    let server = Server::start(&files(bench)?.site, None)?;
    let case = json!({ "version": version, "task": task, "expected": expected }).to_string();
    let address = format!("{}tests/e2e/attach/index.html?{}", server.address, encoded(&case));
    with_page(&bench.workshop, browser, async |page| {
        let seen = seen_in(page, &address).await?;
        let errors = page.errors().await?;
        ensure!(errors.is_empty(), "errors in the page: {errors:?}");
        Ok(Report { version: page.version()?, seen: serde_json::from_str(&seen)? })
    })
}

/// What a page at an address shows behind `right: `, when it is done.
pub async fn seen_in(page: &Page, address: &str) -> Result<String> {
    page.open(address).await?;
    // Engines that interpret at first take their time on a busy machine.
    let start = Instant::now();
    let output = "document.getElementById('output')?.textContent ?? 'running'";
    let mut value = page.evaluate(output).await?;
    while value.as_str().is_none_or(|text| text.starts_with("running")) {
        ensure!(start.elapsed() < Duration::from_secs(110), "{value}");
        sleep(Duration::from_millis(200));
        value = page.evaluate(output).await?;
    }
    let text = value.as_str().unwrap_or_default();
    Ok(text.strip_prefix("right: ").with_context(|| text.to_owned())?.to_owned())
}

/// A text as it may stand in an address.
pub fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}
