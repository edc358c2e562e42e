//! The demo page's view "Audit", used as a visitor would: wheels and stock Pyodide's own library, audited and mended.

use std::{fs, path::PathBuf, process::ExitCode};

use anyhow::{Result, ensure};
use e2e::{
    Bench,
    audit_command::{named, tag},
    console, every_cell,
    folder::{demo, no_errors},
    page_wheels::{NATIVE, wheels},
    trial,
};
use fantoccini::{
    Locator,
    actions::{InputSource, KeyAction, KeyActions},
    key::Key,
};
use libtest_mimic::Trial;
use serde_json::json;
use xtask::{
    browser::{
        driver::Browser,
        serve::Server,
        tab::{Page, with_page, with_preferences},
    },
    engines::{self, Engine},
    tools::{
        files::copy,
        pyodide::{CURRENT, OLDER},
    },
};

fn main() -> ExitCode {
    e2e::run(trials())
}

fn trials() -> Result<Vec<Trial>> {
    let mut trials = vec![trial("phone_and_keyboard", phone_and_keyboard)];
    for browser in engines::browsers()? {
        let name = Engine::Browser(browser);
        // The others run the same script.
        if every_cell() || browser == Browser::Chromium {
            trials.push(trial(format!("wheels::{name}"), move |bench| several(bench, browser)));
            trials.push(trial(format!("stopped_missing_fatal::{name}"), move |bench| {
                interrupted(bench, browser)
            }));
        }
        if every_cell() || browser != Browser::Chromium {
            trials.push(trial(format!("library::{name}"), move |bench| library(bench, browser)));
        }
    }
    Ok(trials)
}

/// The cells of the table: function, slot, declared, expected, verdict, repair.
type Rows = Vec<[String; 6]>;

async fn rows(page: &Page) -> Result<Rows> {
    let script = "return [...document.querySelectorAll('#audit-rows tr')]
        .map((row) => [...row.cells].map((cell) => cell.textContent))";
    Ok(serde_json::from_value(page.client.execute(script, vec![]).await?)?)
}

async fn wait_compared(page: &Page) -> Result<String> {
    page.wait_text("#audit-conditions", |text| text.contains(" function pointers were compared: ")).await
}

/// Mends, sees that exactly that was mended which can be, and undoes it. Returns the rows of what is mended.
async fn repair_and_undo(page: &Page, press: impl AsyncFn(&str) -> Result<()>) -> Result<Rows> {
    let found = rows(page).await?;
    press("#audit-repair").await?;
    page.wait_text("#audit-conditions", |text| text.contains("Repaired and audited again: ")).await?;
    let repaired = rows(page).await?;
    for (before, after) in found.iter().zip(&repaired) {
        ensure!(before[..4] == after[..4], "{before:?} became {after:?}");
        let mended = before[5] == "an adapter mends it";
        let expected = if mended { "mended" } else { &before[4] };
        ensure!(after[4] == expected, "{after:?} is not {expected}");
        let was = format!("an adapter is in its place; it was: {}", before[4]);
        ensure!(after[5] == if mended { was } else { before[5].clone() }, "{after:?}");
    }
    press("#audit-undo").await?;
    page.wait_text("#audit-conditions", |text| text.contains("Undone and audited again: ")).await?;
    ensure!(rows(page).await? == found, "not as before: {:?}", rows(page).await?);
    Ok(repaired.into_iter().filter(|row| row[4] == "mended").collect())
}

