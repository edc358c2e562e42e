//! The demo page's view "Audit", used as a visitor would: wheels and stock Pyodide's own library, audited and mended.

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, Result, ensure};
use duct::cmd;
use e2e::{
    Bench, Once, console, every_cell,
    folder::{demo, no_errors},
    stock::side_module,
    trial,
    wrongs::{source, wrongs},
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
        driver::{self, Browser},
        serve::Server,
        tab::{Page, with_page, with_preferences},
    },
    engines::{self, Engine},
    tools::{
        files::{clear, copy, list},
        pypi,
    },
};

/// The Pyodide of the page.
const PYODIDE: &str = "314";
/// What its wheels are for.
const TAG: &str = "cp314-cp314-pyemscripten_2026_0_wasm32";

fn main() -> ExitCode {
    e2e::run(trials())
}

fn trials() -> Result<Vec<Trial>> {
    let mut trials = vec![trial("phone_and_keyboard", phone_and_keyboard)];
    for browser in engines::browsers()? {
        let name = Engine::Browser(browser);
        // The others run the same script.
        if every_cell() || browser == Browser::Chromium {
            trials.push(trial(format!("wheels::{name}"), move |bench| wheels(bench, browser)));
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

fn counted(rows: &Rows, verdict: &str) -> usize {
    rows.iter().filter(|row| row[4] == verdict).count()
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

/// What a visitor chooses.
struct Wheels {
    /// From PyPI.
    bitarray: PathBuf,
    /// The same for another Python.
    other_python: PathBuf,
    /// Packed here, by name: with every slot wrong in every way, and what is no wheel for the page.
    folder: PathBuf,
}

static WHEELS: Once<Wheels> = Once::new();

fn files(bench: &Bench) -> Result<&'static Wheels> {
    WHEELS.get(|| {
        let folder = bench.workshop.home.join("page-audit");
        clear(&folder)?;
        let fatal = "#include <Python.h>\nPyMODINIT_FUNC PyInit_fatal(void) { __builtin_trap(); }\n";
        for (name, source) in [("wrongs", source()), ("fatal", fatal.to_owned())] {
            let file = folder.join(format!("{name}.c"));
            fs::write(&file, source)?;
            let module = side_module(bench, "page-audit", name, &file)?;
            pack(bench, &folder, name, TAG, &[(&format!("{name}.so"), &fs::read(module)?)])?;
        }
        pack(bench, &folder, "pure", "py3-none-any", &[("pure/__init__.py", b"")])?;
        let other = "cp314-cp314-manylinux_2_28_x86_64";
        pack(bench, &folder, "other_platform", other, &[("other_platform.so", b"")])?;
        pack(bench, &folder, "damaged", TAG, &[("damaged.so", b"PyInit_damaged")])?;
        let bitarray = |pyodide| -> Result<PathBuf> {
            let folder = pypi::pyodide_wheels(&bench.workshop, &bench.cpython.source, pyodide)?;
            let mut wheels = list(&folder)?.into_iter();
            wheels.find(|path| path.to_string_lossy().contains("bitarray")).context("bitarray is pinned")
        };
        let wheels = Wheels { bitarray: bitarray(PYODIDE)?, other_python: bitarray("0.29")?, folder };
        let whole = fs::read(&wheels.bitarray)?;
        fs::write(wheels.folder.join("cut_off.whl"), &whole[..whole.len() / 2])?;
        fs::write(wheels.folder.join("notes.txt"), "no wheel")?;
        Ok(wheels)
    })
}

/// Packs `NAME.whl` for a tag.
fn pack(bench: &Bench, folder: &Path, name: &str, tag: &str, files: &[(&str, &[u8])]) -> Result<()> {
    let content = folder.join(name);
    let information = content.join(format!("{name}-1.0.dist-info"));
    fs::create_dir_all(&information)?;
    fs::write(information.join("METADATA"), format!("Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"))?;
    fs::write(information.join("WHEEL"), format!("Wheel-Version: 1.0\nTag: {tag}\n"))?;
    for (path, bytes) in files {
        let path = content.join(path);
        fs::create_dir_all(path.parent().context("it is in a folder")?)?;
        fs::write(path, bytes)?;
    }
    let parts = list(&content)?.into_iter().map(PathBuf::into_os_string);
    let arguments = ["-m".into(), "zipfile".into(), "--create".into()].into_iter();
    let wheel = folder.join(format!("{name}.whl")).into_os_string();
    cmd(&bench.workshop.build_python, arguments.chain([wheel]).chain(parts)).run()?;
    Ok(())
}

/// Several files at once, some of which are no wheels for the page; the rest is audited and mended. Then one is dropped.
fn wheels(bench: &Bench, browser: Browser) -> Result<()> {
    driver::install(&bench.workshop)?;
    let files = files(bench)?;
    let folder = demo(bench, "audit-wheels")?;
    copy(&files.bitarray, &folder.join("dropped.whl"))?;
    let server = Server::start(&folder, None)?;
    with_page(&bench.workshop, browser, async |page| {
        console::open(page, &server.address).await?;
        page.press("#tab-audit").await?;
        let named =
            ["wrongs.whl", "other_platform.whl", "pure.whl", "cut_off.whl", "notes.txt", "damaged.whl"]
                .map(|name| files.folder.join(name));
        let chosen: Vec<String> = [&files.bitarray, &files.other_python]
            .into_iter()
            .chain(&named)
            .map(|path| path.display().to_string())
            .collect();
        page.type_into("#audit-files", &chosen.join("\n")).await?;
        let text = wait_compared(page).await?;
        let found = rows(page).await?;
        let expected = wrongs().len();
        let wrong = found.iter().filter(|row| row[0].starts_with("wrongs.")).count();
        ensure!(wrong == expected, "{wrong} of {expected} functions of wrongs were found");
        let bitarray: Vec<_> = found.iter().filter(|row| row[0].starts_with("bitarray.")).collect();
        ensure!(bitarray.len() == 18 && bitarray.iter().all(|row| row[4] == "handled"), "{bitarray:?}");
        ensure!(found.len() == wrong + bitarray.len(), "{} functions", found.len());
        for verdict in ["traps", "refused", "handled"] {
            let counted = format!("{} {verdict}", counted(&found, verdict));
            ensure!(text.contains(&counted), "{counted} is not in {text}");
        }
        let packages = page.text("#audit-packages").await?;
        for sentence in [
            "bitarray 3.12.3: imported bitarray._bitarray, bitarray._util: 18 handled",
            "bitarray-3.12.3-cp313-cp313-pyemscripten_2025_0_wasm32.whl: it is built for cp313-",
            "wrongs 1.0: imported wrongs",
            "other_platform.whl: it is built for cp314-cp314-manylinux",
            "pure 1.0: it is pure Python: it has no C functions",
            "cut_off.whl: it is no wheel, or not all of one",
            "notes.txt: it is no wheel, or not all of one",
            "damaged 1.0: damaged was not imported: ImportError",
        ] {
            ensure!(packages.contains(sentence), "{sentence} is not in {packages}");
        }
        let advice = page.text("#audit-advice").await?;
        let declaration = "C: PyObject *f(PyObject *self, PyObject *Py_UNUSED(ignored))";
        ensure!(advice.starts_with("METH_NOARGS") && advice.contains(declaration), "{advice}");
        let pictures = bench.workshop.root.join("target/screenshots");
        page.screenshot(&pictures, "audit-wheels").await?;
        let mended = repair_and_undo(page, async |button| page.press(button).await).await?;
        ensure!(mended.len() > 100, "{} were mended", mended.len());

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
    driver::install(&bench.workshop)?;
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
    driver::install(&bench.workshop)?;
    let files = files(bench)?;
    let folder = demo(bench, "audit-missing")?;
    let version = &bench.workshop.pins.pyodide[PYODIDE];
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
        let chosen = format!("{}\n{}", files.folder.join("fatal.whl").display(), files.bitarray.display());
        page.type_into("#audit-files", &chosen).await?;
        wait_compared(page).await?;
        let packages = page.text("#audit-packages").await?;
        for sentence in
            ["fatal 1.0: fatal was not imported: ", "bitarray 3.12.3: imported bitarray._bitarray"]
        {
            ensure!(packages.contains(sentence), "{sentence} is not in {packages}");
        }
        Ok(())
    })
}

/// At a phone's width, and without a mouse.
fn phone_and_keyboard(bench: &Bench) -> Result<()> {
    driver::install(&bench.workshop)?;
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
