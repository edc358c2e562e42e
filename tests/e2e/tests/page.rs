//! The demo page, used as a visitor would, in Chromium, Firefox and WebKitGTK.

use std::{fs, process::ExitCode};

use anyhow::{Result, ensure};
use e2e::{
    Bench,
    any_server::AnyServer,
    chart::check_chart,
    console::{self, EDITOR},
    folder::{demo, no_errors},
    trial,
};
use fantoccini::{Locator, key::Key};
use libtest_mimic::Trial;
use serde_json::json;
use xtask::{
    browser::{
        driver::Browser,
        serve::Server,
        tab::{Page, with_page, with_preferences},
    },
    engines::{self, Ability, Engine, Path},
    tools::files::copy_all,
};

fn main() -> ExitCode {
    e2e::run(trials())
}

fn trials() -> Result<Vec<Trial>> {
    let mut trials = vec![trial("any_server_and_a_phone", any_server_and_a_phone)];
    for browser in engines::browsers()? {
        let name = Engine::Browser(browser);
        trials.push(trial(format!("visit::{name}"), move |bench| {
            let server = Server::start(&demo(bench, "demo")?, None)?;
            with_page(&bench.workshop, browser, async |page| visit(bench, page, &server.address).await)
        }));
        trials.push(trial(format!("methodcaller::{name}"), move |bench| methodcaller(bench, browser)));
    }
    Ok(trials)
}

/// CPython 3.13 has a mismatched function of its own, which the page's Python has not (demo/src/operator.c).
fn methodcaller(bench: &Bench, browser: Browser) -> Result<()> {
    let server = Server::start(&demo(bench, "demo")?, None)?;
    with_page(&bench.workshop, browser, async |page| {
        console::open(page, &server.address).await?;
        let cycle = "d = {}; m = operator.methodcaller('x', d); d['m'] = m";
        // The list comes after the cycle and keeps the method caller until that is cleared.
        let later = "later = [m]; later.append(later); del d, m, later";
        for end in ["del d, m", later] {
            let statement =
                format!("import operator, gc; {cycle}; {end}; print(gc.collect() > 1, 'collected')");
            let text = console::run(page, &statement, "collected").await?;
            ensure!(text.starts_with("True"), "{text}");
        }
        console::run(page, "operator.methodcaller('upper')('still here')", "'STILL HERE'").await?;
        no_errors(page).await
    })
}

/// What a visitor does.
async fn visit(bench: &Bench, page: &Page, address: &str) -> Result<()> {
    let pictures = bench.workshop.root.join("target/screenshots");
    let status = console::open(page, address).await?;
    let version = &bench.workshop.pins.cpython.version;
    ensure!(status.contains(&format!("CPython {version} · path wasm-gc · wasm-gc yes")), "{status}");
    let abilities = engines::entry(Engine::Browser(page.browser))?;
    let jspi = abilities.jspi == Ability::Yes;
    ensure!(status.ends_with(if jspi { "JSPI yes" } else { "JSPI no" }), "{status}");
    let [engine, scheme] = match page.browser {
        Browser::Chromium | Browser::Chromium112 => ["V8, Chromium", "light"],
        Browser::Firefox => ["SpiderMonkey, Firefox", "dark"],
        Browser::WebKit => ["JavaScriptCore, WebKit", "light"],
    };
    ensure!(status.starts_with(engine), "{status}");
    let matches = format!("return matchMedia('(prefers-color-scheme: {scheme})').matches");
    ensure!(page.client.execute(&matches, vec![]).await? == true, "not {scheme}");
    let shared = "return crossOriginIsolated && typeof SharedArrayBuffer === 'function'";
    let shared = page.client.execute(shared, vec![]).await?;
    ensure!(shared == (abilities.shared_memory == Ability::Yes), "memory is shared: {shared}");

    use_console(bench, page, shared == true).await?;
    page.screenshot(&pictures, "console").await?;

    // Each path gives the same results, or reports that the engine lacks it.
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
    let paths = "return [...document.querySelectorAll('#path option')].slice(1).map(({ text }) => text)";
    let listed = page.client.execute(paths, vec![]).await?;
    ensure!(listed == json!(Path::ALL.map(Path::name)), "the page has the paths {listed}");
    for path in Path::ALL {
        choose_path(page, path.name()).await?;
        if let Ability::Missing(_) = abilities.path(path) {
            page.wait_text("#rows-path", |text| text.contains(&format!("path {path} was forced, and this")))
                .await?;
            continue;
        }
        page.wait_text("#rows-path", |text| text == format!("14 calls on path {path}")).await?;
        let same = page.text("#rows").await?.replace(&format!("(path {path})"), "(path wasm-gc)");
        ensure!(same == rows, "{path}: {same}, not {rows}");
    }

    measure_speed(page).await?;
    page.screenshot(&pictures, "speed").await?;

    page.press("#tab-start").await?;
    page.press("#start-measure").await?;
    let fresh = "calls of one that was set back, in turn; none found what another left behind";
    page.wait_text("#start-conditions", |text| text.contains(fresh)).await?;
    let cells = "return [...document.querySelectorAll('#start-rows tr')]
        .map(({ cells: [name, median] }) => [name.textContent, Number(median.textContent) > 0])";
    let kinds = page.client.execute(cells, vec![]).await?;
    ensure!(kinds == json!([["cold", true], ["from the snapshot", true], ["reset", true]]), "{kinds}");
    check_chart(page, "#start-chart").await?;
    page.screenshot(&pictures, "start").await?;
    // Nothing came from elsewhere.
    let own = "return performance.getEntriesByType('resource').every(({ name }) => name.startsWith(origin))";
    ensure!(page.client.execute(own, vec![]).await? == true, "something came from elsewhere");
    no_errors(page).await
}

