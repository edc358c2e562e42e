//! The same in browsers: a fresh browser for each run, with Python in a worker.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result, ensure};

use super::interpreters::Variant;
use crate::{
    Workshop,
    browser::{driver::Browser, serve::Server, tab::with_page},
    build::cpython::Cpython,
    tools::files::clear,
};

/// Where Python finds the scripts and pyperformance.
const SCRIPTS: &str = "/bench";
pub const PROGRAMS: &str = "/programs";

/// The interpreters on a server.
pub struct Site(Server);

impl Site {
    /// Copies everything together and serves it.
    pub fn start(
        workshop: &Workshop,
        cpython: &Cpython,
        interpreters: &[(Variant, PathBuf)],
        programs: &Path,
    ) -> Result<Self> {
        let folder = workshop.home.join("bench/site");
        clear(&folder)?;
        let js = workshop.root.join("benches/js");
        fs::copy(js.join("python.html"), folder.join("index.html"))?;
        for name in ["python-page.mjs", "python-worker.mjs"] {
            fs::copy(js.join(name), folder.join(name))?;
        }
        for (variant, interpreter) in interpreters {
            let copy = folder.join(folder_of(*variant));
            fs::create_dir_all(&copy)?;
            for name in ["python.mjs", "python.wasm", "python.minor"] {
                fs::copy(interpreter.join(name), copy.join(name))?;
            }
        }
        cpython.pack_library(workshop, &folder.join("stdlib.zip")).stdout_null().run()?;
        fs::write(folder.join("files.json"), scripts(workshop, programs)?)?;
        Ok(Self(Server::start(&folder, None)?))
    }

    /// What measure.py prints.
    pub fn run(
        &self,
        workshop: &Workshop,
        browser: Browser,
        variant: Variant,
        path: &str,
        arguments: &[&str],
    ) -> Result<String> {
        let mut url =
            format!("{}?worker=python-worker&folder={}&path={path}", self.0.address, folder_of(variant));
        for argument in arguments {
            url += &format!("&argument={argument}");
        }
        visit(workshop, browser, &url)
    }
}

/// The scripts and the programs as JSON: path and text.
pub fn scripts(workshop: &Workshop, programs: &Path) -> Result<String> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(workshop.root.join("benches/python"))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "py") {
            let name = path.file_name().context("a file")?.to_string_lossy().into_owned();
            files.insert(format!("{SCRIPTS}/{name}"), fs::read_to_string(&path)?);
        }
    }
    for entry in fs::read_dir(programs)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if let Ok(text) = fs::read_to_string(programs.join(&name).join("run_benchmark.py")) {
            files.insert(format!("{PROGRAMS}/{name}/run_benchmark.py"), text);
        }
    }
    Ok(serde_json::to_string(&files)?)
}

/// What the worker of python-page.mjs found.
pub fn visit(workshop: &Workshop, browser: Browser, url: &str) -> Result<String> {
    with_page(workshop, browser, async |page| {
        page.client.goto(url).await?;
        while page.client.title().await? == "running" {
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        let found = page.client.execute("return globalThis.found;", vec![]).await?;
        let found = found.as_str().context("what was found")?.to_owned();
        let title = page.client.title().await?;
        ensure!(title == "done", "{title}: {found}");
        Ok(found)
    })
}

fn folder_of(variant: Variant) -> String {
    variant.name().replace(' ', "-")
}

/// The version of an installed browser.
pub fn version(workshop: &Workshop, browser: Browser) -> Result<String> {
    with_page(workshop, browser, async |page| page.version())
}
