//! The demo page's view "Attach", used as a visitor would: stock Pyodide beside the page, measured stock and attached.

use std::{fs, process::ExitCode, slice::from_ref};

use anyhow::{Context, Result, ensure};
use e2e::{
    Bench,
    any_server::AnyServer,
    chart::check_chart,
    console, every_cell,
    folder::{demo, no_errors},
    trial,
};
use fantoccini::{Locator, key::Key};
use libtest_mimic::Trial;
use serde_json::{Value, json};
use xtask::{
    browser::{
        driver::Browser,
        serve::Server,
        tab::{Page, with_page, with_preferences},
    },
    engines::{self, Ability, Engine, Path},
    tools::{files::copy_all, pyodide::CURRENT},
};

fn main() -> ExitCode {
    e2e::run(trials())
}

fn trials() -> Result<Vec<Trial>> {
    let mut trials = vec![trial("phone_and_keyboard", phone_and_keyboard)];
    // Chromium has no such preference.
    for (name, browser, off) in [
        ("firefox", Browser::Firefox, ("javascript.options.wasm", json!(false))),
        ("webkit", Browser::WebKit, ("JSC_useWasm", json!(0))),
    ] {
        trials.push(trial(format!("no_webassembly::{name}"), move |bench| {
            no_webassembly(bench, browser, &off)
        }));
    }
    for browser in engines::browsers()? {
        let name = Engine::Browser(browser);
        trials.push(trial(format!("visit::{name}"), move |bench| visit(bench, browser)));
        // What the page does with a path or a missing file depends little on the browser.
        if browser == Browser::Chromium || every_cell() {
            trials.push(trial(format!("paths::{name}"), move |bench| paths(bench, browser)));
            trials.push(trial(format!("missing::{name}"), move |bench| missing(bench, browser)));
        }
    }
    Ok(trials)
}

async fn measure(page: &Page, path: Path) -> Result<String> {
    page.press("#attach-measure").await?;
    wait_measured(page, path).await
}

/// Each round may take its time.
async fn wait_measured(page: &Page, path: Path) -> Result<String> {
    let attached = format!("Attached on path {path}: ");
    let before = ["Stopped. ", "pyem-trampoline: path ", "Pyodide ", "Measuring"];
    let mut text = String::new();
    while !text.starts_with(&attached) {
        ensure!(text.is_empty() || before.iter().any(|part| text.starts_with(part)), "{text}");
        text = page.wait_text("#attach-conditions", |now| now != text).await?;
    }
    ensure!(number_before(&text, " resolutions")? > 10.0, "{text}");
    ensure!(text.contains("Medians of 5 rounds"), "{text}");
    Ok(text)
}

/// The number that ends where `mark` begins.
fn number_before(text: &str, mark: &str) -> Result<f64> {
    let (before, _) = text.split_once(mark).with_context(|| format!("no {mark:?} in {text}"))?;
    let number = before.rsplit(' ').next().unwrap_or_default();
    number.parse().with_context(|| format!("{number:?} before {mark:?} in {text}"))
}

/// Every cell of the table that has a number in it.
async fn check_rows(page: &Page) -> Result<()> {
    let script = "return [...document.querySelectorAll('#attach-rows tr')]
        .map((row) => [...row.cells].map((cell) => cell.textContent))";
    let rows: Vec<[String; 5]> = serde_json::from_value(page.client.execute(script, vec![]).await?)?;
    ensure!(rows.len() == 9, "{rows:?}");
    for row in &rows {
        let [_, stock, attached, ratio, _] = row;
        let times = [stock, attached].map(|time| nanoseconds(time));
        let [Ok(stock), Ok(attached)] = times else { anyhow::bail!("{row:?}") };
        // A median of ratios is not the ratio of medians.
        let ratio: f64 = ratio.parse()?;
        ensure!(stock > 1.0 && attached > 1.0 && ratio > 0.1, "{row:?}");
        ensure!((0.25..4.0).contains(&(stock / attached / ratio)), "{row:?}");
    }
    for kind in ["METH_NOARGS", "METH_O", "METH_VARARGS", "getter", "setter", "tp_call", "a program"] {
        ensure!(rows.iter().any(|row| row[4].starts_with(kind)), "no {kind} in {rows:?}");
    }
    Ok(())
}

