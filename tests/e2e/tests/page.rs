//! The demo page, used as a visitor would, in Chromium, Firefox and WebKitGTK.

use std::{
    fs,
    net::{TcpListener, TcpStream},
    thread,
    time::Duration,
};

use anyhow::{Result, ensure};
use duct::cmd;
use e2e::{
    Bench,
    folder::{demo, no_errors, prepend},
    with_bench,
};
use fantoccini::{Locator, key::Key};
use serde_json::json;
use xtask::{
    browser::{
        driver::{self, Browser},
        serve::Server,
        tab::{Page, with_page, with_preferences},
    },
    tools::files::copy_all,
};

const EDITOR: &str = "#editor .cm-content";
const ENTER: char = '\u{e007}';

/// What a visitor does.
async fn visit(bench: &Bench, page: &Page, address: &str) -> Result<()> {
    let pictures = bench.workshop.root.join("target/screenshots");
    page.client.goto(address).await?;
    let status = page.wait_text("#status", |text| text.contains("path ")).await?;
    ensure!(status.contains("CPython 3.13.5 · path wasm-gc · wasm-gc yes"), "{status}");
    let jspi = page.browser != Browser::WebKit;
    ensure!(status.ends_with(if jspi { "JSPI yes" } else { "JSPI no" }), "{status}");
    let [engine, scheme] = match page.browser {
        Browser::Chromium => ["V8, Chromium", "light"],
        Browser::Firefox => ["SpiderMonkey, Firefox", "dark"],
        Browser::WebKit => ["JavaScriptCore, WebKit", "light"],
    };
    ensure!(status.starts_with(engine), "{status}");
    let matches = format!("return matchMedia('(prefers-color-scheme: {scheme})').matches");
    ensure!(page.client.execute(&matches, vec![]).await? == true, "not {scheme}");
    // WebKitGTK shares no memory even so.
    let shared = "return crossOriginIsolated && typeof SharedArrayBuffer === 'function'";
    let shared = page.client.execute(shared, vec![]).await?;
    ensure!(shared == (page.browser != Browser::WebKit), "memory is shared: {shared}");

    use_console(page, shared == true).await?;
    page.screenshot(&pictures, "console").await?;

    // Each path gives the same results, or says that the engine lacks it.
    page.press("#tab-signatures").await?;
    let known = page.wait_text("#rows-path", |text| text.contains("calls on path wasm-gc")).await?;
    ensure!(known.starts_with("14 calls"), "{known}");
    let rows = page.text("#rows").await?;
    ensure!(rows.contains("SystemError: Handler has unexpected call signature"), "{rows}");
    page.press("#suspend").await?;
    let manifest = fs::read_to_string(bench.workshop.root.join("dist/page/manifest.json"))?.len();
    let waited = if jspi {
        format!("2 downloads, {manifest} characters each")
    } else {
        "RuntimeError: this engine has no JSPI".to_owned()
    };
    page.wait_text("#suspended", |text| text.starts_with(&waited)).await?;
    page.screenshot(&pictures, "signatures").await?;
    for path in ["probe", "wasm-gc"] {
        choose_path(page, path).await?;
        page.wait_text("#rows-path", |text| text == format!("14 calls on path {path}")).await?;
        let same = page.text("#rows").await?.replace(&format!("(path {path})"), "(path wasm-gc)");
        ensure!(same == rows, "{path}: {same}, not {rows}");
    }
    choose_path(page, "reflection").await?;
    page.wait_text("#rows-path", |text| text.contains("has no WebAssembly type reflection")).await?;

    page.press("#tab-speed").await?;
    page.press("#measure").await?;
    page.wait_text("#speed-conditions", |text| text.contains("15 rounds of each kind")).await?;
    ensure!(page.count("#speed-rows tr").await? == 4 && page.count("#speed-chart svg").await? == 1);
    page.screenshot(&pictures, "speed").await?;

    page.press("#tab-start").await?;
    page.press("#start-measure").await?;
    page.wait_text("#start-conditions", |text| text.contains("fresh workers of each kind")).await?;
    ensure!(page.count("#start-rows tr").await? == 2 && page.count("#start-chart svg").await? == 1);
    page.screenshot(&pictures, "start").await?;
    // Nothing came from elsewhere.
    let own = "return performance.getEntriesByType('resource').every(({ name }) => name.startsWith(origin))";
    ensure!(page.client.execute(own, vec![]).await? == true, "something came from elsewhere");
    no_errors(page).await
}

