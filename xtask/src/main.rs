//! `cargo xtask`: the one door. `cargo xtask --help` lists what there is.

use std::{ffi::OsString, path::PathBuf, process::ExitCode};

use anyhow::Result;
use clap::{Parser, Subcommand, ValueEnum};
use xtask::{
    Workshop, archive, bench,
    cpython::Cpython,
    demo, engines,
    link::{Link, Trampoline, Way},
    node, page,
    python::{Run, parse_extension},
    regress, snapshot, suite, workerd,
};

/// Sets up tools, builds CPython and the archive, tests and measures them.
#[derive(Parser)]
#[command(bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Calls offenders from CPython in an old and a new Node, and serves the demo page
    Demo {
        /// The port of the loopback; 0 is any
        #[arg(long, default_value = "8000")]
        port: u16,
        /// Without the page
        #[arg(long)]
        no_page: bool,
    },
    /// All tests: lints, host, and CPython on each engine
    Test {
        /// One of the end-to-end test files, without the rest
        #[arg(long, value_name = "FILE")]
        only: Option<String>,
    },
    /// Installs the tools and says which are used
    Tools,
    /// CPython's own tests, with our trampoline and with its own
    CpythonTests {
        /// The major version of Node
        #[arg(long, default_value = "24")]
        node: u32,
        /// Other modules than the usual ones: test.test_list
        modules: Vec<String>,
    },
    /// Measures, and keeps the records in benches/record
    Bench {
        /// One part, or several; else all
        #[arg(long = "part", value_enum)]
        parts: Vec<bench::Part>,
        /// One engine, or several: node-24, firefox; else all
        #[arg(long = "engine")]
        engines: Vec<bench::engine::Engine>,
        /// Checks that it runs; the times mean nothing and are not kept
        #[arg(long)]
        quick: bool,
    },
    /// Draws the records: README's charts, and a page of all in dist/charts
    Charts,
    /// Takes a snapshot of the demo's interpreter
    #[command(args_conflicts_with_subcommands = true)]
    Snapshot {
        #[command(subcommand)]
        command: Option<SnapshotCommand>,
        #[command(flatten)]
        take: TakeSnapshot,
    },
    /// CPython in Cloudflare's runtime, restored from a snapshot
    Workerd {
        /// Makes so many requests, 50 at a time, and ends
        #[arg(long)]
        requests: Option<u32>,
    },
    /// The archive with header, hook and adaptor in dist/, and the page in dist/page, ready to upload
    Dist {
        /// Without the page
        #[arg(long)]
        no_page: bool,
    },
    /// Puts what the tests have seen into README: the table of engines, and the picture
    Readme,
    /// Runs the emscripten CPython like the `python` command
    Python(Python),
}

#[derive(clap::Args)]
struct Python {
    /// The major version of Node
    #[arg(long, default_value = "24", value_parser = clap::value_parser!(u32))]
    node: u32,
    /// Forces a path
    #[arg(long, value_enum)]
    path: Option<PathName>,
    /// Whose trampoline
    #[arg(long, value_enum, default_value = "ours")]
    trampoline: Whose,
    /// Compiles a C extension in: NAME=FILE.c
    #[arg(long = "extension", value_name = "NAME=FILE.c", value_parser = parse_extension)]
    extensions: Vec<(String, PathBuf)>,
    /// Python's own arguments
    #[arg(last = true)]
    arguments: Vec<OsString>,
}

#[derive(clap::Args)]
struct TakeSnapshot {
    /// The major version of Node
    #[arg(long, default_value = "24")]
    node: u32,
    /// Modules to import before
    #[arg(long = "import", value_name = "MODULE", value_delimiter = ',', default_values = snapshot::IMPORTS)]
    imports: Vec<String>,
}

