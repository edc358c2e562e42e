//! `cargo xtask audit`: C functions of the CPython that we build, and of extensions, that CPython calls with another type
//! than they have.

use std::process::ExitCode;

use anyhow::Result;
use clap::ValueEnum;
use serde_json::json;

use super::python::{Interpreter, exit_code};
use crate::{
    Workshop,
    build::{audit, cpython::Cpython, python::Run},
    tools::node::TOOLS_NODE,
};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The major version of Node
    #[arg(long, default_value_t = TOOLS_NODE)]
    node: u32,
    #[command(flatten)]
    interpreter: Interpreter,
    /// The report as JSON
    #[arg(long)]
    json: bool,
    /// The least verdict that fails
    #[arg(long, value_enum, default_value = "refused")]
    fail_on: Verdict,
}

/// As `--fail-on` of the npm package's command: each includes those before it.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Verdict {
    Traps,
    Refused,
    Handled,
}

/// Audits the extensions, or CPython itself with its standard library if there are none. Exit codes are those of the npm
/// package's command: 0, 1 for what `--fail-on` names, 3 for an import that failed.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    arguments.interpreter.check()?;
    let mut workshop = Workshop::open()?;
    let cpython = Cpython::build(&workshop)?;
    audit::write(&workshop)?;
    let folder = arguments.interpreter.link(&workshop, &cpython)?;
    let modules: Vec<&String> =
        arguments.interpreter.extensions.iter().map(|extension| &extension.name).collect();
    let fail_on = arguments.fail_on.to_possible_value().map(|value| value.get_name().to_owned());
    let options = json!({ "modules": modules, "json": arguments.json, "failOn": fail_on }).to_string();
    workshop.unlock();
    exit_code(&Run::new(&folder, arguments.node).driver(&workshop, &cpython, "audit.mjs", [options])?)
}
