//! Mismatched functions in Chromium, Firefox and WebKitGTK; snapshots that go from one to the others.

use std::{fs, path::PathBuf, process::ExitCode};

use anyhow::{Context, Result, ensure};
use e2e::{
    Bench, OURS, Once, console,
    folder::{copy_of, demo, no_errors},
    trial,
};
use libtest_mimic::Trial;
use xtask::{
    browser::{
        driver::Browser,
        serve::Server,
        tab::{Page, with_page},
    },
    engines::{self, Ability, Engine, Path},
};

fn main() -> ExitCode {
    e2e::run(trials())
}

fn trials() -> Result<Vec<Trial>> {
    let mut trials = Vec::new();
    for entry in engines::all()? {
        let name = entry.engine;
        let Some(browser) = name.browser() else { continue };
        let default = entry.default_path();
        trials.push(trial(format!("mismatched::{name}::default"), move |bench| {
            mismatched(bench, browser, None, default)
        }));
        for path in entry.paths() {
            trials.push(trial(format!("mismatched::{name}::{path}"), move |bench| {
                mismatched(bench, browser, Some(path), path)
            }));
            trials.push(trial(format!("rewritten::{name}::{path}"), move |bench| {
                rewritten(bench, browser, path)
            }));
            if entry.jspi == Ability::Yes {
                trials.push(trial(format!("suspends::{name}::{path}"), move |bench| {
                    suspends(bench, browser, path)
                }));
            }
        }
        if let Ability::Missing(_) = entry.jspi {
            trials.push(trial(format!("no_jspi::{name}"), move |bench| no_jspi(bench, browser)));
        }
    }
    let browsers = engines::browsers()?;
    let (&taker, others) = browsers.split_first().context("tests/engines.toml has no browser")?;
    for &browser in others {
        let name = format!("snapshot::{}::restored::{}", Engine::Browser(taker), Engine::Browser(browser));
        trials.push(trial(name, move |bench| snapshot_restored(bench, taker, browser)));
    }
    Ok(trials)
}

/// A page that runs one of the Python tests in an interpreter.
struct Site {
    /// Of the interpreter.
    name: &'static str,
    extensions: &'static [&'static str],
    flags: &'static [&'static str],
    test: &'static str,
    folder: Once<PathBuf>,
}

impl Site {
    const fn new(
        name: &'static str,
        extensions: &'static [&'static str],
        flags: &'static [&'static str],
        test: &'static str,
    ) -> Self {
        Self { name, extensions, flags, test, folder: Once::new() }
    }

    fn build(&self, bench: &Bench) -> Result<PathBuf> {
        let workshop = &bench.workshop;
        let python = bench.link(self.name, OURS, self.extensions, self.flags)?;
        let js = workshop.root.join("tests/e2e/js");
        let stdlib = workshop.home.join("stdlib.zip");
        bench.cpython.pack_library(workshop, &stdlib).stdout_null().run()?;
        let files = [
            (python.join("python.mjs"), "python.mjs"),
            (python.join("python.wasm"), "python.wasm"),
            (python.join("python.minor"), "python.minor"),
            (stdlib, "stdlib.zip"),
            (bench.sources().join(self.test), "test.py"),
            (js.join("test-page.html"), "index.html"),
            (js.join("test-page.mjs"), "test-page.js"),
        ];
        copy_of(bench, self.name, &files)
    }

    fn serve(&self, bench: &Bench) -> Result<Server> {
        Server::start(self.folder.get(|| self.build(bench))?, None)
    }
}

static MISMATCHED: Site = Site::new("mismatched", &["mismatched"], &[], "test_mismatched.py");
static REWRITTEN: Site =
    Site::new("slots", &["mismatched", "slots"], &["-sALLOW_TABLE_GROWTH"], "test_slots.py");
static SUSPENDS: Site = Site::new("jspi", &["mismatched", "suspend"], &["-sJSPI"], "test_suspend.py");

