//! What goes wrong in the demo page is reported, and Python goes on where it can: in Chromium, Firefox and WebKitGTK.

use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    net::{SocketAddr, TcpListener},
    path::Path,
    process::ExitCode,
    thread,
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use duct::cmd;
use e2e::{
    Bench,
    any_server::AnyServer,
    console,
    folder::{demo, no_errors, prepend},
    trial,
};
use libtest_mimic::Trial;
use serde::Deserialize;
use serde_json::{Value, json};
use xtask::{
    browser::{
        driver::Browser,
        serve::Server,
        tab::{Page, with_page, with_preferences},
    },
    build::page,
    engines::{self, Ability},
};

fn main() -> ExitCode {
    e2e::run(trials())
}

fn trials() -> Result<Vec<Trial>> {
    let mut trials = vec![trial("no_service_worker::firefox", no_service_worker)];
    for entry in engines::all()? {
        let name = entry.engine;
        let suspends = entry.jspi == Ability::Yes;
        if let (Some(node), true) = (name.node(), suspends) {
            trials.push(trial(format!("rejected::{name}"), move |bench| rejected_in_node(bench, node)));
        }
        let Some(browser) = name.browser() else { continue };
        if suspends {
            trials.push(trial(format!("rejected::{name}"), move |bench| rejected_in(bench, browser)));
        }
        trials.push(trial(format!("dies::{name}"), move |bench| dies(bench, browser)));
        trials.push(trial(format!("missing::{name}"), move |bench| missing(bench, browser)));
    }
    Ok(trials)
}

/// Python ends by a trap, by `abort` and by `exit`: the page reports each, and goes on with a new interpreter.
fn dies(bench: &Bench, browser: Browser) -> Result<()> {
    let folder = demo(bench, "dies")?;
    let server = Server::start(&folder, None)?;
    let greeting = format!("is gone.\nPython {} on WebAssembly", bench.workshop.pins.cpython.version);
    with_page(&bench.workshop, browser, async |page| {
        console::open(page, &server.address).await?;
        // It bypasses the trampoline.
        let trap = "import mismatched; mismatched.call_takes0()(*[])";
        for (statement, before, how) in [
            (trap, "", "signature"),
            ("import os; print('was', 'printed'); os.abort()", "was printed\n", "nreachable"),
            ("import os; os._exit(3)", "", "exit(3)"),
        ] {
            console::run(page, "kept = 1; print(kept + 1)", "2").await?;
            let text = console::run(page, statement, &greeting).await?;
            ensure!(text.contains(&format!("{before}Python ended: ")) && text.contains(how), "{text}");
            console::run(page, "'kept' in globals()", "False").await?;
        }
        // A view without the console's interpreter in it.
        page.press("#tab-signatures").await?;
        page.wait_text("#rows-path", |text| text.contains("calls on path wasm-gc")).await?;
        page.press("#tab-console").await?;

        // No other can be started.
        fs::remove_file(folder.join("python/worker.js"))?;
        console::enter(page, "import time; time.sleep(300)").await?;
        page.wait_text("#output", |text| text.contains("sleep(300)")).await?;
        page.press("#interrupt").await?;
        page.wait_text("#problem", |text| text.contains("block Web Workers")).await?;
        ensure!(page.text("#status").await?.contains(" · Python does not run · wasm-gc "));
        Ok(())
    })
}

/// Kinds of address to which `fetch` of the page's worker rejects its promise; one that answers, and breaks off.
fn rejecting(cut: SocketAddr) -> [String; 4] {
    ["http://[".into(), format!("http://{cut}/cut"), "http://127.0.0.1:1/".into(), "no-such-scheme:x".into()]
}

/// Answers each request with the beginning of a text.
fn serve_beginnings() -> Result<SocketAddr> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let address = listener.local_addr()?;
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || {
                let mut stream = stream;
                let head = "HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\nContent-Length: 1000\r\n\r\nthe beg";
                stream.write_all(head.as_bytes()).ok();
                thread::sleep(Duration::from_millis(20));
                // The request was not read: what is closed now is reset.
            });
        }
    });
    Ok(address)
}

/// 300 rejected promises, with Python's depth of recursion before and after.
async fn reject(page: &Page, address: &str) -> Result<()> {
    console::open(page, address).await?;
    let kinds = rejecting(serve_beginnings()?);
    let functions = format!(
        "import suspend, collections
seen, kinds = collections.Counter(), {kinds:?}
def depth(n=0):
    try: return depth(n + 1)
    except RecursionError: return n
def wait(n):
    try: suspend.fetch(kinds[n % 4])
    except OSError: seen[n % 4] += 1"
    );
    // In Python, too, a string looks like this.
    console::enter(page, &format!("exec({functions:?})\nbefore = depth()")).await?;
    console::enter(page, "for n in range(300): wait(n)\n").await?;
    console::run(page, "print(sorted(seen.values()), depth() - before)", "[75, 75, 75, 75] 0").await?;
    // A whole statement that is not caught, each.
    for kind in kinds {
        let statement = format!("suspend.fetch('{kind}')");
        let text = console::run(page, &statement, "OSError: ").await?;
        ensure!(text.contains(&format!("OSError: {kind}: ")), "{text}");
    }
    console::run(page, "print(1 + 1, depth() - before)", "2 0").await?;
    Ok(())
}

