//! JupyterLite with what a reader copies from `examples/jupyterlite`: a notebook as a visitor uses it.

use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use e2e::{Bench, jupyterlite, trial};
use fantoccini::{Locator, key::Key};
use libtest_mimic::Trial;
use serde::Deserialize;
use serde_json::{Value, json};
use xtask::{
    browser::{
        driver::Browser,
        serve::Server,
        tab::{Page, with_page},
    },
    engines::{self, Engine},
};

/// JupyterLite evaluates texts and has pictures in addresses. All else has to come from the site itself: the
/// browser refuses to send any other request, for the page and for its workers.
const POLICY: &str = "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:";

/// What is typed into a cell, after the line that installs bitarray. It prints a line of JSON.
const CELL: &str = r#"import json, pyodide_js
from js import location, performance
trampoline = getattr(pyodide_js._module, "pyemTrampoline", None)
resolved = lambda: sum(trampoline.resolutions.to_py().values()) if trampoline else 0
before = resolved()
from bitarray import bitarray
bits = bitarray("11010") * 3
bits.reverse(), bits.invert()
results = [bits.to01(), bits.nbytes, bits.tolist().count(1), bits.copy().all()]
path = trampoline.path if trampoline else None
loaded = [entry.name for entry in performance.getEntriesByType("resource")]
print(json.dumps(dict(path=path, resolved=resolved() - before, results=results, origin=location.origin, loaded=loaded)))"#;

/// Keeps what the policy refuses to the page: in the document, which all scripts of a driver share.
const LISTEN: &str = "document.body.dataset.refused = '';
    addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) => {
        document.body.dataset.refused += `${effectiveDirective} ${blockedURI};`;
    });";
const ASK_ELSEWHERE: &str = "const done = arguments[0];
    const report = () => done(document.body.dataset.refused);
    fetch('https://elsewhere.invalid/').catch(() => setTimeout(report, 200));";

/// What it prints.
#[derive(Debug, Deserialize)]
struct Printed {
    path: Option<String>,
    /// How many functions were resolved in this cell.
    resolved: u32,
    results: Value,
    origin: String,
    loaded: Vec<String>,
}

fn main() -> ExitCode {
    e2e::run(trials())
}

fn trials() -> Result<Vec<Trial>> {
    let mut trials = Vec::new();
    for browser in [Browser::Chromium, Browser::Firefox] {
        let name = Engine::Browser(browser).to_string();
        trials.push(trial(name, move |bench| attached(bench, browser)));
    }
    trials.push(trial("stock", stock));
    Ok(trials)
}

fn attached(bench: &Bench, browser: Browser) -> Result<()> {
    let printed = run_cell(bench, browser, true)?;
    let live = engines::entry(Engine::Browser(browser))?.default_path();
    ensure!(printed.path.as_deref() == Some(live.name()) && printed.resolved > 0, "{printed:?}");
    let ours = |name: &String| name.ends_with("/static/pyodide/pyem-trampoline/attach/index.mjs");
    ensure!(printed.loaded.iter().any(ours), "{printed:?}");
    Ok(())
}

/// The same without our files: nothing is attached.
fn stock(bench: &Bench) -> Result<()> {
    let printed = run_cell(bench, Browser::Chromium, false)?;
    ensure!(printed.path.is_none() && printed.resolved == 0, "{printed:?}");
    Ok(())
}

/// Runs the cell in a new notebook. What it computes is right, and everything that was loaded is of the site.
fn run_cell(bench: &Bench, browser: Browser, attached: bool) -> Result<Printed> {
    let server = Server::with_policy(&jupyterlite::site(bench, attached)?, None, POLICY)?;
    with_page(&bench.workshop, browser, async |page| {
        page.client.goto(&format!("{}lab/index.html", server.address)).await?;
        page.client.execute(LISTEN, vec![]).await?;
        // In this version, because Pyodide's list has another, which is not beside it.
        let install = format!("%pip install -q bitarray=={}", bench.workshop.pins.pyodide_wheels["bitarray"]);
        let text = in_new_notebook(page, &format!("{install}\n{CELL}")).await;
        page.screenshot(&bench.workshop.home.join("jupyterlite"), "notebook").await?;
        let text = text?;
        let printed: Printed = serde_json::from_str(&text).with_context(|| text.clone())?;
        let expected = json!(["101001010010100", 2, 6, false]);
        ensure!(printed.results == expected, "{printed:?}");

        ensure!(server.address == format!("{}/", printed.origin), "{printed:?}");
        let script = "return performance.getEntriesByType('resource').map((entry) => entry.name)";
        let of_page: Vec<String> = serde_json::from_value(page.client.execute(script, vec![]).await?)?;
        for name in of_page.iter().chain(&printed.loaded) {
            ensure!(name.starts_with(&server.address), "{name} is not of {}", server.address);
        }
        // Nothing was refused, until the test asks for something.
        let refused = page.client.execute_async(ASK_ELSEWHERE, vec![]).await?;
        ensure!(refused == "connect-src https://elsewhere.invalid/;", "refused: {refused}");
        for wheel in ["/pypi/bitarray-", "/static/pyodide/ipython-"] {
            ensure!(printed.loaded.iter().any(|name| name.contains(wheel)), "{wheel}: {printed:?}");
        }
        Ok(printed)
    })
}

/// Opens a notebook, types a cell into it, runs it with Shift and Enter, and returns what it prints.
async fn in_new_notebook(page: &Page, cell: &str) -> Result<String> {
    let launcher = ".jp-LauncherCard[data-category=Notebook]";
    page.client.wait().for_element(Locator::Css(launcher)).await?;
    page.press(launcher).await?;
    let editor = ".jp-Notebook .cm-content";
    // Before that the editor may be made anew.
    page.wait_text("#jp-main-statusbar", |text| text.contains("| Idle")).await?;
    let enter = String::from(char::from(Key::Enter));
    let keys = format!("{}{}{enter}", cell.replace('\n', &enter), char::from(Key::Shift));
    page.type_into(editor, &keys).await?;
    page.wait_text(".jp-Notebook", |text| text.contains("{\"path\"") || text.contains("Error")).await?;
    page.text(".jp-Notebook .jp-OutputArea-output pre").await
}