async fn measure_speed(page: &Page) -> Result<()> {
    page.press("#tab-speed").await?;
    page.press("#measure").await?;
    page.wait_text("#speed-conditions", |text| text.contains("15 rounds of each kind")).await?;
    ensure!(page.count("#speed-rows tr").await? == 4);
    check_chart(page, "#speed-chart").await
}

/// An answer, a block, an error, what was typed before, input, and a loop that is stopped.
async fn use_console(bench: &Bench, page: &Page, shared: bool) -> Result<()> {
    let greeting = format!("Python {} on WebAssembly", bench.workshop.pins.cpython.version);
    page.wait_text("#output", |text| text.contains(&greeting)).await?;
    console::run(page, "print(6 * 7)", "42").await?;
    console::enter(page, "for n in range(3):\nprint(n, n * n)\n").await?;
    page.wait_text("#output", |text| text.contains("2 4")).await?;
    console::run(page, "1 / 0", "ZeroDivisionError: division by zero").await?;
    console::enter(page, "def f(x): return repr([f(x)])\n").await?;
    console::run(page, "f(1)", "RecursionError: maximum recursion").await?;
    page.type_into(EDITOR, &char::from(Key::Up).to_string()).await?;
    page.wait_text(EDITOR, |text| text.trim() == "f(1)").await?;
    page.type_into(EDITOR, &char::from(Key::Down).to_string()).await?;

    // A question, two lines at once, the end of the input, and Stop instead of an answer.
    console::enter(page, "name = input('Who? ')").await?;
    console::wait_for_question(page).await?;
    console::enter(page, "säge").await?;
    console::run(page, "print(name[::-1])", "egäs").await?;
    page.wait_text("#output", |text| text.contains("Who? säge\n")).await?;
    console::enter(page, "import sys; print(list(sys.stdin))").await?;
    console::wait_for_question(page).await?;
    console::enter(page, "one").await?;
    console::wait_for_question(page).await?;
    page.client
        .find(Locator::Css(EDITOR))
        .await?
        .send_keys(&format!("{}d", char::from(Key::Control)))
        .await?;
    page.wait_text("#output", |text| text.contains(r"['one\n']")).await?;
    let question = "kept = 1; input('Still there? ')";
    console::enter(page, question).await?;
    console::wait_for_question(page).await?;
    page.press("#interrupt").await?;
    console::wait_after(page, question, "KeyboardInterrupt").await?;
    console::run(page, "print(kept + 1)", "2").await?;

    // Output without end leaves the page alive, and Stop in reach.
    console::enter(page, "while True: print('on and on')\n").await?;
    page.wait_text("#output", |text| text.contains("\non and on")).await?;
    page.press("#interrupt").await?;
    // Without shared memory a new interpreter takes its place.
    let gone = format!("is gone.\n{greeting}");
    let stopped = if shared { "KeyboardInterrupt" } else { &gone };
    page.wait_text("#output", |text| {
        text.rsplit_once("on and on").is_some_and(|(_, end)| end.contains(stopped))
    })
    .await?;
    // C code does not look for signals.
    console::enter(page, "import time; time.sleep(300)").await?;
    page.wait_text("#output", |text| text.contains("sleep(300)")).await?;
    page.press("#interrupt").await?;
    page.wait_text("#output", |text| text.ends_with(&gone)).await?;
    console::run(page, "print('still', 'here')", "still here").await?;
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

/// Neither headers nor types of our own: any static server, any folder of it, a phone's width.
fn any_server_and_a_phone(bench: &Bench) -> Result<()> {
    let folder = bench.scratch("any")?;
    copy_all(&demo(bench, "plain")?, &folder.join("some/where"))?;
    let server = AnyServer::start(&bench.workshop, &folder)?;
    let phone = json!({ "deviceMetrics": { "width": 360, "height": 740, "pixelRatio": 2.0 } });
    let phone = [("mobileEmulation", phone)];
    with_preferences(&bench.workshop, Browser::Chromium, &phone, async |page| {
        console::open(page, &format!("{}some/where/", server.address)).await?;
        let isolated = page.client.execute("return crossOriginIsolated", vec![]).await?;
        ensure!(isolated == false, "this server sends no headers");
        use_console(bench, page, false).await?;
        console::run(page, "import argparse; argparse", "<module 'argparse'").await?;
        ensure!(page.client.execute("return innerWidth", vec![]).await? == 360, "not a phone's width");
        // By keyboard: out of the editor, back to the tabs, and through them.
        page.type_into(EDITOR, &char::from(Key::Escape).to_string()).await?;
        page.type_into(EDITOR, &char::from(Key::Tab).to_string()).await?;
        ensure!(active(page).await? == "run", "{} has the focus", active(page).await?);
        let mut focus = "tab-console".to_owned();
        for tab in ["signatures", "speed", "start", "attach", "audit", "console"] {
            page.type_into(&format!("#{focus}"), &char::from(Key::Right).to_string()).await?;
            focus = active(page).await?;
            ensure!(focus == format!("tab-{tab}"), "{focus} has the focus, not {tab}");
            if tab == "speed" {
                measure_speed(page).await?;
                page.client.execute("document.getElementById('tab-speed').focus()", vec![]).await?;
            }
            let script = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
            let too_wide = page.client.execute(script, vec![]).await?;
            ensure!(too_wide == 0, "{tab} is {too_wide} too wide");
            let pictures = bench.workshop.root.join("target/screenshots");
            page.screenshot(&pictures, &format!("phone-{tab}")).await?;
        }
        no_errors(page).await
    })
}
