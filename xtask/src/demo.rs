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
        .extension("offenders", &[sources.join("offenders.c")])
        .build(&workshop, &cpython, &archive)?;
    for node in NODES {
        println!();
        let run = Run::new(&folder, node);
        run.command(&workshop, &cpython, [sources.join("tour.py")])?.run()?;
    }
    println!();
    where_things_are(&workshop)?;
    println!();
    println!("Your own extension:     cargo xtask python --extension NAME=FILE.c -- -c 'import NAME'");
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
