//! A C host in many links, with the oldest and the newest emscripten: each calls every signature on each path, or fails
//! with a sentence that names what to do. docs/links.md has the table.

use std::{env, fs, process::ExitCode};

use anyhow::{Context, Result, ensure};
use duct::cmd;
use e2e::{Bench, trial};
use xtask::{
    build::archive::Variant,
    engines,
    tools::{files::clear, markdown},
};

const ADD_ON_PRE_RUN: &str = "-sDEFAULT_LIBRARY_FUNCS_TO_INCLUDE=$addOnPreRun";
const LOST: &str =
    "the hook did not run before C: link with '-sDEFAULT_LIBRARY_FUNCS_TO_INCLUDE=$addOnPreRun'";
const WASM_0: &str = "-sWASM=0 leaves function pointers without signatures: link without it";

/// What becomes of a link.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    Works,
    /// It fails when it starts, with this text.
    Fails(&'static str),
    /// It does not exist in this emscripten.
    Missing(&'static str),
}
use Fate::{Fails, Missing, Works};

/// Name, flags, and what becomes of it with the oldest and the newest emscripten.
type Cell = (&'static str, &'static [&'static str], [Fate; 2]);

const CELLS: &[Cell] = &[
    ("-O0", &["-O0"], [Works; 2]),
    ("-O1", &["-O1"], [Works; 2]),
    ("-O2", &["-O2"], [Works; 2]),
    ("-O3", &["-O3"], [Works; 2]),
    ("-Os", &["-Os"], [Works; 2]),
    ("-Oz", &["-Oz"], [Works; 2]),
    ("-g", &["-O0", "-g"], [Works; 2]),
    ("--profiling-funcs", &["-O2", "--profiling-funcs"], [Works; 2]),
    ("--closure 1", &["-O2", "--closure", "1"], [Works; 2]),
    ("ASSERTIONS=2", &["-O1", "-sASSERTIONS=2"], [Works; 2]),
    ("SAFE_HEAP", &["-O1", "-sSAFE_HEAP"], [Works; 2]),
    ("ABORT_ON_WASM_EXCEPTIONS", &["-O1", "-sABORT_ON_WASM_EXCEPTIONS"], [Works; 2]),
    ("ALLOW_TABLE_GROWTH", &["-O2", "-sALLOW_TABLE_GROWTH"], [Works; 2]),
    ("ALLOW_MEMORY_GROWTH", &["-O2", "-sALLOW_MEMORY_GROWTH"], [Works; 2]),
    ("WASM_BIGINT=0", &["-O2", "-sWASM_BIGINT=0"], [Works; 2]),
    ("EVAL_CTORS=2", &["-O2", "-sEVAL_CTORS=2"], [Works; 2]),
    ("SINGLE_FILE", &["-O2", "-sSINGLE_FILE"], [Works; 2]),
    ("MODULARIZE, EXPORT_ES6", &["-O2", "-sMODULARIZE", "-sEXPORT_ES6"], [Works; 2]),
    (
        "MODULARIZE=instance",
        &["-O2", "-sMODULARIZE=instance"],
        [Missing("emscripten 3.1.69 has no such mode"), Works],
    ),
    ("--stack-first", &["-O2", "-Wl,--stack-first"], [Works; 2]),
    ("STRICT", &["-O2", "-sSTRICT"], [Works, Fails(LOST)]),
    (
        "STRICT, $addOnPreRun",
        &["-O2", "-sSTRICT", ADD_ON_PRE_RUN],
        [Missing("3.1.69 runs hooks without it"), Works],
    ),
    ("ASYNCIFY", &["-O2", "-sASYNCIFY"], [Works; 2]),
    ("WASM=0", &["-O2", "-sWASM=0"], [Fails(WASM_0); 2]),
    ("-pthread", &["-O2", "-pthread", "-sPTHREAD_POOL_SIZE=1", "-sEXIT_RUNTIME"], [Works; 2]),
    ("PROXY_TO_PTHREAD", &["-O2", "-pthread", "-sPROXY_TO_PTHREAD", "-sEXIT_RUNTIME"], [Works; 2]),
    // Pairs that interact.
    ("-O3, --closure 1, EXPORT_ES6", &["-O3", "--closure", "1", "-sMODULARIZE", "-sEXPORT_ES6"], [Works; 2]),
    (
        "-pthread, ALLOW_MEMORY_GROWTH",
        &[
            "-O2",
            "-pthread",
            "-sALLOW_MEMORY_GROWTH",
            "-sPTHREAD_POOL_SIZE=1",
            "-sEXIT_RUNTIME",
            "-Wno-pthreads-mem-growth",
        ],
        [Works; 2],
    ),
];

fn main() -> ExitCode {
    let which = ["oldest", "newest"];
    let mut trials = Vec::new();
    for cell in CELLS {
        for (index, which) in which.into_iter().enumerate() {
            if matches!(cell.2[index], Missing(_)) {
                continue;
            }
            trials.push(trial(format!("{which}::{}", cell.0), move |bench| try_cell(bench, *cell, index)));
        }
    }
    trials.push(trial("documentation_has_the_table", documentation));
    e2e::run(Ok(trials))
}

fn try_cell(bench: &Bench, (name, flags, fates): Cell, index: usize) -> Result<()> {
    let fate = fates[index];
    let oldest = bench.workshop.oldest_emscripten()?;
    let emscripten = [&oldest, &bench.workshop.emscripten][index];
    let folder = bench.workshop.home.join("links-of-c");
    clear(&folder)?;
    // A module is started by who imports it, but instance mode exports its start.
    let module = flags.contains(&"-sEXPORT_ES6") || flags.contains(&"-sMODULARIZE=instance");
    let program = folder.join(if module { "host.mjs" } else { "host.js" });
    let variant = if flags.contains(&"-pthread") { Variant::Threads } else { Variant::Plain };
    let archive = format!("dist/{}", variant.file());
    let output = program.display().to_string();
    let rest = [
        "-Idist",
        "tests/e2e/c/link_host.c",
        &archive,
        "--pre-js",
        "tests/e2e/js/link-options.js",
        "-sENVIRONMENT=node,worker",
        "-o",
        &output,
    ];
    let linked = emscripten
        .command("emcc", [flags, &rest].concat())
        .dir(&bench.workshop.root)
        .stderr_to_stdout()
        .stdout_capture()
        .unchecked()
        .run()?;
    ensure!(linked.status.success(), "link: {}", String::from_utf8_lossy(&linked.stdout));
    let [old, new] = engines::oldest_and_newest_node()?;
    for (node, force, live) in [(old, None, "probe"), (new, None, "wasm-gc"), (new, Some("probe"), "probe")] {
        let start = match module {
            true => format!("import('{output}').then((module) => module.default())"),
            false => format!("require('{output}')"),
        };
        let mut command = cmd!(bench.node(node)?, "-e", start, "an argument")
            .stderr_to_stdout()
            .stdout_capture()
            .unchecked();
        if let Some(path) = force {
            command = command.env("PYEM_PATH", path);
        }
        let printed = command.run()?;
        let text = String::from_utf8_lossy(&printed.stdout);
        match fate {
            Fails(message) => {
                ensure!(text.contains(message) && !printed.status.success(), "{name} on Node {node}: {text}");
            }
            _ => {
                // PROXY_TO_PTHREAD prints in what order it likes.
                let mut lines: Vec<&str> = text.lines().collect();
                lines.sort_unstable();
                let mut expected =
                    vec![live, "early: 4", "before: 100 201 303 406 -1 501", "after: 100 201 303 406 -1 303"];
                if variant == Variant::Threads {
                    expected.push("thread: 100 201 303 406 -1 501");
                }
                expected.sort_unstable();
                ensure!(lines == expected, "{name} on Node {node}, {live}: {text}");
            }
        }
    }
    Ok(())
}

/// The table that follows from [`CELLS`].
fn table(bench: &Bench) -> String {
    let pins = &bench.workshop.pins;
    let (oldest, newest) = (&pins.oldest_emscripten.version, &pins.emscripten.version);
    let mut text = format!("| link | emscripten {oldest} | emscripten {newest} |\n| --- | --- | --- |\n");
    for (name, _, fates) in CELLS {
        let [oldest, newest] = fates.map(|fate| match fate {
            Works => "works".to_owned(),
            Fails(message) => format!("fails: {message}"),
            Missing(why) => format!("not run: {why}"),
        });
        text += &format!("| `{name}` | {oldest} | {newest} |\n");
    }
    text
}

fn documentation(bench: &Bench) -> Result<()> {
    let file = bench.workshop.root.join("docs/links.md");
    let table = table(bench);
    if env::var_os("BLESS").is_some() {
        markdown::replace(&file, "links", &table)?;
    }
    let text = fs::read_to_string(&file)?;
    let (_, rest) = text.split_once("<!-- links -->").context("docs/links.md has the mark")?;
    let same = markdown::rows(rest) == markdown::rows(&table);
    ensure!(same, "docs/links.md has another table: BLESS=1 cargo xtask test --only links_of_c\n{table}");
    Ok(())
}