/// Runs the test of such a page with a forced path.
async fn run_test(page: &Page, address: &str, force: Option<Path>, live: Path) -> Result<()> {
    let path = force.map_or("", Path::name);
    page.client.goto(&format!("{address}?path={path}&expect={live}")).await?;
    let start = std::time::Instant::now();
    while page.client.title().await? == "running" {
        ensure!(start.elapsed().as_secs() < 120, "it runs on: {}", page.text("#output").await?);
    }
    let text = page.text("#output").await?;
    let title = page.client.title().await?;
    ensure!(title == "exit 0", "{title}: {text}");
    ensure!(text.trim_end().ends_with("OK") && !text.contains("skipped"), "{text}");
    no_errors(page).await
}

fn mismatched(bench: &Bench, browser: Browser, force: Option<Path>, live: Path) -> Result<()> {
    let server = MISMATCHED.serve(bench)?;
    with_page(&bench.workshop, browser, async |page| {
        run_test(page, &server.address, force, live).await?;
        engines::record(&bench.workshop, browser.name(), &page.version()?, |seen| match force {
            Some(path) => seen.force(path.name()),
            None => seen.path = live.to_string(),
        })
    })
}

/// Slots that C and JavaScript rewrite at random.
fn rewritten(bench: &Bench, browser: Browser, path: Path) -> Result<()> {
    let server = REWRITTEN.serve(bench)?;
    with_page(&bench.workshop, browser, async |page| run_test(page, &server.address, Some(path), path).await)
}

fn suspends(bench: &Bench, browser: Browser, path: Path) -> Result<()> {
    let server = SUSPENDS.serve(bench)?;
    with_page(&bench.workshop, browser, async |page| {
        run_test(page, &server.address, Some(path), path).await?;
        engines::record(&bench.workshop, browser.name(), &page.version()?, |seen| {
            seen.jspi = "yes".to_owned();
        })
    })
}

/// What the matrix says: the engine has it by now where this fails.
fn no_jspi(bench: &Bench, browser: Browser) -> Result<()> {
    with_page(&bench.workshop, browser, async |page| {
        let has = page.client.execute("return 'Suspending' in WebAssembly", vec![]).await?;
        ensure!(has == false, "JSPI: {has}");
        engines::record(&bench.workshop, browser.name(), &page.version()?, |seen| seen.jspi = "no".to_owned())
    })
}

/// The demo page with a snapshot of one browser's memory. (The page's own was taken in Node.)
fn with_snapshot_of(bench: &Bench, taker: Browser) -> Result<PathBuf> {
    let folder = demo(bench, "snapshot")?;
    let server = Server::start(&folder, None)?;
    let taken = with_page(&bench.workshop, taker, async |page| {
        console::open(page, &server.address).await?;
        // Through the page's own parts.
        let script = format!(
            "const done = arguments[0];
            takeDemoSnapshot('taken_in = \"{}\"\\n').then((bytes) => done(bytes), (error) => done(`${{error}}`));",
            taker.name()
        );
        Ok(page.client.execute_async(&script, vec![]).await?)
    })?;
    let taken = taken.as_str().context("a text")?.to_owned();
    ensure!(taken.len() > 1_000_000, "{taken}");
    fs::write(folder.join("python.snapshot.bin"), unhex(&taken)?)?;
    Ok(folder)
}

fn snapshot_restored(bench: &Bench, taker: Browser, browser: Browser) -> Result<()> {
    static FOLDER: Once<PathBuf> = Once::new();
    let server = Server::start(FOLDER.get(|| with_snapshot_of(bench, taker))?, None)?;
    with_page(&bench.workshop, browser, async |page| {
        console::open(page, &server.address).await?;
        console::run(page, "print('from', taken_in)", &format!("from {}", taker.name())).await?;
        no_errors(page).await
    })
}

fn unhex(text: &str) -> Result<Vec<u8>> {
    let pair =
        |at: usize| u8::from_str_radix(text.get(at..at + 2).context("two digits")?, 16).context("digits");
    (0..text.len()).step_by(2).map(pair).collect()
}
