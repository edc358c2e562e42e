//! Python's standard library in the demo page: fetched when it is imported, in Chromium, Firefox and WebKitGTK.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    process::ExitCode,
};

use anyhow::{Context, Result, ensure};
use e2e::{
    Bench, NODE, console,
    folder::{demo, no_errors},
    trial,
};
use libtest_mimic::Trial;
use serde::Deserialize;
use xtask::{
    browser::{
        driver::Browser,
        serve::Server,
        tab::{Page, with_page},
    },
    build::python::Run,
    engines::{self, Engine},
};

fn main() -> ExitCode {
    e2e::run(trials())
}

fn trials() -> Result<Vec<Trial>> {
    let mut trials = vec![trial("documented", documented)];
    let browsers = engines::browsers()?;
    // One browser: it takes a minute, and what differs between browsers is how a module is fetched.
    for browser in browsers.iter().copied().take(1) {
        trials.push(trial(format!("every_module::{}", Engine::Browser(browser)), move |bench| {
            on_page(bench, browser, async |page, address| every_module(bench, page, address).await)
        }));
    }
    for browser in browsers {
        let name = Engine::Browser(browser);
        trials.push(trial(format!("used::{name}"), move |bench| on_page(bench, browser, used)));
        trials.push(trial(format!("not_downloaded::{name}"), move |bench| not_downloaded(bench, browser)));
    }
    Ok(trials)
}

fn on_page(bench: &Bench, browser: Browser, test: impl AsyncFnOnce(&Page, &str) -> Result<()>) -> Result<()> {
    let server = Server::start(&demo(bench, "library")?, None)?;
    with_page(&bench.workshop, browser, async |page| test(page, &server.address).await)
}

/// What import_all.py prints.
#[derive(Debug, PartialEq, Deserialize)]
struct Imports {
    modules: usize,
    failed: BTreeMap<String, String>,
}

/// With all files of the library, and nothing of the page's.
fn imports_in_node(bench: &Bench) -> Result<Imports> {
    let folder = bench.mismatched()?;
    let script = bench.sources().join("import_all.py");
    let command = Run::new(&folder, NODE).command(&bench.workshop, &bench.cpython, [script])?;
    parse(&command.stderr_null().read()?)
}

/// Some modules print where no redirection reaches.
fn parse(text: &str) -> Result<Imports> {
    let line = text.lines().find(|line| line.starts_with("{\"modules\"")).context("no line of JSON")?;
    Ok(serde_json::from_str(line)?)
}

/// What can be imported at all can be imported there; what cannot fails for the same reason.
async fn every_module(bench: &Bench, page: &Page, address: &str) -> Result<()> {
    let expected = imports_in_node(bench)?;
    ensure!(expected.modules > 600 && expected.failed.len() * 3 < expected.modules, "{expected:?}");
    console::open(page, address).await?;
    let script = fs::read_to_string(bench.sources().join("import_all.py"))?;
    // In Python, too, a string looks like this.
    let statement = format!("exec({})", serde_json::to_string(&script)?);
    let text = console::run(page, &statement, "{\"modules\"").await?;
    let found = parse(&text)?;
    let differs: Vec<_> =
        found.failed.iter().filter(|(name, error)| expected.failed.get(*name) != Some(error)).collect();
    ensure!(differs.is_empty(), "not as in Node: {differs:?}");
    ensure!(found == expected, "{} modules, not {}", found.modules, expected.modules);
    console::run(page, "print('still', 'here')", "still here").await?;
    no_errors(page).await
}

/// docs/page.md has a table of what cannot be imported.
fn documented(bench: &Bench) -> Result<()> {
    let failed = imports_in_node(bench)?.failed;
    let is_public = |name: &&String| !name.starts_with('_') && !name.contains('.');
    let expected: BTreeSet<&str> = failed.keys().filter(is_public).map(String::as_str).collect();
    let text = fs::read_to_string(bench.workshop.root.join("docs/page.md"))?;
    let (_, table) = text.split_once("| not there").context("docs/page.md has the table")?;
    let (table, _) = table.split_once("\n\n").context("the table ends")?;
    let cells = table.lines().skip(2).filter_map(|line| line.split('|').nth(1));
    let documented: BTreeSet<&str> = cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).collect();
    ensure!(documented == expected, "documented: {documented:?}\nin fact: {expected:?}");
    Ok(())
}

