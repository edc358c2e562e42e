//! The programs of [`link_cells`](crate::link_cells) in Chromium: workers of one page, in one session.

use std::{
    collections::BTreeMap,
    fs, thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use xtask::{
    browser::{driver::Browser, serve::Server, tab::with_page},
    tools::files::copy,
};

use crate::{
    Bench,
    link_cells::Cell,
    link_programs::{folder, link, place},
};

/// What each program printed, sorted, by its folder; and the browser's version.
#[derive(Debug)]
pub struct Session {
    pub printed: BTreeMap<String, Vec<String>>,
    pub version: String,
}

/// SINGLE_FILE has its code in an address.
const POLICY: &str = "default-src 'self' data: 'wasm-unsafe-eval'";

/// Runs the programs one after another, each in a worker of its own.
pub fn session(bench: &Bench, cells: &[(Cell, bool)]) -> Result<Session> {
    let workshop = &bench.workshop;
    let mut programs = Vec::new();
    for (cell, newest) in cells {
        let linked = link(bench, cell, *newest)?;
        let file = linked.program.file_name().and_then(|name| name.to_str()).context("a name")?.to_owned();
        programs.push((place(cell, *newest), file, cell.output("wasm-gc").len()));
    }
    // Almost all of them take a fraction of a second.
    let patience = 30 + programs.len() as u64;
    let folder = folder(bench)?;
    for file in ["link-page.html", "link-page.mjs", "errors.js"] {
        copy(&workshop.root.join("tests/e2e/js").join(file), &folder.join(file))?;
    }
    fs::write(folder.join("programs.json"), serde_json::to_string(&programs)?)?;
    let server = Server::with_policy(&folder, None, POLICY)?;
    with_page(workshop, Browser::Chromium, async |page| {
        page.client.goto(&format!("{}link-page.html", server.address)).await?;
        let start = Instant::now();
        while page.client.title().await? != "done" {
            ensure!(start.elapsed().as_secs() < patience, "the page runs on: {:?}", page.errors().await?);
            thread::sleep(Duration::from_millis(50));
        }
        let printed = serde_json::from_value(page.evaluate("printed").await?)?;
        Ok(Session { printed, version: page.version()? })
    })
}
