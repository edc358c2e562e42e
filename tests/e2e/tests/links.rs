//! The three ways to link, each proved to hold our code and none of CPython's trampoline.

use std::{collections::BTreeSet, fs, path::Path};

use anyhow::{Context, Result, ensure};
use e2e::with_bench;
use xtask::{
    link::{Link, Trampoline, Way},
    python::Run,
};

/// What only CPython 3.13's object imports from JavaScript.
const STOCK_IMPORTS: [&str; 3] =
    ["_PyEM_detect_type_reflection", "_PyEM_CountFuncParams", "_PyEM_TrampolineCall_JavaScript"];
const OUR_IMPORTS: [&str; 3] = ["pyem_resolve_js", "pyem_describe_js", "pyem_table_size_js"];

fn imports(folder: &Path) -> Result<BTreeSet<String>> {
    let bytes = fs::read(folder.join("python.wasm"))?;
    let mut names = BTreeSet::new();
    for payload in wasmparser::Parser::new(0).parse_all(&bytes) {
        if let wasmparser::Payload::ImportSection(section) = payload? {
            for import in section.into_imports() {
                names.insert(import?.name.to_owned());
            }
        }
    }
    Ok(names)
}

/// The names of the defined functions.
fn functions(folder: &Path) -> Result<BTreeSet<String>> {
    let text = fs::read_to_string(folder.join("python.mjs.symbols"))?;
    Ok(text.lines().filter_map(|line| Some(line.split_once(':')?.1.to_owned())).collect())
}

#[test]
fn each_way_holds_our_code_and_not_upstreams() {
    with_bench(|bench| {
        for way in [Way::ArchiveFirst, Way::AllowMultipleDefinition, Way::Wrap, Way::DeleteObject] {
            let name = match way {
                Way::ArchiveFirst => "offenders".to_owned(),
                _ => format!("{way:?}"),
            };
            // It calls us by the names of later versions of CPython, too.
            let more = if way == Way::Wrap { vec!["refused"] } else { vec![] };
            let extensions = [&["offenders"], &more[..]].concat();
            let folder = bench.link(&name, Trampoline::Ours(way), &extensions, &[])?;
            let imports = imports(&folder)?;
            for name in OUR_IMPORTS {
                ensure!(imports.contains(name), "{way:?}: no import {name}");
            }
            for name in STOCK_IMPORTS {
                ensure!(!imports.contains(name), "{way:?}: import {name}");
            }
            let functions = functions(&folder)?;
            ensure!(functions.contains("pyem_resolve_fallback"), "{way:?}: {functions:?}");
            // Inlined it would slow the hot path down: see OUT_OF_LINE in src/dispatch.rs.
            let out_of_line = functions.iter().any(|name| name.ends_with("resolve_and_call"));
            ensure!(out_of_line, "{way:?}: resolve_and_call was inlined");
            let glue = fs::read_to_string(folder.join("python.mjs"))?;
            let whole = matches!(way, Way::AllowMultipleDefinition | Way::Wrap);
            ensure!(glue.contains("_PyEM_CountFuncParams") == whole, "{way:?}: CPython's glue text");
            for (node, live) in [(20, "probe"), (24, "wasm-gc")] {
                bench.run_test(&Run::new(&folder, node), "test_offenders.py", live)?;
                if way == Way::Wrap {
                    bench.run_test(&Run::new(&folder, node), "test_refused.py", live)?;
                }
            }
            for file in ["python.mjs", "python.wasm"] {
                ensure!(folder.join(file).is_file(), "{way:?}: no {file}");
            }
        }
        Ok(())
    });
}

#[test]
fn the_stock_link_is_told_apart() {
    with_bench(|bench| {
        let folder = bench.link("stock", Trampoline::Stock, &[], &[])?;
        let imports = imports(&folder)?;
        for name in STOCK_IMPORTS {
            ensure!(imports.contains(name), "stock: no import {name}");
        }
        for name in OUR_IMPORTS {
            ensure!(!imports.contains(name), "stock: import {name}");
        }
        Ok(())
    });
}

/// Why `--whole-archive` links need one of the flags.
#[test]
fn a_whole_archive_link_without_a_flag_fails_aloud() {
    with_bench(|bench| {
        let archive = bench.archive.display().to_string();
        let flags = ["-Wl,--whole-archive", &archive, "-Wl,--no-whole-archive"];
        let link = Link::new("duplicate", Trampoline::Stock).flags(&flags);
        let error = link
            .build(&bench.workshop, &bench.cpython, &bench.archive)
            .err()
            .context("the link should fail")?;
        let text = format!("{error:#}");
        ensure!(
            text.contains("duplicate symbol: _PyEM_TrampolineCall_JavaScript")
                || text.contains("duplicate symbol: _PyEM_TrampolineCall_Reflection"),
            "{text}"
        );
        Ok(())
    });
}