/// An answer, a block, an error, what was typed before, and a loop that is stopped.
async fn use_console(page: &Page, shared: bool) -> Result<()> {
    page.wait_text("#output", |text| text.contains("Python 3.13.5")).await?;
    page.type_into(EDITOR, &format!("print(6 * 7){ENTER}")).await?;
    page.wait_text("#output", |text| text.contains("\n42")).await?;
    page.type_into(EDITOR, &format!("for n in range(3):{ENTER}print(n, n * n){ENTER}{ENTER}")).await?;
    page.wait_text("#output", |text| text.contains("2 4")).await?;
    page.type_into(EDITOR, &format!("1 / 0{ENTER}")).await?;
    page.wait_text("#output", |text| text.contains("ZeroDivisionError: division by zero")).await?;
    page.type_into(EDITOR, &format!("def f(x): return repr([f(x)]){ENTER}{ENTER}")).await?;
    page.type_into(EDITOR, &format!("f(1){ENTER}")).await?;
    page.wait_text("#output", |text| text.contains("RecursionError: maximum recursion")).await?;
    page.type_into(EDITOR, &char::from(Key::Up).to_string()).await?;
    page.wait_text(EDITOR, |text| text.trim() == "f(1)").await?;
    page.type_into(EDITOR, &char::from(Key::Down).to_string()).await?;

    // Output without end leaves the page alive, and Stop in reach.
    page.type_into(EDITOR, &format!("while True: print('on and on'){ENTER}{ENTER}")).await?;
    page.wait_text("#output", |text| text.contains("\non and on")).await?;
    page.press("#interrupt").await?;
    // Without shared memory a new interpreter takes its place.
    let stopped = if shared { "KeyboardInterrupt" } else { "is gone.\nPython 3.13.5" };
    page.wait_text("#output", |text| text.contains(stopped)).await?;
    // C code does not look for signals.
    page.type_into(EDITOR, &format!("import time; time.sleep(300){ENTER}")).await?;
    page.wait_text("#output", |text| text.contains("sleep(300)")).await?;
    page.press("#interrupt").await?;
    page.wait_text("#output", |text| text.ends_with("is gone.\nPython 3.13.5 on WebAssembly")).await?;
    page.type_into(EDITOR, &format!("print('still', 'here'){ENTER}")).await?;
    page.wait_text("#output", |text| text.contains("\nstill here")).await?;
    Ok(())
}

/// What has the focus.
async fn active(page: &Page) -> Result<String> {
    let id = page.client.execute("return document.activeElement.id", vec![]).await?;
    Ok(id.as_str().unwrap_or_default().to_owned())
}

/// As the keyboard does it: a mouse opens a menu of the system's, which no driver knows.
async fn choose_path(page: &Page, path: &str) -> Result<()> {
    page.client.find(Locator::Css("#path")).await?.select_by_label(path).await?;
    Ok(())
}

#[test]
fn visitors_of_the_page() {
    with_bench(|bench| {
        driver::install(&bench.workshop)?;
        let server = Server::start(&demo(bench, "demo")?, None)?;
        for browser in Browser::ALL {
            eprintln!("  run     {}", browser.name());
            with_page(&bench.workshop, browser, async |page| visit(bench, page, &server.address).await)?;
        }
        Ok(())
    });
}

