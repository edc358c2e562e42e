//! `cargo xtask demo`: offenders called from real CPython in an old and a new Node, and the page.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::{
    Workshop, archive,
    cpython::Cpython,
    link::{Link, Trampoline, Way},
    node, page,
    python::Run,
    serve::Server,
    snapshot::{
        self, Embedder,
        measure::{self, StartUp},
    },
};

/// The Node without WebAssembly GC, and the newest.
const NODES: [u32; 2] = [20, 26];

/// The demo's interpreter, linked unless it is there.
pub fn interpreter(workshop: &Workshop, cpython: &Cpython) -> Result<PathBuf> {
    let archive = archive::build(workshop)?;
    let offenders = workshop.root.join("tests/e2e/cpython/offenders.c");
    Link::new("ours-offenders", Trampoline::Ours(Way::ArchiveFirst))
        .extension("offenders", &[offenders])
        .build(workshop, cpython, &archive)
}

/// Takes a snapshot of the demo's interpreter, for the demo to start from.
pub fn take_snapshot(node: u32, imports: &[String]) -> Result<PathBuf> {
    let workshop = Workshop::open()?;
    let cpython = Cpython::build(&workshop)?;
    let run = Run::new(&interpreter(&workshop, &cpython)?, node);
    snapshot::take(Embedder { workshop: &workshop, cpython: &cpython }, &run, snapshot::FILE, imports)
}

/// Takes a snapshot of the demo's interpreter, and prints how long it takes to start from it.
pub fn measure_snapshot(times: u32) -> Result<()> {
    let workshop = Workshop::open()?;
    let cpython = Cpython::build(&workshop)?;
    let run = Run::new(&interpreter(&workshop, &cpython)?, 24);
    let embedder = Embedder { workshop: &workshop, cpython: &cpython };
    measure::print(embedder, &run, &snapshot::IMPORTS.map(str::to_owned), times)
}

/// Cold and restored start, if there is a snapshot.
fn start_up(embedder: Embedder<'_>, folder: &Path) -> Result<()> {
    let file = folder.join(snapshot::FILE);
    if !file.exists() {
        println!("Start from a snapshot:  cargo xtask snapshot, then this again");
        return Ok(());
    }
    if let Err(error) = snapshot::describe(&file) {
        println!("The snapshot is not used: {error:#}");
        return Ok(());
    }
    let imports = snapshot::imports_of(&file)?;
    println!("To the first statement, with {} imported:", imports.join(", "));
    for node in [24, 26] {
        let run = Run::new(folder, node);
        let StartUp { cold, restored, .. } = measure::start_up(embedder, &run, &file, &imports, 5)?;
        println!(
            "Node {node}: cold {cold:.0} ms, from the snapshot {restored:.0} ms ({:.1} x)",
            cold / restored
        );
    }
    Ok(())
}

/// Sets up all that is missing, shows the calls, says where things are, and serves the page on a port.
pub fn run(port: Option<u16>) -> Result<()> {
    let mut workshop = Workshop::open()?;
    let cpython = Cpython::build(&workshop)?;
    let folder = interpreter(&workshop, &cpython)?;
    let tour = workshop.root.join("tests/e2e/cpython/tour.py");
    for node in NODES {
        println!();
        let run = Run::new(&folder, node);
        run.command(&workshop, &cpython, [&tour])?.run()?;
    }
    println!();
    start_up(Embedder { workshop: &workshop, cpython: &cpython }, &folder)?;
    println!();
    where_things_are(&workshop)?;
    println!();
    println!("Your own extension:     cargo xtask python --extension NAME=FILE.c -- -c 'import NAME'");
    let Some(port) = port else { return Ok(()) };
    let (site, bytes) = page::build(&workshop, &cpython)?;
    workshop.unlock();
    let server = Server::start(&site, Some(port))
        .with_context(|| format!("serve the page on port {port}; --port 0 takes any"))?;
    println!("The page, {:.1} MB:       {}  (Ctrl-C ends it)", bytes as f64 / 1e6, server.address);
    server.wait();
    Ok(())
}

/// What was installed and built, and where.
pub fn where_things_are(workshop: &Workshop) -> Result<()> {
    let Workshop { root, home, emscripten, .. } = workshop;
    let newest = node::program(home, &workshop.pins, "26")?;
    println!("archive, header, hook:  {}", root.join(archive::DIST).display());
    println!("interpreters:           {}", home.join("python").display());
    println!("standard library:       {}", home.join("cpython/source/Lib").display());
    println!("emscripten:             {} ({})", emscripten.version, emscripten.origin);
    println!("Node:                   {}", newest.display());
    println!("logs:                   {}", home.join("logs").display());
    println!("all of it, to delete:   {}", home.display());
    Ok(())
}