/// Several files at once, some of which are no wheels for the page; the rest is audited and mended. Then one is dropped.
fn several(bench: &Bench, browser: Browser) -> Result<()> {
    let files = wheels(bench)?;
    let folder = demo(bench, "audit-wheels")?;
    copy(&files.bitarray, &folder.join("dropped.whl"))?;
    let server = Server::start(&folder, None)?;
    with_page(&bench.workshop, browser, async |page| {
        console::open(page, &server.address).await?;
        page.press("#tab-audit").await?;
        let mut chosen = vec![files.bitarray.clone(), files.other_python.clone()];
        for name in ["kiwisolver", "native", "pure", "cut_off", "notes", "damaged"] {
            chosen.push(
                named(&files.folder, &format!("{name}-"))
                    .or_else(|_| named(&files.folder, &format!("{name}.")))?,
            );
        }
        choose(page, &chosen).await?;
        let text = wait_compared(page).await?;
        let found = rows(page).await?;
        let of = |name: &str, verdict: &str| {
            found.iter().filter(|row| row[0].starts_with(name) && row[4] == verdict).count()
        };
        ensure!(of("kiwisolver.", "traps") == 4 && of("kiwisolver.", "handled") == 21, "{found:?}");
        ensure!(of("bitarray.", "handled") == 18 && found.len() == 43, "{found:?}");
        ensure!(text.contains(": 4 traps, 39 handled."), "{text}");
        let pins = &bench.workshop.pins;
        let [bitarray, kiwisolver] = [&pins.pyodide_wheels["bitarray"], &pins.sdists["kiwisolver"]];
        let packages = page.text("#audit-packages").await?;
        for sentence in [
            format!("bitarray {bitarray}: imported bitarray._bitarray, bitarray._util: 18 handled"),
            format!("kiwisolver {kiwisolver}: imported kiwisolver._cext: 4 traps, 21 handled"),
            format!("bitarray-{bitarray}-{tag}.whl: it is built for {tag}", tag = tag(bench, OLDER)),
            format!("native-1.0-{NATIVE}.whl: it is built for {NATIVE}"),
            "pure 1.0: it is pure Python: it has no C functions".to_owned(),
            "cut_off.whl: it is no wheel, or not all of one".to_owned(),
            "notes.txt: it is no wheel, or not all of one".to_owned(),
            "damaged 1.0: damaged was not imported: ImportError".to_owned(),
        ] {
            ensure!(packages.contains(&sentence), "{sentence} is not in {packages}");
        }
        let advice = page.text("#audit-advice").await?;
        let declaration = "C: PyObject *f(PyObject *self, PyObject *Py_UNUSED(ignored))";
        ensure!(advice.contains("METH_NOARGS") && advice.contains(declaration), "{advice}");
        let pictures = bench.workshop.root.join("target/screenshots");
        page.screenshot(&pictures, "audit-wheels").await?;
        let mended = repair_and_undo(page, async |button| page.press(button).await).await?;
        ensure!(mended.len() == 4 && mended.iter().all(|row| row[1] == "tp_clear"), "{mended:?}");

        drop_file(page, "dropped.whl").await?;
        let text = wait_compared(page).await?;
        ensure!(text.contains(": 18 handled"), "{text}");
        ensure!(rows(page).await?.len() == 18, "of one wheel only");
        let repair = page.client.find(Locator::Css("#audit-repair")).await?;
        ensure!(!repair.is_enabled().await?, "nothing is to be mended");
        page.screenshot(&pictures, "audit-dropped").await?;
        drop_file(page, "manifest.json").await?;
        page.wait_text("#audit-conditions", |text| text.ends_with("no extension module was imported."))
            .await?;
        let own =
            "return performance.getEntriesByType('resource').every(({ name }) => name.startsWith(origin))";
        ensure!(page.client.execute(own, vec![]).await? == true, "something came from elsewhere");
        no_errors(page).await
    })
}

async fn choose(page: &Page, files: &[PathBuf]) -> Result<()> {
    let paths: Vec<String> = files.iter().map(|path| path.display().to_string()).collect();
    page.type_into("#audit-files", &paths.join("\n")).await
}

/// As a mouse does it, which no driver can: with a file of the site.
async fn drop_file(page: &Page, name: &str) -> Result<()> {
    let script = "const [name, done] = arguments;
        fetch(name).then((response) => response.blob()).then((blob) => {
            const dataTransfer = new DataTransfer();
            dataTransfer.items.add(new File([blob], name));
            const drop = new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true });
            document.querySelector('.drop').dispatchEvent(drop);
            done(drop.defaultPrevented);
        });";
    let taken = page.client.execute_async(script, vec![json!(name)]).await?;
    ensure!(taken == true, "the browser opens the file that was dropped");
    Ok(())
}

/// The standard library of stock Pyodide: found, mended, and put back.
fn library(bench: &Bench, browser: Browser) -> Result<()> {
    let server = Server::start(&demo(bench, "audit-library")?, None)?;
    with_page(&bench.workshop, browser, async |page| {
        console::open(page, &server.address).await?;
        page.press("#tab-audit").await?;
        let fetched = "return performance.getEntriesByType('resource').filter(({ name }) => name.includes('/pyodide/')).length";
        ensure!(page.client.execute(fetched, vec![]).await? == 0, "Pyodide came unasked");
        page.press("#audit-library").await?;
        wait_compared(page).await?;
        page.screenshot(&bench.workshop.root.join("target/screenshots"), "audit").await?;
        check_library(page, async |button| page.press(button).await).await?;
        no_errors(page).await
    })
}