fn nanoseconds(text: &str) -> Result<f64> {
    let (number, unit) = text.split_once('\u{a0}').context("a number and a unit")?;
    let factor = match unit {
        "ns" => 1.0,
        "µs" => 1e3,
        "ms" => 1e6,
        _ => anyhow::bail!("unit {unit}"),
    };
    Ok(number.parse::<f64>()? * factor)
}

/// What a visitor does, beside the page's own Python.
fn visit(bench: &Bench, browser: Browser) -> Result<()> {
    let server = Server::start(&demo(bench, "attach")?, None)?;
    let version = &bench.workshop.pins.pyodide[CURRENT];
    let example = fs::read_to_string(bench.workshop.root.join("examples/pyodide/main.mjs"))?;
    with_page(&bench.workshop, browser, async |page| {
        console::open(page, &server.address).await?;
        page.press("#tab-attach").await?;
        let size = page.wait_text("#attach-size", |text| !text.is_empty()).await?;
        ensure!(size.starts_with(&format!("Pyodide {version}, ")), "{size}");
        let documented = format!("{:.1} MB if the server compresses", number_before(&size, " MB")?);
        let document = fs::read_to_string(bench.workshop.root.join("docs/page.md"))?;
        ensure!(document.contains(&documented), "docs/page.md lacks {documented}");
        let shown = "return document.getElementById('attach-code').textContent";
        ensure!(page.client.execute(shown, vec![]).await? == json!(example), "not the example");
        let fetched = "return performance.getEntriesByType('resource').filter(({ name }) => name.includes('/pyodide/')).length";
        ensure!(page.client.execute(fetched, vec![]).await? == 0, "Pyodide came unasked");

        let text = measure(page, engines::entry(Engine::Browser(browser))?.default_path()).await?;
        ensure!(number_before(&text, " ms")? >= 0.0, "{text}");
        check_rows(page).await?;
        check_chart(page, "#attach-chart").await?;
        page.screenshot(&bench.workshop.root.join("target/screenshots"), "attach").await?;
        ensure!(page.client.execute(fetched, vec![]).await? == 1, "a worker");
        page.press("#attach-detach").await?;
        let text = page.wait_text("#attach-conditions", |text| text.starts_with("Detached: ")).await?;
        ensure!((0.3..3.0).contains(&number_before(&text, " times")?), "{text}");

        // The other views go on.
        page.press("#tab-signatures").await?;
        page.wait_text("#rows-path", |text| text.contains("calls on path wasm-gc")).await?;
        page.press("#tab-console").await?;
        console::run(page, "print(6 * 7)", "42").await?;
        let own =
            "return performance.getEntriesByType('resource').every(({ name }) => name.startsWith(origin))";
        ensure!(page.client.execute(own, vec![]).await? == true, "something came from elsewhere");
        no_errors(page).await
    })
}

/// Each path is live if it is chosen, or refused; what runs can be stopped. The page's own Python does not start here.
fn paths(bench: &Bench, browser: Browser) -> Result<()> {
    let folder = demo(bench, "attach-paths")?;
    fs::remove_file(folder.join("library/start.bin"))?;
    let server = Server::start(&folder, None)?;
    let abilities = engines::entry(Engine::Browser(browser))?;
    with_page(&bench.workshop, browser, async |page| {
        page.client.goto(&server.address).await?;
        page.wait_text("#problem", |text| text.contains("library/start.bin could not be downloaded")).await?;
        page.press("#tab-attach").await?;
        page.press("#attach-measure").await?;
        page.press("#attach-stop").await?;
        page.wait_text("#attach-conditions", |text| text.starts_with("Stopped. ")).await?;
        // The browser's own is live in the test of a visit.
        let default = abilities.default_path();
        for path in Path::ALL.into_iter().filter(|&path| path != default) {
            page.client.find(Locator::Css("#attach-path")).await?.select_by_label(path.name()).await?;
            if let Ability::Missing(_) = abilities.path(path) {
                page.press("#attach-measure").await?;
                let refused = format!("pyem-trampoline: path {path} was forced, and this engine has no");
                page.wait_text("#attach-conditions", |text| text.starts_with(&refused)).await?;
            } else {
                measure(page, path).await?;
                check_rows(page).await?;
            }
        }
        page.press("#attach-measure").await?;
        page.wait_text("#attach-conditions", |text| text.contains("round 2")).await?;
        page.press("#attach-stop").await?;
        page.wait_text("#attach-conditions", |text| text.starts_with("Stopped. ")).await?;
        no_errors(page).await
    })
}

