//! The demo page and the offenders in Chromium, Firefox and WebKitGTK, as a visitor would use them.

use std::{fs, path::PathBuf};

use anyhow::{Context, Result, ensure};
use duct::cmd;
use e2e::{Bench, OURS, with_bench};
use fantoccini::key::Key;
use xtask::{
    bench::{dispatch, engine::Engine},
    browsers::{self, Browser},
    debian::clear,
    page,
    serve::Server,
    web::{Page, with_page},
};

/// A copy of a folder to be changed; its page tells its errors.
fn copy_of(bench: &Bench, name: &str, files: &[(PathBuf, &str)]) -> Result<PathBuf> {
    let folder = bench.workshop.home.join("browsers").join(name);
    clear(&folder)?;
    for (from, to) in files {
        fs::copy(from, folder.join(to)).with_context(|| format!("copy {}", from.display()))?;
    }
    let errors = bench.workshop.root.join("tests/e2e/js/errors.js");
    fs::copy(errors, folder.join("errors.js"))?;
    Ok(folder)
}

fn demo_site(bench: &Bench, name: &str) -> Result<PathBuf> {
    let (site, _) = page::build(&bench.workshop, &bench.cpython)?;
    let mut files = Vec::new();
    for entry in fs::read_dir(site)? {
        let path = entry?.path();
        let name = path.file_name().context("a file")?.to_string_lossy().into_owned();
        files.push((path, name));
    }
    let files: Vec<_> = files.iter().map(|(path, name)| (path.clone(), name.as_str())).collect();
    let folder = copy_of(bench, name, &files)?;
    let index = folder.join("index.html");
    let html = fs::read_to_string(&index)?;
    let first = "<link rel=\"stylesheet\"";
    ensure!(html.contains(first), "index.html has a stylesheet");
    fs::write(&index, html.replacen(first, &format!("<script src=\"errors.js\"></script>{first}"), 1))?;
    Ok(folder)
}

async fn no_errors(page: &Page) -> Result<()> {
    let errors = page.errors().await?;
    ensure!(errors.is_empty(), "errors in the page: {errors:?}");
    Ok(())
}

/// By script: WebKitGTK's driver waits for ever for the menu that a click opens.
async fn choose_path(page: &Page, path: &str) -> Result<()> {
    let script = "const [select, path] = [document.querySelector('#path'), arguments[0]];
        select.value = path; select.dispatchEvent(new Event('change'));";
    page.client.execute(script, vec![path.into()]).await?;
    Ok(())
}

/// What a visitor does.
async fn visit(bench: &Bench, page: &Page, address: &str) -> Result<()> {
    let pictures = bench.workshop.root.join("target/screenshots");
    page.client.goto(address).await?;
    let status = page.wait_text("#status", |text| text.contains("path ")).await?;
    ensure!(status.contains("CPython 3.13.5 · path wasm-gc · wasm-gc yes"), "{status}");

    // The console: an answer, a block, an error, what was typed before.
    let editor = "#editor .cm-content";
    let enter = char::from(Key::Enter);
    page.wait_text("#output", |text| text.contains("Python 3.13.5")).await?;
    page.type_into(editor, &format!("print(6 * 7){enter}")).await?;
    page.wait_text("#output", |text| text.contains("\n42")).await?;
    page.type_into(editor, &format!("for n in range(3):{enter}print(n, n * n){enter}{enter}")).await?;
    page.wait_text("#output", |text| text.contains("2 4")).await?;
    page.type_into(editor, &format!("1 / 0{enter}")).await?;
    page.wait_text("#output", |text| text.contains("ZeroDivisionError: division by zero")).await?;
    page.type_into(editor, &char::from(Key::Up).to_string()).await?;
    page.wait_text(editor, |text| text.trim() == "1 / 0").await?;
    page.screenshot(&pictures, "console").await?;

    // Each path gives the same results, or says that the engine lacks it.
    page.press("#tab-signatures").await?;
    let known = page.wait_text("#rows-path", |text| text.contains("calls on path wasm-gc")).await?;
    ensure!(known.starts_with("14 calls"), "{known}");
    let rows = page.text("#rows").await?;
    ensure!(rows.contains("SystemError: Handler has unexpected call signature"), "{rows}");
    for path in ["probe", "wasm-gc"] {
        choose_path(page, path).await?;
        page.wait_text("#rows-path", |text| text == format!("14 calls on path {path}")).await?;
        let same = page.text("#rows").await?.replace(&format!("(path {path})"), "(path wasm-gc)");
        ensure!(same == rows, "{path}: {same}, not {rows}");
    }
    choose_path(page, "reflection").await?;
    page.wait_text("#rows-path", |text| text.contains("has no WebAssembly type reflection")).await?;
    page.screenshot(&pictures, "signatures").await?;

    page.press("#tab-speed").await?;
    page.press("#measure").await?;
    page.wait_text("#speed-conditions", |text| text.contains("rounds of 200,000 calls")).await?;
    let measured = page.text("#speed-rows").await?;
    ensure!(measured.lines().count() == 4 && measured.contains("CPython's design"), "{measured}");
    page.screenshot(&pictures, "speed").await?;

    page.press("#tab-start").await?;
    page.press("#start-measure").await?;
    page.wait_text("#start-conditions", |text| text.contains("fresh workers of each kind")).await?;
    ensure!(page.text("#start-rows").await?.lines().count() == 2);
    page.screenshot(&pictures, "start").await?;
    no_errors(page).await
}

