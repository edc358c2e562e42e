//! In browsers: the demo page's worker, in a page of its own without editor and charts.

use std::{
    fs,
    path::PathBuf,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use serde_json::json;

use super::{Kind, Modules, Size, Steps, Visit, add, variant};
use crate::{
    Workshop,
    bench::record::Record,
    browser::{
        driver::{self, Browser},
        serve::Server,
        tab::{Page, with_page},
    },
    build::{cpython::Cpython, page},
    engines::{self, Engine},
    tools::files::copy_all,
};

/// One start, as benches/js/start-page.mjs has it.
#[derive(Debug, Deserialize)]
struct Start {
    kind: String,
    steps: Steps,
}

/// The page of the demo, and of the bench beside it.
fn site(workshop: &Workshop, cpython: &Cpython, modules: Modules) -> Result<PathBuf> {
    let name = format!("bench start {modules}").replace(' ', "-");
    let site = workshop.home.join("bench").join(&name);
    page::build_with(workshop, cpython, &name, &site, modules.imports())?;
    let root = &workshop.root;
    for (from, to) in [
        ("benches/js/start.html", "start.html"),
        ("benches/js/start-page.mjs", "start-page.mjs"),
        ("benches/js/start-floor.mjs", "start-floor.mjs"),
        ("benches/js/floor.mjs", "floor.mjs"),
        ("demo/page/assets.mjs", "assets.mjs"),
        ("demo/page/client.mjs", "client.mjs"),
        ("demo/page/calls.mjs", "calls.mjs"),
        ("demo/page/page.mjs", "page.mjs"),
        ("tests/e2e/js/errors.js", "errors.js"),
    ] {
        fs::copy(root.join(from), site.join(to)).context(from)?;
    }
    copy_all(&root.join("npm/snapshot"), &site.join("snapshot"))?;
    Ok(site)
}

/// First visits in fresh browsers, each with a second one; later starts in one more.
pub fn measure(workshop: &Workshop, cpython: &Cpython, browser: Browser, size: Size) -> Result<Record> {
    driver::install(workshop)?;
    let path = engines::entry(Engine::Browser(browser))?.default_path().name();
    let mut record: Option<Record> = None;
    for modules in Modules::ALL {
        let server = Server::start(&site(workshop, cpython, modules)?, None)?;
        let address = |kinds: &[Kind], rounds: u32| {
            let kinds: Vec<String> = kinds.iter().map(Kind::to_string).collect();
            let given = json!({ "kinds": kinds, "rounds": rounds, "source": modules.source() });
            format!("{}start.html?{given}", server.address)
        };
        let mut keep = |visit, page: &Page, starts: Vec<Start>| {
            let record = match &mut record {
                Some(record) => record,
                None => record.insert(Record::new(
                    workshop,
                    super::PART,
                    browser.name(),
                    &page.version()?,
                    path,
                    "ms",
                )?),
            };
            for Start { kind, steps } in starts {
                let kind = Kind::ALL.into_iter().find(|known| known.to_string() == kind);
                add(record, &variant(visit, modules, kind.context("a kind")?), &steps)?;
            }
            Ok(())
        };
        with_page(workshop, browser, async |page| {
            // The first round warms up: the code of all that comes later is compiled then.
            let mut starts = starts(page, &address(&Kind::ALL, size.rounds + 1)).await?;
            starts.drain(..Kind::ALL.len());
            keep(Visit::Later, page, starts)
        })?;
        for round in 0..size.rounds as usize {
            let mut kinds = Kind::ALL;
            kinds.rotate_left(round % Kind::ALL.len());
            for kind in kinds {
                with_page(workshop, browser, async |page| {
                    for visit in [Visit::First, Visit::Again] {
                        let starts = starts(page, &address(&[kind], 0)).await?;
                        keep(visit, page, starts)?;
                        page.client.goto("about:blank").await?;
                    }
                    Ok(())
                })?;
            }
        }
    }
    record.context("nothing was measured")
}

/// What the page measures.
async fn starts(page: &Page, address: &str) -> Result<Vec<Start>> {
    page.client.goto(address).await?;
    let start = Instant::now();
    loop {
        match page.client.title().await?.as_str() {
            "running" => ensure!(start.elapsed() < Duration::from_secs(100), "no answer in 100 s"),
            "measured" => break,
            title => {
                bail!("{title}: {:?}", page.client.execute("return `${globalThis.error}`;", vec![]).await?)
            }
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    let errors = page.errors().await?;
    ensure!(errors.is_empty(), "errors in the page: {errors:?}");
    let text = page.client.execute("return JSON.stringify(measured);", vec![]).await?;
    Ok(serde_json::from_str(text.as_str().context("JSON")?)?)
}
