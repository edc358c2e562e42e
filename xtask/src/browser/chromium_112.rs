//! Chromium 112, of an npm package: a browser without WebAssembly GC. Debian's chromedriver drives it.

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf};

use anyhow::{Context, Result};
use duct::cmd;
use fantoccini::wd::WebDriverCompatibleCommand;
use hyper::Method;
use serde_json::{Value, json};
use url::{ParseError, Url};

use crate::{
    Workshop,
    tools::{node, pyodide::package},
};

/// A program that starts it, installed unless it is there.
pub fn program(workshop: &Workshop) -> Result<PathBuf> {
    let version = workshop.pins.runtimes.get("chromium-112").context("no chromium-112 in toolchain.toml")?;
    let name = "@sparticuz/chromium";
    let folder = package(workshop, name, version)?;
    let packed = folder.join("node_modules").join(name).join("bin/chromium.br");
    let [binary, start] = ["chromium", "start"].map(|file| folder.join(file));
    let key = binary.display().to_string();
    workshop.steps.once("Chromium 112", &key, |log| {
        let unpack = "const { readFileSync, writeFileSync } = require('node:fs');
            const { brotliDecompressSync } = require('node:zlib');
            const [packed, binary] = process.argv.slice(1);
            writeFileSync(binary, brotliDecompressSync(readFileSync(packed)), { mode: 0o755 });";
        let node = node::program(&workshop.home, &workshop.pins, node::TOOLS_NODE)?;
        log.run(&cmd!(node, "-e", unpack, &packed, &binary))?;
        // Chromedriver attaches to the first page, which this version opens for an address only.
        let script = format!("#!/bin/sh\nexec '{}' \"$@\" about:blank\n", binary.display());
        fs::write(&start, script)?;
        Ok(fs::set_permissions(&start, fs::Permissions::from_mode(0o755))?)
    })?;
    Ok(start)
}

/// Chromium's own way to run JavaScript: of WebDriver's commands, chromedriver implements those that return
/// a value with what this version does not have.
#[derive(Debug)]
pub struct Evaluate(pub String);

impl WebDriverCompatibleCommand for Evaluate {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        base.join(&format!("session/{}/goog/cdp/execute", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        let command = json!({
            "cmd": "Runtime.evaluate",
            "params": { "expression": self.0, "returnByValue": true },
        });
        (Method::POST, Some(command.to_string()))
    }
}

/// What [`Evaluate`] returned.
pub fn value(response: &Value) -> Result<Value> {
    response.pointer("/result/value").cloned().with_context(|| format!("no value: {response}"))
}