/// The two functions of tests/golden/audit-stdlib.txt.
async fn check_library(page: &Page, press: impl AsyncFn(&str) -> Result<()>) -> Result<()> {
    let found = rows(page).await?;
    let named: Vec<_> = found.iter().map(|row| [&row[0], &row[1], &row[4]].map(String::as_str)).collect();
    let expected = [
        ["_pyodide.JsMethodCallSingleton", "tp_call", "traps"],
        ["operator.methodcaller", "tp_clear", "traps"],
    ];
    ensure!(named == expected, "{found:?}");
    ensure!(found[0][5].starts_with("left as it is: the function takes an argument"), "{found:?}");
    let mended = repair_and_undo(page, press).await?;
    ensure!(mended.len() == 1 && mended[0][0] == "operator.methodcaller", "{mended:?}");
    Ok(())
}

/// What runs can be stopped; a file that does not come is named; then the view works, though an import ends Pyodide.
fn interrupted(bench: &Bench, browser: Browser) -> Result<()> {
    let files = wheels(bench)?;
    let folder = demo(bench, "audit-missing")?;
    let version = &bench.workshop.pins.pyodide[CURRENT];
    let server = Server::start(&folder, None)?;
    with_page(&bench.workshop, browser, async |page| {
        console::open(page, &server.address).await?;
        page.press("#tab-audit").await?;
        page.press("#audit-library").await?;
        page.press("#audit-stop").await?;
        page.wait_text("#audit-conditions", |text| text == "Stopped.").await?;
        let file = format!("pyodide/{version}/pyodide.asm.wasm");
        fs::rename(folder.join(&file), folder.join("away"))?;
        page.press("#audit-library").await?;
        let message = format!("{file} could not be downloaded: the server says 404");
        page.wait_text("#audit-conditions", |text| text.starts_with(&message)).await?;
        fs::rename(folder.join("away"), folder.join(&file))?;
        fs::rename(folder.join("pyodide/audit-worker.js"), folder.join("away"))?;
        page.press("#audit-library").await?;
        page.wait_text("#audit-conditions", |text| text.contains("could not be loaded")).await?;
        fs::rename(folder.join("away"), folder.join("pyodide/audit-worker.js"))?;
        page.press("#tab-console").await?;
        console::run(page, "print('still', 'here')", "still here").await?;
        page.press("#tab-audit").await?;
        choose(page, &[named(&files.folder, "traps-")?, files.bitarray.clone()]).await?;
        wait_compared(page).await?;
        let packages = page.text("#audit-packages").await?;
        for sentence in
            ["traps 1.0: traps was not imported: ", "bitarray 3.12.3: imported bitarray._bitarray"]
        {
            ensure!(packages.contains(sentence), "{sentence} is not in {packages}");
        }
        Ok(())
    })
}

/// At a phone's width, and without a mouse.
fn phone_and_keyboard(bench: &Bench) -> Result<()> {
    let server = Server::start(&demo(bench, "audit-phone")?, None)?;
    let phone = json!({ "deviceMetrics": { "width": 360, "height": 740, "pixelRatio": 2.0 } });
    with_preferences(&bench.workshop, Browser::Chromium, &[("mobileEmulation", phone)], async |page| {
        console::open(page, &server.address).await?;
        ensure!(page.client.execute("return innerWidth", vec![]).await? == 360, "not a phone's width");
        let focus = async || -> Result<String> {
            let id = page.client.execute("return document.activeElement.id", vec![]).await?;
            Ok(format!("#{}", id.as_str().unwrap_or_default()))
        };
        let press = async |key: Key| -> Result<String> {
            // What is sent to the field for files would be names of files.
            let value = char::from(key);
            let keys = KeyActions::new("keyboard".to_owned())
                .then(KeyAction::Down { value })
                .then(KeyAction::Up { value });
            page.client.perform_actions(keys).await?;
            focus().await
        };
        page.client.execute("document.getElementById('tab-console').focus()", vec![]).await?;
        ensure!(press(Key::Left).await? == "#tab-audit");
        ensure!(press(Key::Tab).await? == "#audit-files");
        ensure!(press(Key::Tab).await? == "#audit-library");
        press(Key::Enter).await?;
        wait_compared(page).await?;
        let script = "return [document.documentElement, document.getElementById('audit-table')]
            .map(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)";
        let too_wide = page.client.execute(script, vec![]).await?;
        ensure!(too_wide == json!([0, 0]), "{too_wide} too wide: the page, the table");
        page.screenshot(&bench.workshop.root.join("target/screenshots"), "phone-audit").await?;
        // What can be done next has the focus.
        check_library(page, async |button| {
            let focus = focus().await?;
            ensure!(focus == button, "{focus} has the focus, not {button}");
            press(Key::Enter).await.map(drop)
        })
        .await?;
        no_errors(page).await
    })
}