/// A file that does not come is named, and the rest of the page goes on; once it is there, the view works.
fn missing(bench: &Bench, browser: Browser) -> Result<()> {
    let folder = demo(bench, "attach-missing")?;
    let version = &bench.workshop.pins.pyodide[CURRENT];
    let server = Server::start(&folder, None)?;
    with_page(&bench.workshop, browser, async |page| {
        console::open(page, &server.address).await?;
        page.press("#tab-attach").await?;
        let files =
            ["pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json"];
        for file in files.map(|file| format!("pyodide/{version}/{file}")) {
            fs::rename(folder.join(&file), folder.join("away"))?;
            page.press("#attach-measure").await?;
            let message = format!("{file} could not be downloaded: the server says 404");
            page.wait_text("#attach-conditions", |text| text.starts_with(&message)).await?;
            fs::rename(folder.join("away"), folder.join(&file))?;
        }
        fs::rename(folder.join("pyodide/worker.js"), folder.join("away"))?;
        page.press("#attach-measure").await?;
        page.wait_text("#attach-conditions", |text| text.contains("could not be loaded")).await?;
        fs::rename(folder.join("away"), folder.join("pyodide/worker.js"))?;
        page.press("#tab-console").await?;
        console::run(page, "print('still', 'here')", "still here").await?;
        page.press("#tab-attach").await?;
        page.press("#attach-measure").await?;
        page.wait_text("#attach-conditions", |text| text.starts_with("Measuring, round")).await?;
        page.press("#attach-stop").await?;
        Ok(())
    })
}

fn no_webassembly(bench: &Bench, browser: Browser, off: &(&str, Value)) -> Result<()> {
    let server = Server::start(&demo(bench, "attach-no-wasm")?, None)?;
    with_preferences(&bench.workshop, browser, from_ref(off), async |page| {
        page.client.goto(&server.address).await?;
        page.wait_text("#problem", |text| text.contains("no WebAssembly")).await?;
        page.press("#tab-attach").await?;
        page.press("#attach-measure").await?;
        let message = "This browser has no WebAssembly";
        page.wait_text("#attach-conditions", |text| text.starts_with(message)).await?;
        Ok(())
    })
}

/// On any server, in any folder of it, at a phone's width, and without a mouse.
fn phone_and_keyboard(bench: &Bench) -> Result<()> {
    let folder = bench.scratch("attach-any")?;
    copy_all(&demo(bench, "attach-plain")?, &folder.join("some/where"))?;
    let server = AnyServer::start(&bench.workshop, &folder)?;
    let phone = json!({ "deviceMetrics": { "width": 360, "height": 740, "pixelRatio": 2.0 } });
    with_preferences(&bench.workshop, Browser::Chromium, &[("mobileEmulation", phone)], async |page| {
        console::open(page, &format!("{}some/where/", server.address)).await?;
        ensure!(page.client.execute("return innerWidth", vec![]).await? == 360, "not a phone's width");
        let press = async |key: Key| -> Result<String> {
            let active = page.client.active_element().await?;
            active.send_keys(&char::from(key).to_string()).await?;
            let id = page.client.execute("return document.activeElement.id", vec![]).await?;
            Ok(id.as_str().unwrap_or_default().to_owned())
        };
        page.client.execute("document.getElementById('tab-console').focus()", vec![]).await?;
        ensure!(press(Key::Left).await? == "tab-audit");
        ensure!(press(Key::Left).await? == "tab-attach");
        ensure!(press(Key::Tab).await? == "attach-path");
        ensure!(press(Key::Tab).await? == "attach-measure");
        press(Key::Enter).await?;
        let path = engines::entry(Engine::Browser(page.browser))?.default_path();
        wait_measured(page, path).await?;
        check_rows(page).await?;
        check_chart(page, "#attach-chart").await?;
        let script = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
        let too_wide = page.client.execute(script, vec![]).await?;
        ensure!(too_wide == 0, "{too_wide} too wide");
        page.screenshot(&bench.workshop.root.join("target/screenshots"), "phone-attach").await?;
        ensure!(press(Key::Tab).await? == "attach-detach", "Stop can be pressed");
        press(Key::Enter).await?;
        page.wait_text("#attach-conditions", |text| text.starts_with("Detached: ")).await?;
        no_errors(page).await
    })
}
