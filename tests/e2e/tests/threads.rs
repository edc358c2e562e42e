//! Threads: each has a table of its own, and all share the cache.

use std::{fs, path::Path};

use anyhow::{Result, ensure};
use duct::cmd;
use e2e::{Bench, with_bench};
use xtask::{
    build::{
        archive::{DIST, Variant},
        side_module::SideModule,
    },
    engines,
    tools::{emscripten::Emscripten, files::clear},
};

/// How many side modules main loads meanwhile.
const SIDE_MODULES: usize = 8;

/// Eight threads call the same slots for the first time at once; one slot holds another function in each, which it rewrites.
fn hammer(bench: &Bench, emscripten: &Emscripten) -> Result<()> {
    let folder = bench.workshop.home.join("threads");
    clear(&folder)?;
    for (node, path, printed) in run(bench, emscripten, &folder, &[])? {
        let expected = format!("1202048 calls, 0 wrong, {}", whole(path));
        ensure!(printed == expected, "Node {node}, {path}: {printed}");
    }
    Ok(())
}

/// With WebAssembly GC each thread installs the adaptor itself. Without it the slot that threads rewrite is asked for at
/// each call, because they share the cache.
fn whole(path: &str) -> String {
    let asking = if path == "wasm-gc" { 0 } else { 8 };
    format!("the path is live in 8 threads, JavaScript asked in {asking}")
}

/// What the program prints on each Node and path.
fn run(
    bench: &Bench,
    emscripten: &Emscripten,
    folder: &Path,
    more: &[&str],
) -> Result<Vec<(u32, &'static str, String)>> {
    let root = &bench.workshop.root;
    let program = folder.join("threads.js").display().to_string();
    let include = format!("-I{DIST}");
    let archive = format!("{DIST}/{}", Variant::Threads.file());
    let flags = ["-O2", "-pthread", "-sPTHREAD_POOL_SIZE=8", "-sEXIT_RUNTIME", "-sENVIRONMENT=node,worker"];
    let sources = ["tests/e2e/c/threads.c", "tests/e2e/c/no_python.c", &archive];
    let options = ["--pre-js", "tests/e2e/js/link-options.js", "--pre-js", "tests/e2e/js/count-asked.js"];
    let all = [&flags[..], more, &[&include], &sources, &options, &["-o", &program]].concat();
    emscripten.command("emcc", all).dir(root).stderr_null().run()?;
    let [oldest, newest] = engines::oldest_and_newest_node()?;
    let paths = [(oldest, "probe"), (newest, "wasm-gc"), (newest, "probe")];
    let results = paths.map(|(node, path)| {
        let printed = cmd!(bench.node(node)?, &program).dir(folder).env("PYEM_PATH", path).read()?;
        Ok((node, path, printed))
    });
    results.into_iter().collect()
}

/// The same while main opens side modules, in which the threads call. With 3.1.69 a thread at work takes seconds to
/// notice each of them.
#[test]
fn none_is_wrong_while_side_modules_are_loaded() {
    with_bench(|bench| {
        let emscripten = &bench.workshop.emscripten;
        let folder = bench.workshop.home.join("threads-side-modules");
        clear(&folder)?;
        let files = [bench.workshop.root.join("tests/e2e/c/side_pure.c")];
        for arity in 0..4 {
            let module = |n: usize| folder.join(format!("libpure{n}.so"));
            let flags = ["-O2", "-pthread", &format!("-DARITY={arity}")];
            let side = SideModule { files: &files, include: &[], flags: &flags, export: "callee" };
            side.compile(emscripten, &module(arity)).stderr_null().run()?;
            // By another name it is loaded again, into other slots.
            for copy in (arity + 4..SIDE_MODULES).step_by(4) {
                fs::copy(module(arity), module(copy))?;
            }
        }
        let count = format!("-DSIDE_MODULES={SIDE_MODULES}");
        let flags = ["-sMAIN_MODULE=2", &count];
        for (node, path, printed) in run(bench, emscripten, &folder, &flags)? {
            let number = |text: &str| text.split(' ').next().and_then(|number| number.parse::<u64>().ok());
            let counts: Vec<Option<u64>> = printed.lines().map(number).collect();
            let right = printed.contains(&format!(" calls, 0 wrong, {}\n", whole(path)))
                && matches!(counts[..], [Some(all), Some(of_side_modules)] if all > 1_000_000 && of_side_modules > 10_000);
            ensure!(right, "Node {node}, {path}: {printed}");
        }
        Ok(())
    });
}

#[test]
fn none_is_wrong_with_the_newest_emscripten() {
    with_bench(|bench| hammer(bench, &bench.workshop.emscripten));
}

#[test]
fn none_is_wrong_with_the_oldest_emscripten() {
    with_bench(|bench| hammer(bench, &bench.workshop.oldest_emscripten()?));
}