#[derive(Subcommand)]
enum SnapshotCommand {
    /// Says what is in a snapshot
    Inspect {
        /// A snapshot
        file: PathBuf,
    },
    /// Takes one with the usual imports, and says how long starting from it takes
    Measure {
        /// Fresh processes of each kind
        #[arg(long, default_value = "11")]
        times: u32,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum PathName {
    WasmGc,
    Reflection,
    Probe,
}

#[derive(Clone, Copy, ValueEnum)]
enum Whose {
    Ours,
    Stock,
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<ExitCode> {
    match command {
        Command::Demo { port, no_page } => demo::run((!no_page).then_some(port))?,
        Command::Test { only } => return suite::run(only.as_deref()),
        Command::Tools => tools(&Workshop::open()?)?,
        Command::CpythonTests { node, modules } => {
            let modules: Vec<&str> = modules.iter().map(String::as_str).collect();
            let modules = if modules.is_empty() { &regress::MODULES[..] } else { &modules };
            let rows = regress::compare(&Workshop::open()?, node, modules)?;
            print!("{}", regress::table(&rows));
            let lost = rows.iter().any(|row| !row.lost.is_empty());
            return Ok(if lost { ExitCode::FAILURE } else { ExitCode::SUCCESS });
        }
        Command::Bench { parts, engines, quick } => {
            bench::run(&Workshop::open()?, &parts, &engines, quick)?;
        }
        Command::Charts => println!("{}", bench::chart::publish(&Workshop::open()?)?.display()),
        Command::Dist { no_page } => {
            let workshop = Workshop::open()?;
            println!("{}", archive::build(&workshop)?.display());
            if !no_page {
                let (site, bytes) = page::build(&workshop, &Cpython::build(&workshop)?)?;
                println!("{}: {bytes} bytes to download", site.display());
            }
        }
        Command::Readme => engines::publish(&Workshop::open()?)?,
        Command::Workerd { requests } => workerd::run(requests)?,
        Command::Snapshot { command: Some(SnapshotCommand::Inspect { file }), .. } => {
            print!("{}", snapshot::describe(&file)?);
        }
        Command::Snapshot { command: Some(SnapshotCommand::Measure { times }), .. } => {
            demo::measure_snapshot(times)?;
        }
        Command::Snapshot { command: None, take } => {
            let file = demo::take_snapshot(take.node, &take.imports)?;
            print!("{}", snapshot::describe(&file)?);
            println!("{}", file.display());
        }
        Command::Python(python) => return run_python(&python),
    }
    Ok(ExitCode::SUCCESS)
}

fn tools(workshop: &Workshop) -> Result<()> {
    let emscripten = &workshop.emscripten;
    println!("emscripten {} {}", emscripten.version, emscripten.origin);
    println!("LLVM in {}", emscripten.llvm.display());
    for (major, version) in &workshop.pins.node {
        let program = node::program(&workshop.home, &workshop.pins, major)?;
        println!("Node {version} {}", program.display());
    }
    Ok(())
}

fn run_python(python: &Python) -> Result<ExitCode> {
    let mut workshop = Workshop::open()?;
    let cpython = Cpython::build(&workshop)?;
    let archive = archive::build(&workshop)?;
    let (name, trampoline) = match python.trampoline {
        Whose::Ours => ("ours", Trampoline::Ours(Way::ArchiveFirst)),
        Whose::Stock => ("stock", Trampoline::Stock),
    };
    let mut link = Link::new(name, trampoline);
    for (module, file) in &python.extensions {
        link.name += &format!("-{module}");
        link = link.extension(module, std::slice::from_ref(file));
    }
    let mut run = Run::new(&link.build(&workshop, &cpython, &archive)?, python.node);
    run.path = python.path.and_then(|path| Some(path.to_possible_value()?.get_name().to_owned()));
    // Other runs need not wait for this program to end.
    workshop.unlock();
    let status = run.command(&workshop, &cpython, &python.arguments)?.unchecked().run()?.status;
    Ok(ExitCode::from(u8::try_from(status.code().unwrap_or(1)).unwrap_or(1)))
}