/// Neither headers nor types of our own: any static server, any folder of it, a phone's width.
#[test]
fn any_server_and_a_phone() {
    with_bench(|bench| {
        driver::install(&bench.workshop)?;
        let folder = bench.workshop.home.join("browsers/any");
        copy_all(&demo(bench, "plain")?, &folder.join("some/where"))?;
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port().to_string();
        let arguments = ["-m", "http.server", &port, "--bind", "127.0.0.1", "--directory"];
        let server = cmd(
            &bench.workshop.build_python,
            arguments.iter().copied().map(Into::into).chain([folder.into_os_string()]),
        )
        .stdout_null()
        .stderr_null()
        .start()?;
        while TcpStream::connect(format!("127.0.0.1:{port}")).is_err() {
            ensure!(server.try_wait()?.is_none(), "the server has ended");
            thread::sleep(Duration::from_millis(50));
        }
        let phone = json!({ "deviceMetrics": { "width": 360, "height": 740, "pixelRatio": 2.0 } });
        let phone = [("mobileEmulation", phone)];
        let result = with_preferences(&bench.workshop, Browser::Chromium, &phone, async |page| {
            page.client.goto(&format!("http://127.0.0.1:{port}/some/where/")).await?;
            page.wait_text("#status", |text| text.contains("path wasm-gc")).await?;
            let isolated = page.client.execute("return crossOriginIsolated", vec![]).await?;
            ensure!(isolated == false, "this server sends no headers");
            use_console(page, false).await?;
            ensure!(page.client.execute("return innerWidth", vec![]).await? == 360, "not a phone's width");
            // By keyboard: out of the editor, back to the tabs, and through them.
            page.type_into(EDITOR, &char::from(Key::Escape).to_string()).await?;
            page.type_into(EDITOR, &char::from(Key::Tab).to_string()).await?;
            ensure!(active(page).await? == "run", "{} has the focus", active(page).await?);
            let mut focus = "tab-console".to_owned();
            for tab in ["signatures", "speed", "start", "console"] {
                page.type_into(&format!("#{focus}"), &char::from(Key::Right).to_string()).await?;
                focus = active(page).await?;
                ensure!(focus == format!("tab-{tab}"), "{focus} has the focus, not {tab}");
                let script =
                    "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
                let too_wide = page.client.execute(script, vec![]).await?;
                ensure!(too_wide == 0, "{tab} is {too_wide} too wide");
                page.screenshot(&bench.workshop.root.join("target/screenshots"), &format!("phone-{tab}"))
                    .await?;
            }
            no_errors(page).await
        });
        server.kill()?;
        result
    });
}

#[test]
fn what_is_missing_is_told() {
    with_bench(|bench| {
        driver::install(&bench.workshop)?;
        let cases = [
            ("python313.zip.bin", "python313.zip.bin could not be downloaded: the server says 404"),
            ("worker.js", "Web Workers"),
        ];
        for (file, message) in cases {
            let folder = demo(bench, "missing")?;
            fs::remove_file(folder.join(file))?;
            let server = Server::start(&folder, None)?;
            for browser in Browser::ALL {
                with_page(&bench.workshop, browser, async |page| told(page, &server.address, message).await)?;
            }
        }
        let full = demo(bench, "missing")?;
        let no_memory = "WebAssembly.Instance = function () { throw new RangeError('Out of memory'); };";
        prepend(&full.join("worker.js"), no_memory)?;
        let server = Server::start(&full, None)?;
        for browser in Browser::ALL {
            with_page(&bench.workshop, browser, async |page| {
                told(page, &server.address, "Close other tabs").await
            })?;
        }
        for (browser, off) in [
            (Browser::Firefox, ("javascript.options.wasm", json!(false))),
            (Browser::WebKit, ("JSC_useWasm", json!(0))),
        ] {
            with_preferences(&bench.workshop, browser, &[off], async |page| {
                told(page, &server.address, "This browser has no WebAssembly").await
            })?;
        }
        Ok(())
    });
}

async fn told(page: &Page, address: &str, message: &str) -> Result<()> {
    page.client.goto(address).await?;
    page.wait_text("#problem", |text| text.contains(message)).await?;
    ensure!(page.text("#status").await?.contains(" · Python does not run · wasm-gc "));
    Ok(())
}
