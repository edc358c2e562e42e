//! `cargo xtask test`: everything, in the order of what is cheapest to get wrong.

use std::{fs, process::ExitCode, time::Instant};

use anyhow::{Context, Result, ensure};
use duct::cmd;

mod checks;

use crate::{
    Workshop,
    browser::driver,
    build::{archive, cpython::Cpython, page},
    commands::demo,
    engines,
    tools::{
        cargo,
        steps::{at_once, time},
        workshop::project_root,
    },
};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// One of the end-to-end test files, without the rest
    #[arg(long, value_name = "FILE")]
    only: Option<String>,
    /// Every cell of the wide tables, not only a covering selection
    #[arg(long)]
    all: bool,
    /// With --only: the tests whose names contain this, and other arguments of `cargo test`
    #[arg(last = true, requires = "only")]
    filter: Vec<String>,
}

/// Runs all tests, or one file of the end-to-end tests.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let only = arguments.only.as_deref();
    let every_cell = arguments.all;
    let start = Instant::now();
    if only.is_none() {
        room()?;
    }
    let workshop = Workshop::open()?;
    match only {
        Some(_) => set_up(&workshop).map(drop)?,
        None => check_and_set_up(&workshop, every_cell)?,
    }
    // The tests open it themselves.
    drop(workshop);
    let mut failed = Vec::new();
    let mut test = |arguments: &[&str]| -> Result<()> {
        let part = Instant::now();
        let mut command = cargo([&["test", "--no-fail-fast"], arguments].concat()).dir(project_root()?);
        if every_cell {
            command = command.env("PYEM_TEST_ALL", "1");
        }
        let status = command.unchecked().run()?.status;
        eprintln!("  tests   cargo test {} ({})", arguments.join(" "), time(part.elapsed()));
        if !status.success() {
            failed.push(arguments.join(" "));
        }
        Ok(())
    };
    match only {
        Some(file) => {
            let mut all = vec!["--package", "e2e", "--test", file];
            if !arguments.filter.is_empty() {
                all.push("--");
                all.extend(arguments.filter.iter().map(String::as_str));
            }
            test(&all)?;
        }
        None => {
            for package in PACKAGES {
                test(&["--package", package])?;
            }
        }
    }
    eprintln!("  tests   all in {}", time(start.elapsed()));
    demo::where_things_are(&Workshop::open()?)?;
    if failed.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("error: tests failed: cargo test {}", failed.join(", "));
    Ok(ExitCode::FAILURE)
}

/// Those with tests.
const PACKAGES: [&str; 3] = ["pyem-trampoline", "pyem-audit", "e2e"];

/// What a whole run fills below the project's folder, in MB; `--all` takes some more.
const WHOLE: u64 = 8_000;

/// Fails early where the disk is too small. What earlier runs have left is part of it.
fn room() -> Result<()> {
    let root = project_root()?;
    fs::create_dir_all(root.join(".toolchain"))?;
    let megabytes = |program: &str, arguments: &[&str]| -> Result<u64> {
        let text = cmd(program, arguments).dir(&root).stderr_null().unchecked().read()?;
        let number = text.lines().last().and_then(|line| line.split_whitespace().next());
        number.and_then(|number| number.parse().ok()).with_context(|| format!("{program} printed {text:?}"))
    };
    let free = megabytes("df", &["--output=avail", "--block-size=1M", ".toolchain"])?;
    let there = megabytes("du", &["-sc", "--block-size=1M", ".toolchain", "target"])?;
    eprintln!("  disk    a whole run fills {WHOLE} MB: {there} MB are there, {free} MB are free");
    ensure!(
        there + free >= WHOLE,
        "the disk is too small: free {} MB more, or run single files (--only FILE)",
        WHOLE - there - free
    );
    Ok(())
}

/// What every end-to-end test needs, as steps with a time of their own.
fn set_up(workshop: &Workshop) -> Result<Cpython> {
    let cpython = Cpython::build(workshop)?;
    archive::build(workshop)?;
    Ok(cpython)
}

/// The rest as well. Steps that use one core alone, configure and the ends of cargo's builds among them, have a neighbour.
fn check_and_set_up(workshop: &Workshop, every_cell: bool) -> Result<()> {
    engines::begin(workshop, every_cell)?;
    let rust = || {
        checks::of_rust(workshop)?;
        for package in PACKAGES {
            let build = cargo(["test", "--no-run", "--package", package]).dir(&workshop.root);
            workshop.steps.always(&format!("tests of {package}"), |log| log.run(&build))?;
        }
        Ok(())
    };
    let others = || {
        checks::of_javascript(workshop)?;
        let cpython = set_up(workshop)?;
        driver::install(workshop)?;
        page::build(workshop, &cpython).map(drop)
    };
    at_once(rust, others).map(drop)
}
