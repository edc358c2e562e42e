//! Threads: each has a table of its own, and all share the cache.

use anyhow::{Result, ensure};
use duct::cmd;
use e2e::{Bench, with_bench};
use xtask::{
    build::archive::{DIST, Variant},
    engines,
    tools::{emscripten::Emscripten, files::clear},
};

/// Eight threads call the same slots for the first time at once; one slot holds another function in each, which it rewrites.
fn hammer(bench: &Bench, emscripten: &Emscripten) -> Result<()> {
    let root = &bench.workshop.root;
    let folder = bench.workshop.home.join("threads");
    clear(&folder)?;
    let program = folder.join("threads.js").display().to_string();
    let include = format!("-I{DIST}");
    let archive = format!("{DIST}/{}", Variant::Threads.file());
    let flags = ["-O2", "-pthread", "-sPTHREAD_POOL_SIZE=8", "-sEXIT_RUNTIME", "-sENVIRONMENT=node,worker"];
    let files =
        ["tests/e2e/c/threads.c", &archive, "--pre-js", "tests/e2e/js/link-options.js", "-o", &program];
    emscripten.command("emcc", [&flags[..], &[&include], &files].concat()).dir(root).stderr_null().run()?;
    let [oldest, newest] = engines::oldest_and_newest_node()?;
    for (node, path) in [(oldest, "probe"), (newest, "wasm-gc"), (newest, "probe")] {
        let printed = cmd!(bench.node(node)?, &program).env("PYEM_PATH", path).read()?;
        let expected = "1202048 calls, 0 wrong, the path is live in 8 threads";
        ensure!(printed == expected, "Node {node}, {path}: {printed}");
    }
    Ok(())
}

#[test]
fn none_is_wrong_with_the_newest_emscripten() {
    with_bench(|bench| hammer(bench, &bench.workshop.emscripten));
}

#[test]
fn none_is_wrong_with_the_oldest_emscripten() {
    with_bench(|bench| hammer(bench, &bench.workshop.oldest_emscripten()?));
}
