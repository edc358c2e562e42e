//! The demo page's view "Audit", used as a visitor would: stock Pyodide's library and wheels audited and mended.

use std::process::ExitCode;

use anyhow::{Result, ensure};
use e2e::{
    Bench, console,
    folder::{demo, no_errors},
    trial,
};
use libtest_mimic::Trial;
use xtask::{
    browser::{
        driver::{self, Browser},
        serve::Server,
        tab::{Page, with_page},
    },
    engines::{self, Engine},
};

fn main() -> ExitCode {
    e2e::run(trials())
}

fn trials() -> Result<Vec<Trial>> {
    let mut trials = Vec::new();
    for browser in engines::browsers()? {
        let name = Engine::Browser(browser);
        trials.push(trial(format!("library::{name}"), move |bench| library(bench, browser)));
    }
    Ok(trials)
}

/// The cells of the table of findings.
async fn rows(page: &Page) -> Result<Vec<[String; 6]>> {
    let script = "return [...document.querySelectorAll('#audit-rows tr')]
        .map((row) => [...row.cells].map((cell) => cell.textContent))";
    Ok(serde_json::from_value(page.client.execute(script, vec![]).await?)?)
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
        page.wait_text("#audit-conditions", |text| text.contains(" function pointers were compared")).await?;
        let found = rows(page).await?;
        println!("{found:?}");
        page.screenshot(&bench.workshop.root.join("target/screenshots"), "audit").await?;
        page.press("#audit-repair").await?;
        page.wait_text("#audit-conditions", |text| text.contains("Repaired and audited again: ")).await?;
        println!("{:?}", rows(page).await?);
        page.screenshot(&bench.workshop.root.join("target/screenshots"), "audit-repaired").await?;
        page.press("#audit-undo").await?;
        page.wait_text("#audit-conditions", |text| text.contains("Undone and audited again: ")).await?;
        ensure!(rows(page).await? == found, "{:?}", rows(page).await?);
        no_errors(page).await
    })
}