/// A statement, and a part of what it prints.
const USED: [(&str, &str); 18] = [
    // A folder that nobody has looked into is not empty.
    (
        "import os, sys; lib = f'/pyem/lib/python3.{sys.version_info[1]}/wsgiref'; os.rmdir(lib)",
        "Directory not empty",
    ),
    ("os.mkdir('/tmp/empty'); os.rename('/tmp/empty', lib)", "Directory not empty"),
    ("kept = os.stat(lib).st_mtime; len(os.listdir(lib)) > 4 and os.stat(lib).st_mtime == kept", "True"),
    (
        "os.remove(lib + '/util.pyc'); 'util.pyc' in os.listdir(lib) or os.path.exists(lib + '/util.pyc')",
        "False",
    ),
    ("open(lib + '/own.py', 'w').close(); 'own.py' in os.listdir(lib)", "True"),
    ("help(str.upper)", "Return a copy of the string converted to uppercase."),
    // A docstring of the library's.
    ("import json; help(json.dumps)", "Serialize ``obj`` to a JSON formatted ``str``."),
    ("help('for')", "The \"for\" statement is used to iterate"),
    ("'10 €'.encode('cp1252')", r"b'10 \x80'"),
    (
        "import argparse; p = argparse.ArgumentParser(); p.add_argument('-n', type=int); p.parse_args(['-n', '3'])",
        "Namespace(n=3)",
    ),
    (
        "from email.message import EmailMessage; m = EmailMessage(); m['Subject'] = 'säge'; m.set_content('x'); print(m.as_string())",
        "Subject: =?utf-8?q?s=C3=A4ge?=",
    ),
    ("import xml.etree.ElementTree as E; E.fromstring('<a><b c=\"1\"/></a>').find('b').attrib", "{'c': '1'}"),
    ("import asyncio; asyncio.run(asyncio.sleep(0.05, 'slept'))", "'slept'"),
    ("async def each(): return await asyncio.gather(*(asyncio.sleep(n / 50, n) for n in (3, 1, 2)))\n", ""),
    (
        "import time; t = time.monotonic(); asyncio.run(each()), time.monotonic() - t < 0.11",
        "([3, 1, 2], True)",
    ),
    ("async def late(): return await asyncio.wait_for(asyncio.sleep(9), 0.05)\n", ""),
    ("asyncio.run(late())", "TimeoutError"),
    ("asyncio.run(asyncio.to_thread(print))", "RuntimeError: can't start new thread"),
];

async fn used(page: &Page, address: &str) -> Result<()> {
    console::open(page, address).await?;
    for (statement, expected) in USED {
        if expected.is_empty() {
            console::enter(page, statement).await?;
        } else {
            console::run(page, statement, expected).await?;
        }
    }
    // Interactive, and without a pager that waits.
    console::enter(page, "help()").await?;
    for (line, expected) in
        [("len", "Return the number of items in a container."), ("quit", "You are now leaving help")]
    {
        console::wait_for_question(page).await?;
        console::enter(page, line).await?;
        console::wait_after(page, "help()", expected).await?;
    }
    no_errors(page).await
}

/// A module that cannot be downloaded is an error of its import, until it can be.
fn not_downloaded(bench: &Bench, browser: Browser) -> Result<()> {
    let folder = demo(bench, "library")?;
    let file = folder.join("library/argparse.bin");
    let server = Server::start(&folder, None)?;
    with_page(&bench.workshop, browser, async |page| {
        console::open(page, &server.address).await?;
        let whole = fs::read(&file)?;
        fs::remove_file(&file)?;
        let text = console::run(page, "import argparse # 1", "OSError: [Errno 29] I/O error").await?;
        let message = "library/argparse.bin could not be downloaded: the server says 404.";
        ensure!(text.contains(message), "{text}");
        fs::write(&file, &whole[..whole.len() / 2])?;
        let text = console::run(page, "import argparse # 2", "OSError: [Errno 29] I/O error").await?;
        ensure!(text.contains("library/argparse.bin could not be downloaded: "), "{text}");
        fs::write(&file, &whole)?;
        console::run(page, "import argparse; argparse.__name__", "'argparse'").await?;
        Ok(())
    })
}