#[test]
fn visitors_of_the_page() {
    with_bench(|bench| {
        browsers::install(&bench.workshop)?;
        let server = Server::start(&demo_site(bench, "demo")?, None)?;
        for browser in Browser::ALL {
            eprintln!("  run     {}", browser.name());
            with_page(&bench.workshop, browser, async |page| visit(bench, page, &server.address).await)?;
        }
        Ok(())
    });
}

#[test]
fn what_is_missing_is_told() {
    with_bench(|bench| {
        browsers::install(&bench.workshop)?;
        let cases = [
            ("python313.zip.bin", "python313.zip.bin could not be downloaded: the server says 404"),
            ("worker.js", "Web Workers"),
        ];
        for (file, message) in cases {
            let folder = demo_site(bench, "missing")?;
            fs::remove_file(folder.join(file))?;
            let server = Server::start(&folder, None)?;
            for browser in Browser::ALL {
                with_page(&bench.workshop, browser, async |page| {
                    page.client.goto(&server.address).await?;
                    page.wait_text("#problem", |text| text.contains(message)).await?;
                    ensure!(page.text("#status").await? == "Python does not run.");
                    Ok(())
                })?;
            }
        }
        Ok(())
    });
}

#[test]
fn offenders_in_each_browser() {
    with_bench(|bench| {
        browsers::install(&bench.workshop)?;
        let (workshop, cpython) = (&bench.workshop, &bench.cpython);
        let python = bench.link("offenders", OURS, &["offenders"], &[])?;
        let js = workshop.root.join("tests/e2e/js");
        let stdlib = workshop.home.join("python313.zip");
        let pack = workshop.root.join("xtask/python/pack_stdlib.py");
        cmd!(&workshop.build_python, pack, cpython.source.join("Lib"), &stdlib).stdout_null().run()?;
        let files = [
            (python.join("python.mjs"), "python.mjs"),
            (python.join("python.wasm"), "python.wasm"),
            (stdlib, "python313.zip"),
            (bench.sources().join("test_offenders.py"), "test_offenders.py"),
            (js.join("offenders.html"), "index.html"),
            (js.join("offenders-page.mjs"), "offenders.js"),
        ];
        let server = Server::start(&copy_of(bench, "offenders", &files)?, None)?;
        for browser in Browser::ALL {
            for (path, expect) in [("", "wasm-gc"), ("wasm-gc", "wasm-gc"), ("probe", "probe")] {
                eprintln!("  run     {} {path}", browser.name());
                with_page(workshop, browser, async |page| {
                    page.client.goto(&format!("{}?path={path}&expect={expect}", server.address)).await?;
                    let start = std::time::Instant::now();
                    while page.client.title().await? == "running" {
                        ensure!(
                            start.elapsed().as_secs() < 120,
                            "it runs on: {}",
                            page.text("#output").await?
                        );
                    }
                    let text = page.text("#output").await?;
                    let title = page.client.title().await?;
                    ensure!(title == "exit 0", "{path}: {title}: {text}");
                    ensure!(text.trim_end().ends_with("OK") && !text.contains("skipped"), "{path}: {text}");
                    no_errors(page).await
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
        browsers::install(&bench.workshop)?;
        let folder = demo_site(bench, "snapshot")?;
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
