//! `cargo xtask demo`: offenders called from real CPython in an old and a new Node.

use anyhow::Result;

use crate::{
    Workshop, archive,
    cpython::Cpython,
    link::{Link, Trampoline, Way},
    node,
    python::Run,
};

/// The Node without WebAssembly GC, and the newest.
const NODES: [u32; 2] = [20, 26];

/// Sets up all that is missing, shows the calls, and says where things are.
pub fn run() -> Result<()> {
    let workshop = Workshop::open()?;
    let cpython = Cpython::build(&workshop)?;
    let archive = archive::build(&workshop)?;
    let sources = workshop.root.join("tests/e2e/cpython");
    let folder = Link::new("ours-offenders", Trampoline::Ours(Way::ArchiveFirst))
        .extension("offenders", &sources.join("offenders.c"))
        .build(&workshop, &cpython, &archive)?;
    for node in NODES {
        println!();
        let run = Run::new(&folder, node);
        run.command(&workshop, &cpython, [sources.join("tour.py")])?.run()?;
    }
    println!();
    println!("archive, header, hook:  {}", workshop.root.join(archive::DIST).display());
    println!("interpreter:            {}", folder.join("python.mjs").display());
    println!("standard library:       {}", cpython.source.join("Lib").display());
    println!("emscripten:             {} ({})", workshop.emscripten.version, workshop.emscripten.origin);
    let newest = node::program(&workshop.home, &workshop.pins, "26")?;
    println!("Node:                   {}", newest.display());
    println!("all of it, to delete:   {}", workshop.home.display());
    println!();
    println!("Your own extension:     cargo xtask python --extension NAME=FILE.c -- -c 'import NAME'");
    Ok(())
}
