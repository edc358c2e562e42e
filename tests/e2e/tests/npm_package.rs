//! The npm package as it is packed and installed, with stock Pyodide beside it: in runtimes, in bundles, for
//! TypeScript. What runs is what a reader copies from `examples/pyodide`.

use std::{fs, path::PathBuf, process::ExitCode};

use anyhow::{Result, ensure};
use duct::{Expression, cmd};
use e2e::{Bench, Once, folder, trial};
use libtest_mimic::Trial;
use serde_json::json;
use xtask::{
    browser::{driver::Browser, serve::Server, tab::with_page},
    build::npm,
    engines::{self, Engine},
    tools::{
        files::{clear, copy_all},
        javascript,
        node::npm_install,
        pyodide::CURRENT,
    },
};

fn main() -> ExitCode {
    e2e::run(trials())
}

fn trials() -> Result<Vec<Trial>> {
    let mut trials = vec![trial("unused", unused), trial("types", types)];
    let ends = engines::oldest_and_newest_node()?;
    for entry in engines::attached()? {
        let (engine, path) = (entry.engine, entry.default_path().name());
        match engine {
            // What the bundle calls there is tested without one: tests/attach.rs. Its WebDriver reads no elements.
            Engine::Browser(Browser::Chromium112) => {}
            Engine::Browser(_) => {
                trials.push(trial(format!("bundled::{engine}"), move |bench| bundled(bench, engine, path)));
            }
            Engine::Node(node) if !ends.contains(&node) => {}
            _ => trials.push(trial(engine, move |bench| runs(bench, engine, path))),
        }
    }
    Ok(trials)
}

static INSTALLED: Once<PathBuf> = Once::new();

/// A folder with the package, Pyodide and the examples.
fn installed(bench: &Bench) -> Result<&'static PathBuf> {
    INSTALLED.get(|| {
        let workshop = &bench.workshop;
        let folder = workshop.home.join("attach/examples");
        let package = npm::pack(workshop)?;
        clear(&folder)?;
        let packages = [package.display().to_string(), format!("pyodide@{}", workshop.pins.pyodide[CURRENT])];
        workshop.steps.always("npm package and Pyodide", |log| log.run(&npm_install(&folder, &packages)))?;
        copy_all(&workshop.root.join("examples/pyodide"), &folder)?;
        // A project by itself: that of the folders around it has the package's sources for its name.
        let project = json!({
            "compilerOptions": {
                "noEmit": true, "strict": true, "skipLibCheck": true, "module": "nodenext", "target": "es2023",
                "lib": ["es2024", "dom"],
            },
            "files": ["types.mts"],
        });
        fs::write(folder.join("tsconfig.json"), project.to_string())?;
        Ok(folder)
    })
}

fn runs(bench: &Bench, engine: Engine, path: &str) -> Result<()> {
    let folder = installed(bench)?;
    let version = &bench.workshop.pins.pyodide[CURRENT];
    for (example, expected) in [
        ("main.mjs", format!("Python called 2\nby {path}")),
        ("drop-in.mjs", format!("Python called 2\nin Pyodide {version} by {path}")),
    ] {
        let mut command = engine.command(&bench.workshop)?;
        command.push(folder.join(example));
        let text = cmd(&command[0], &command[1..]).dir(folder).read()?;
        ensure!(text == expected, "{example}: {text}");
    }
    Ok(())
}

/// In a page and in a worker, from one bundle.
fn bundled(bench: &Bench, engine: Engine, path: &str) -> Result<()> {
    let Engine::Browser(browser) = engine else { anyhow::bail!("{engine} is no browser") };
    let sources = bench.workshop.root.join("tests/e2e/js");
    let files = [(sources.join("bundled.html"), "index.html"), (sources.join("bundled.mjs"), "bundled.mjs")];
    let site = folder::copy_of(bench, "bundled", &files)?;
    copy_all(&installed(bench)?.join("node_modules/pyodide"), &site)?;
    let output = format!("--outfile={}", site.join("bundle.mjs").display());
    bundle(bench, &["browser.mjs", "--external:node:*", &output])?.run()?;

    let server = Server::start(&site, None)?;
    with_page(&bench.workshop, browser, async |page| {
        page.client.goto(&server.address).await?;
        let expected = format!("Python called 2 by {path}");
        // The worker's text comes first in the document. Engines that interpret at first take their time for both.
        page.wait_text("body", |text| text.contains(&expected)).await?;
        page.wait_text("#worker", |text| text.contains(&format!("worker: {expected}"))).await?;
        page.wait_text("body", |text| text.matches(&expected).count() == 2).await?;
        folder::no_errors(page).await
    })
}

/// esbuild in the folder of the examples.
fn bundle(bench: &Bench, arguments: &[&str]) -> Result<Expression> {
    let esbuild = javascript::install(&bench.workshop)?.join(".bin/esbuild");
    let always = ["--bundle", "--format=esm", "--log-level=error"];
    Ok(cmd(esbuild, always.iter().chain(arguments)).dir(installed(bench)?))
}

/// Nothing of what is imported and not used gets into a bundle, except the hook, which works by being imported.
fn unused(bench: &Bench) -> Result<()> {
    let imports = "import { attach } from 'pyem-trampoline/attach';
        import { loadPyodide } from 'pyem-trampoline/pyodide';
        import { takeSnapshot } from 'pyem-trampoline/snapshot';";
    let bundled = |source: &str| -> Result<String> {
        Ok(bundle(bench, &["--minify", "--external:pyodide"])?.stdin_bytes(source).read()?)
    };
    let text = bundled(imports)?;
    ensure!(text.is_empty(), "{text}");
    let text = bundled(&format!("{imports} console.log(attach);"))?;
    ensure!(text.contains("__PyEM_EMSCRIPTEN_TRAMPOLINE_OFFSET"), "attach is not there: {text}");
    let text = bundled("import 'pyem-trampoline/preRun.js';")?;
    ensure!(text.contains("pyemTrampoline"), "the hook is not there: {text}");
    Ok(())
}

/// `loadPyodide` has Pyodide's type, and all else is exported as it is.
fn types(bench: &Bench) -> Result<()> {
    let folder = installed(bench)?;
    let tsc = javascript::install(&bench.workshop)?.join(".bin/tsc");
    fs::write(folder.join("types.mts"), TYPES)?;
    let output = cmd!(tsc).dir(folder).stderr_to_stdout().unchecked().read()?;
    ensure!(output.is_empty(), "{output}");
    Ok(())
}

const TYPES: &str = "import adaptor from 'pyem-trampoline/adaptor.wasm';
import { attach, type Trampoline } from 'pyem-trampoline/attach';
import * as attached from 'pyem-trampoline/pyodide';
import * as stock from 'pyodide';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
export const load: Same<typeof attached.loadPyodide, typeof stock.loadPyodide> = true;
// TypeScript adds a default that Pyodide's module does not have.
export const all: Same<keyof typeof attached, Exclude<keyof typeof stock, 'default'>> = true;

const pyodide: stock.PyodideAPI = await attached.loadPyodide({ indexURL: '.' });
export const text: string = pyodide.version;
export const trampoline: Trampoline = attach(pyodide, { path: 'probe' });
// @ts-expect-error
attached.loadPyodide({ indexURL: 1 });
// @ts-expect-error
attach(pyodide, { path: 'other' });
// @ts-expect-error
attach(attached.loadPyodide());
attach(pyodide, { adaptor, path: undefined });
";
