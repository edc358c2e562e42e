//! Mismatched functions in Chromium, Firefox and WebKitGTK; snapshots that go from one to the other.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use duct::cmd;
use e2e::{
    Bench, OURS,
    folder::{copy_of, demo, no_errors},
    with_bench,
};
use fantoccini::key::Key;
use xtask::{
    bench::dispatch,
    browser::{
        driver::{self, Browser},
        serve::Server,
        tab::{Page, with_page},
    },
    engines::{self, Engine},
};

/// A page that runs one of the Python tests in an interpreter.
fn test_site(bench: &Bench, name: &str, python: &Path, test: &str) -> Result<PathBuf> {
    let workshop = &bench.workshop;
    let js = workshop.root.join("tests/e2e/js");
    let stdlib = workshop.home.join("stdlib.zip");
    let pack = workshop.root.join("xtask/python/pack_stdlib.py");
    cmd!(&workshop.build_python, pack, bench.cpython.source.join("Lib"), &stdlib).stdout_null().run()?;
    let files = [
        (python.join("python.mjs"), "python.mjs"),
        (python.join("python.wasm"), "python.wasm"),
        (python.join("python.minor"), "python.minor"),
        (stdlib, "stdlib.zip"),
        (bench.sources().join(test), "test.py"),
        (js.join("test-page.html"), "index.html"),
        (js.join("test-page.mjs"), "test-page.js"),
    ];
    copy_of(bench, name, &files)
}

/// Runs the test of such a page with a forced path, or "", which has to be `live`.
async fn run_test(page: &Page, address: &str, path: &str, live: &str) -> Result<()> {
    page.client.goto(&format!("{address}?path={path}&expect={live}")).await?;
    let start = std::time::Instant::now();
    while page.client.title().await? == "running" {
        ensure!(start.elapsed().as_secs() < 120, "it runs on: {}", page.text("#output").await?);
    }
    let text = page.text("#output").await?;
    let title = page.client.title().await?;
    ensure!(title == "exit 0", "{path}: {title}: {text}");
    ensure!(text.trim_end().ends_with("OK") && !text.contains("skipped"), "{path}: {text}");
    no_errors(page).await
}

#[test]
fn offenders_in_each_browser() {
    with_bench(|bench| {
        driver::install(&bench.workshop)?;
        let python = bench.link("offenders", OURS, &["offenders"], &[])?;
        let server = Server::start(&test_site(bench, "offenders", &python, "test_offenders.py")?, None)?;
        for browser in Browser::ALL {
            for (path, live) in [("", "wasm-gc"), ("wasm-gc", "wasm-gc"), ("probe", "probe")] {
                eprintln!("  run     {} {path}", browser.name());
                with_page(&bench.workshop, browser, async |page| {
                    run_test(page, &server.address, path, live).await?;
                    engines::record(&bench.workshop, browser.name(), &page.version()?, |engine| {
                        if path.is_empty() {
                            engine.path = live.to_owned();
                        } else {
                            engine.force(path);
                        }
                    })
                })?;
            }
        }
        Ok(())
    });
}

#[test]
fn rewritten_slots_in_each_browser() {
    with_bench(|bench| {
        driver::install(&bench.workshop)?;
        let python = bench.link("slots", OURS, &["offenders", "slots"], &["-sALLOW_TABLE_GROWTH"])?;
        let server = Server::start(&test_site(bench, "slots", &python, "test_slots.py")?, None)?;
        for browser in Browser::ALL {
            for path in ["wasm-gc", "probe"] {
                eprintln!("  run     {} {path}", browser.name());
                with_page(&bench.workshop, browser, async |page| {
                    run_test(page, &server.address, path, path).await
                })?;
            }
        }
        Ok(())
    });
}

/// Where the engine can suspend. Where it cannot, the test expects that.
#[test]
fn offenders_suspend_in_each_browser() {
    with_bench(|bench| {
        driver::install(&bench.workshop)?;
        let python = bench.link("jspi", OURS, &["offenders", "suspend"], &["-sJSPI"])?;
        let server = Server::start(&test_site(bench, "suspend", &python, "test_suspend.py")?, None)?;
        for browser in Browser::ALL {
            let expected = browser != Browser::WebKit;
            for path in ["wasm-gc", "probe"] {
                eprintln!("  run     {} {path}", browser.name());
                with_page(&bench.workshop, browser, async |page| {
                    page.client.goto(&format!("{}errors.js", server.address)).await?;
                    let has = page.client.execute("return 'Suspending' in WebAssembly", vec![]).await?;
                    ensure!(has == expected, "JSPI: {has}, not {expected}");
                    if expected {
                        run_test(page, &server.address, path, path).await?;
                    }
                    engines::record(&bench.workshop, browser.name(), &page.version()?, |engine| {
                        engine.jspi = if expected { "yes" } else { "no" }.to_owned();
                    })
                })?;
            }
        }
        Ok(())
    });
}

#[test]
fn dispatch_is_measured_in_each_browser() {
    with_bench(|bench| {
        let browsers = Browser::ALL.map(Engine::Browser);
        let measured = dispatch::measure(&bench.workshop, &browsers, dispatch::QUICK, |_| Ok(()))?;
        ensure!(measured.len() == browsers.len());
        Ok(())
    });
}

/// A snapshot of one browser's memory starts the others. (The page's own was taken in Node.)
#[test]
fn snapshots_go_from_browser_to_browser() {
    with_bench(|bench| {
        driver::install(&bench.workshop)?;
        let folder = demo(bench, "snapshot")?;
        let server = Server::start(&folder, None)?;
        let taken = with_page(&bench.workshop, Browser::Chromium, async |page| {
            page.client.goto(&server.address).await?;
            page.wait_text("#status", |text| text.contains("path wasm-gc")).await?;
            // Through the page's own parts.
            let script = "const done = arguments[0];
                takeDemoSnapshot('taken_in = \"Chromium\"\\n').then((bytes) => done(bytes), (error) => done(`${error}`));";
            Ok(page.client.execute_async(script, vec![]).await?)
        })?;
        let taken = taken.as_str().context("a text")?.to_owned();
        ensure!(taken.len() > 1_000_000, "{taken}");
        fs::write(folder.join("python.snapshot.bin"), unhex(&taken)?)?;
        for browser in [Browser::Firefox, Browser::WebKit] {
            with_page(&bench.workshop, browser, async |page| {
                page.client.goto(&server.address).await?;
                page.wait_text("#status", |text| text.contains("path wasm-gc")).await?;
                let enter = char::from(Key::Enter);
                page.type_into("#editor .cm-content", &format!("print('from', taken_in){enter}")).await?;
                page.wait_text("#output", |text| text.contains("\nfrom Chromium")).await?;
                no_errors(page).await
            })?;
        }
        Ok(())
    });
}

fn unhex(text: &str) -> Result<Vec<u8>> {
    let pair =
        |at: usize| u8::from_str_radix(text.get(at..at + 2).context("two digits")?, 16).context("digits");
    (0..text.len()).step_by(2).map(pair).collect()
}