/// On a server without our policy, under which other addresses are refused.
fn rejected_in(bench: &Bench, browser: Browser) -> Result<()> {
    let server = AnyServer::start(&bench.workshop, &demo(bench, "rejected")?)?;
    with_page(&bench.workshop, browser, async |page| reject(page, &server.address).await)
}

/// What rejected.mjs prints.
#[derive(Debug, Deserialize)]
struct Rejected {
    before: String,
    after: String,
    sum: String,
    errors: BTreeMap<String, u32>,
}

/// The page's worker in Node, a statement for each promise.
fn rejected_in_node(bench: &Bench, node: u32) -> Result<()> {
    let (site, _) = page::build(&bench.workshop, &bench.cpython)?;
    let program = bench.node(node)?;
    let script = bench.workshop.root.join("tests/e2e/js/rejected.mjs");
    let kinds = rejecting(serve_beginnings()?);
    let text = cmd!(program, "--no-warnings", script, site, serde_json::to_string(&kinds)?).read()?;
    let Rejected { before, after, sum, errors } = serde_json::from_str(&text)?;
    ensure!(before == after && sum == "2\n", "{before} calls fit, then {after}; 1 + 1 is {sum}");
    let each = kinds.iter().all(|kind| {
        let counts = errors.iter().filter(|(error, _)| error.starts_with(&format!("OSError: {kind}: ")));
        counts.map(|(_, count)| count).sum::<u32>() == 75
    });
    ensure!(each && errors.values().sum::<u32>() == 300, "{errors:?}");
    Ok(())
}

/// As in some private windows, and on plain http.
fn no_service_worker(bench: &Bench) -> Result<()> {
    let server = Server::start(&demo(bench, "no-service")?, None)?;
    let off = [("dom.serviceWorkers.enabled", json!(false))];
    with_preferences(&bench.workshop, Browser::Firefox, &off, async |page| {
        console::open(page, &server.address).await?;
        let text = console::run(page, "input()", "OSError: [Errno 29] I/O error").await?;
        ensure!(text.contains("No input: it needs a service worker"), "{text}");
        console::run(page, "print('still', 'here')", "still here").await?;
        no_errors(page).await
    })
}

/// Files, memory, and WebAssembly itself.
fn missing(bench: &Bench, browser: Browser) -> Result<()> {
    for (file, message) in [
        ("library/start.bin", "library/start.bin could not be downloaded: the server says 404"),
        ("python/worker.js", "Web Workers"),
        // The page leaves out the snapshot's own checksum.
        ("python.snapshot.bin", "python.snapshot.bin did not come whole"),
    ] {
        let folder = demo(bench, "missing")?;
        let path = folder.join(file);
        if message.contains("come whole") {
            damage(&path)?
        } else {
            fs::remove_file(path)?
        }
        let server = Server::start(&folder, None)?;
        with_page(&bench.workshop, browser, async |page| reported(page, &server.address, message).await)?;
    }
    let full = demo(bench, "missing")?;
    let no_memory = "WebAssembly.Instance = function () { throw new RangeError('Out of memory'); };";
    prepend(&full.join("python/worker.js"), no_memory)?;
    let server = Server::start(&full, None)?;
    with_page(&bench.workshop, browser, async |page| {
        reported(page, &server.address, "Close other tabs").await
    })?;
    let off: (&str, Value) = match browser {
        Browser::Firefox => ("javascript.options.wasm", json!(false)),
        Browser::WebKit => ("JSC_useWasm", json!(0)),
        // It has no such preference.
        Browser::Chromium | Browser::Chromium112 => return Ok(()),
    };
    with_preferences(&bench.workshop, browser, &[off], async |page| {
        reported(page, &server.address, "This browser has no WebAssembly").await
    })
}

/// Another checksum than that of what is packed: it stands before the length, at the end.
fn damage(file: &Path) -> Result<()> {
    let mut bytes = fs::read(file)?;
    let at = bytes.len().checked_sub(8).context("a gzip file")?;
    bytes[at] ^= 1;
    Ok(fs::write(file, bytes)?)
}

async fn reported(page: &Page, address: &str, message: &str) -> Result<()> {
    page.client.goto(address).await?;
    page.wait_text("#problem", |text| text.contains(message)).await?;
    ensure!(page.text("#status").await?.contains(" · Python does not run · wasm-gc "));
    Ok(())
}
