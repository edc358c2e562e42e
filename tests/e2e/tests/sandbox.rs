//! `examples/sandbox` under load: no request is lost, none sees another.

use std::{fs, os::unix::fs::symlink, process::Command};

use anyhow::{Context, ensure};
use duct::cmd;
use e2e::{
    NODE,
    process::{Process, read},
    with_bench,
};
use serde_json::Value;
use xtask::{
    build::pool,
    tools::files::{clear, copy},
};

const REQUESTS: u64 = 2000;
/// Milliseconds of a request. Loops take all of it.
const TIMEOUT: &str = "1000";

#[test]
fn two_thousand_requests_of_which_one_in_ten_is_hostile() {
    with_bench(|bench| {
        let root = &bench.workshop.root;
        let python = pool::build(&bench.workshop, &bench.cpython)?;
        let place = bench.workshop.home.join("sandbox");
        clear(&place)?;
        fs::create_dir_all(place.join("node_modules"))?;
        symlink(root.join("npm"), place.join("node_modules/pyem-trampoline"))?;
        copy(&root.join("examples/sandbox/server.mjs"), &place.join("server.mjs"))?;

        let node = bench.node(NODE)?;
        let mut server = Process::start(
            Command::new(&node).args(["server.mjs"]).arg(python).args(["0", TIMEOUT]).current_dir(&place),
        )?;
        let address = server.line("http://")?;
        let driver = root.join("tests/e2e/js/sandbox.mjs");
        let text = read("the load", &cmd!(&node, driver, address.trim(), REQUESTS.to_string()))?;
        let seen: Value = serde_json::from_str(&text).with_context(|| format!("parse {text}"))?;
        ensure!(seen["wrong"] == Value::Array(vec![]), "{seen}");
        ensure!(seen["odd"] == serde_json::json!([400, 400, 400, 405, 413, "closed"]), "{seen}");
        ensure!(seen["polite"] == REQUESTS - REQUESTS / 10 && seen["hostile"] == REQUESTS / 10, "{seen}");
        for code in ["timeout", "memory", "exit", "python"] {
            ensure!(seen["codes"][code].as_u64() > Some(0), "{code}: {seen}");
        }
        ensure!(!server.has_ended()?, "the server has ended");
        println!("{seen}");
        Ok(())
    });
}
