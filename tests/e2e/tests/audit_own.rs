//! `cargo xtask audit`: the CPython that we build, and extensions that are compiled into it.

use anyhow::{Context, Result, ensure};
use e2e::xtask;
use serde_json::Value;

/// Runs it; returns its exit status and its standard output.
fn audit(arguments: &[&str]) -> Result<(Option<i32>, String)> {
    let output = xtask(&[&["audit"], arguments].concat()).stdout_capture().stderr_null().unchecked().run()?;
    Ok((output.status.code(), String::from_utf8(output.stdout)?))
}

const EXTENSION: [&str; 2] = ["--extension", "mismatched=tests/e2e/cpython/mismatched.c"];

#[test]
fn an_extension() -> Result<()> {
    let (status, text) = audit(&EXTENSION)?;
    ensure!(status == Some(1), "{status:?}\n{text}");
    ensure!(text.starts_with("mismatched: mismatched: "), "{text}");
    for part in [" refused, ", "\nhandled  mismatched.noargs0  ", "\nMETH_NOARGS has to be\n  C         "] {
        ensure!(text.contains(part), "{part:?} is not in:\n{text}");
    }
    Ok(())
}

#[test]
fn as_json() -> Result<()> {
    let hello = ["--extension", "hello=examples/hello.c", "--json"];
    let (status, text) = audit(&hello)?;
    ensure!(status == Some(0), "{status:?}\n{text}");
    let report: Value = serde_json::from_str(&text)?;
    let findings = report["packages"][0]["findings"].as_array().context("findings")?;
    ensure!(findings.len() == 1, "{text}");
    let finding = &findings[0];
    ensure!(finding["name"] == "greet" && finding["verdict"] == "handled", "{text}");
    let (status, again) = audit(&[&hello[..], &["--fail-on", "handled"]].concat())?;
    ensure!(status == Some(1) && again == text, "{status:?}\n{again}");
    Ok(())
}

/// Its standard library has one that traps.
#[test]
fn cpython_itself() -> Result<()> {
    let (status, text) = audit(&[])?;
    ensure!(status == Some(1), "{status:?}\n{text}");
    let first = text.lines().next().unwrap_or_default();
    ensure!(first.starts_with("CPython ") && first.ends_with(" modules: 1 traps"), "{text}");
    ensure!(text.contains("\ntraps    operator.methodcaller  tp_clear  "), "{text}");
    Ok(())
}
