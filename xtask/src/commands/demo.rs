//! `cargo xtask demo`: mismatched functions called from real CPython in an old and a new Node, and the page.

use std::path::Path;

use anyhow::{Context, Result};

use crate::{
    Workshop, bench,
    browser::serve::Server,
    build::{
        archive,
        cpython::Cpython,
        interpreter, page, pool,
        python::Run,
        snapshot::{self, Embedder},
    },
    engines,
    tools::node::{self, TOOLS_NODE},
};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The port of the loopback; 0 is any
    #[arg(long, default_value = "8000")]
    port: u16,
    /// Leaves the page out
    #[arg(long)]
    no_page: bool,
}

/// Prints the times of a cold start, of a restored one, and of a reset. The snapshot is the user's own, or one with the usual
/// imports.
fn show_start_up(embedder: Embedder<'_>, folder: &Path) -> Result<()> {
    let mut file = folder.join(snapshot::FILE);
    if snapshot::describe(&file).is_err() {
        let imports = snapshot::IMPORTS.map(str::to_owned);
        file = snapshot::take(embedder, &Run::new(folder, TOOLS_NODE), snapshot::FILE, &imports)?;
    }
    let imports = snapshot::imports_of(&file)?;
    let pool = pool::build_with(embedder.workshop, embedder.cpython, &imports)?;
    println!("To the first statement, with {} imported:", imports.join(", "));
    println!("(reset: a Python that was used is set back to the snapshot, docs/pool.md)");
    for node in engines::oldest_and_newest_node()? {
        let run = Run::new(folder, node);
        let [cold, restored] = bench::start::cold_and_restored(embedder, &run, &file, &imports, 5)?;
        let reset = bench::pool::reset(embedder.workshop, &pool, node)?;
        println!(
            "Node {node}: cold {cold:.0} ms, from the snapshot {restored:.0} ms ({:.1} x), reset {reset:.1} ms",
            cold / restored
        );
    }
    Ok(())
}

/// Sets up all that is missing, shows the calls, says where things are, and serves the page.
pub fn run(arguments: &Arguments) -> Result<()> {
    let mut workshop = Workshop::open()?;
    let cpython = Cpython::build(&workshop)?;
    let folder = interpreter::build(&workshop, &cpython)?;
    let tour = workshop.root.join("tests/e2e/cpython/tour.py");
    for node in engines::oldest_and_newest_node()? {
        println!();
        let run = Run::new(&folder, node);
        run.command(&workshop, &cpython, [&tour])?.run()?;
    }
    println!();
    show_start_up(Embedder { workshop: &workshop, cpython: &cpython }, &folder)?;
    println!();
    where_things_are(&workshop)?;
    println!();
    println!("Your own extension:     cargo xtask python --extension NAME=FILE.c -- -c 'import NAME'");
    if arguments.no_page {
        return Ok(());
    }
    let port = arguments.port;
    let (site, bytes) = page::build(&workshop, &cpython)?;
    workshop.unlock();
    let server = Server::start(&site, Some(port))
        .with_context(|| format!("serve the page on port {port}; --port 0 takes any"))?;
    println!("The page, {:.1} MB:       {}  (Ctrl-C ends it)", bytes as f64 / 1e6, server.address);
    server.wait()
}

/// Prints what was installed and built, and where.
pub fn where_things_are(workshop: &Workshop) -> Result<()> {
    let Workshop { root, home, emscripten, .. } = workshop;
    let [_, newest] = engines::oldest_and_newest_node()?;
    let newest = node::program(home, &workshop.pins, newest)?;
    println!("archive, header, hook:  {}", root.join(archive::DIST).display());
    println!("interpreters:           {}", home.join("python").display());
    println!("standard library:       {}", home.join("cpython/source/Lib").display());
    println!("emscripten:             {} ({})", emscripten.version, emscripten.origin);
    println!("Node:                   {}", newest.display());
    println!("logs:                   {}", home.join("logs").display());
    println!("all of it, to delete:   {}", home.display());
    Ok(())
}
