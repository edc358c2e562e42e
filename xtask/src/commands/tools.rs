//! `cargo xtask tools`: which tools are used.

use anyhow::Result;

use crate::{Workshop, tools::node};

/// Installs what is missing and prints where each tool is.
pub fn run() -> Result<()> {
    let workshop = Workshop::open()?;
    let emscripten = &workshop.emscripten;
    println!("emscripten {} {}", emscripten.version, emscripten.origin);
    println!("LLVM in {}", emscripten.llvm.display());
    let oldest = workshop.oldest_emscripten()?;
    println!("emscripten {} {}, for tests of links", oldest.version, oldest.origin);
    for (major, version) in &workshop.pins.node {
        let program = node::program(&workshop.home, &workshop.pins, major)?;
        println!("Node {version} {}", program.display());
    }
    Ok(())
}
