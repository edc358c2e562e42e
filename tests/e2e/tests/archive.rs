//! What `libpyem_trampoline.a` holds: one object, the golden symbols, nothing else.

use std::{env, fs, path::Path};

use anyhow::{Context, Result, ensure};
use duct::cmd;
use e2e::{Bench, with_bench};
use similar::TextDiff;
use xtask::{
    build::archive::{self, check_symbols},
    engines,
    tools::{files::clear, rust_target},
};

#[allow(dead_code, reason = "the numbers alone are used")]
#[path = "../../../src/abi.rs"]
mod abi;
#[allow(dead_code, reason = "the numbers alone are used")]
#[path = "../../../src/resolution.rs"]
mod resolution;
#[allow(dead_code, reason = "the numbers alone are used")]
#[path = "../../../src/signature.rs"]
mod signature;

fn symbols(bench: &Bench, archive: &Path) -> Result<String> {
    let nm = bench.workshop.emscripten.llvm.join("llvm-nm");
    Ok(cmd!(nm, "--extern-only", "--format=just-symbols", "--print-file-name", archive).read()?)
}

/// Letter and name of each global symbol, one a line.
fn golden_text(bench: &Bench) -> Result<String> {
    let nm = bench.workshop.emscripten.llvm.join("llvm-nm");
    let text = cmd!(nm, "--extern-only", "--format=posix", &bench.archive).read()?;
    let mut lines: Vec<String> = text
        .lines()
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            let (name, letter) = (words.next()?, words.next()?);
            Some(format!("{letter} {name}\n"))
        })
        .collect();
    lines.sort();
    Ok(lines.concat())
}

#[test]
fn symbols_are_golden() {
    with_bench(|bench| {
        let golden = bench.workshop.root.join("tests/golden/symbols.txt");
        let text = golden_text(bench)?;
        if env::var_os("BLESS").is_some() {
            fs::write(&golden, &text)?;
        }
        let expected = fs::read_to_string(&golden).context("read tests/golden/symbols.txt")?;
        let diff = TextDiff::from_lines(&expected, &text);
        let diff = diff.unified_diff().header("tests/golden/symbols.txt", "the archive").to_string();
        ensure!(diff.is_empty(), "if it is meant: BLESS=1 cargo xtask test --only archive\n{diff}");
        Ok(())
    });
}

#[test]
fn one_object_and_no_panic_machinery() {
    with_bench(|bench| {
        let ar = bench.workshop.emscripten.llvm.join("llvm-ar");
        let members = cmd!(&ar, "t", &bench.archive).read()?;
        ensure!(members.trim() == "pyem_trampoline.o", "{members}");
        check_symbols(&symbols(bench, &bench.archive)?)?;
        Ok(())
    });
}

/// The check itself must be able to fail.
#[test]
fn the_check_finds_what_it_is_for() {
    with_bench(|bench| {
        let core = rust_target::compiled_core(&bench.workshop.home.join("cargo"))?;
        let error = check_symbols(&symbols(bench, &core)?).err().context("core has panic machinery")?;
        ensure!(error.to_string().contains("panic"), "{error}");
        let stray = check_symbols("a.o: malloc\n").err().context("a stray symbol")?;
        ensure!(stray.to_string().contains("malloc"), "{stray}");
        let panics = check_symbols("a.o: _RNvNtCs_4core9panicking9panic_fmt\n").err().context("a panic")?;
        ensure!(panics.to_string().contains("panic"), "{panics}");
        Ok(())
    });
}

/// Compiled anew in another folder, with nothing compiled before at hand.
#[test]
fn the_same_sources_give_the_same_bytes() {
    with_bench(|bench| {
        let root = &bench.workshop.root;
        let elsewhere = bench.workshop.home.join("archive");
        clear(&elsewhere)?;
        let sources = elsewhere.join("the same sources");
        let list = cmd!("git", "ls-files", "--cached", "--others", "--exclude-standard").dir(root).read()?;
        for file in list.lines().filter(|file| root.join(file).is_file()) {
            let to = sources.join(file);
            fs::create_dir_all(to.parent().context("a folder")?)?;
            fs::copy(root.join(file), to)?;
        }
        let again = elsewhere.join("again.a");
        bench.workshop.steps.always("libpyem_trampoline.a in another folder", |log| {
            archive::compile(&bench.workshop, log, &sources, &elsewhere.join("target"), &again)
        })?;
        ensure!(fs::read(again)? == fs::read(&bench.archive)?, "the archive depends on where it is compiled");
        Ok(())
    });
}

/// What C and the hook find in memory is what src/abi.rs says.
#[test]
fn the_archive_holds_the_numbers_of_rust() {
    with_bench(|bench| {
        let text = run_c(bench, "numbers")?;
        let adaptor = fs::metadata(bench.workshop.root.join("dist/adaptor.wasm"))?.len();
        let (version, cache_length) = (abi::ABI_VERSION, abi::CACHE_LENGTH);
        let pointers = 4;
        ensure!(text == format!("{version} {cache_length} {adaptor} {pointers}"), "{text}");
        Ok(())
    });
}

#[test]
fn what_is_shipped_beside_it() {
    with_bench(|bench| {
        let dist = bench.workshop.root.join("dist");
        for file in
            ["pyem_trampoline.h", "preRun.js", "adaptor.wasm", "adaptor.wat", "LICENSE-MIT", "LICENSE-APACHE"]
        {
            ensure!(fs::metadata(dist.join(file))?.len() > 0, "{file} is empty");
        }
        // The same adaptor is in the archive, for the hook to read from memory.
        let (archive, adaptor) = (fs::read(&bench.archive)?, fs::read(dist.join("adaptor.wasm"))?);
        ensure!(
            archive.windows(adaptor.len()).any(|window| window == adaptor),
            "adaptor.wasm is not in the archive"
        );
        Ok(())
    });
}

/// What a C program that is linked with the archive prints in each Node.
fn run_c(bench: &Bench, name: &str) -> Result<String> {
    let folder = bench.workshop.home.join(name);
    fs::create_dir_all(&folder)?;
    let program = folder.join(format!("{name}.js")).display().to_string();
    let source = bench.workshop.root.join(format!("tests/e2e/c/{name}.c")).display().to_string();
    let include = format!("-I{}", bench.workshop.root.join("dist").display());
    let archive = bench.archive.display().to_string();
    let arguments = ["-O2", &include, &source, &archive, "-o", &program];
    bench.workshop.emscripten.command("emcc", arguments).run()?;
    let mut printed = Vec::new();
    for node in engines::oldest_and_newest_node()? {
        printed.push(cmd!(bench.node(node)?, &program).read()?);
    }
    ensure!(printed.windows(2).all(|pair| pair[0] == pair[1]), "{printed:?}");
    printed.pop().context("there is a Node")
}

/// The header's promise: an interpreter of another kind needs nothing of CPython.
#[test]
fn another_interpreter_asks_for_signatures() {
    with_bench(|bench| {
        // The codes of pyem_trampoline.h: arities 0 to 3, another function, two times none.
        ensure!(run_c(bench, "header")? == "1 2 4 8 16 0 0 7", "codes");
        Ok(())
    });
}

/// The documented command for a staticlib of its own.
#[test]
fn the_staticlib_feature_builds() {
    with_bench(|bench| {
        let document = fs::read_to_string(bench.workshop.root.join("docs/linking.md"))?;
        let options = "rustc --lib --crate-type staticlib --features staticlib --release --target wasm32-unknown-emscripten";
        ensure!(document.contains(&format!("`cargo {options}`")), "docs/linking.md has another command");
        let arguments: Vec<&str> = options.split(' ').collect();
        let target = bench.workshop.home.join("cargo-staticlib");
        let cargo = rust_target::cargo(&bench.workshop.home, "core", &arguments)?
            .dir(&bench.workshop.root)
            .env("CARGO_TARGET_DIR", &target)
            .stderr_null();
        bench.workshop.emscripten.with_variables(cargo).run()?;
        let library = target.join("wasm32-unknown-emscripten/release/libpyem_trampoline.a");
        ensure!(fs::metadata(library)?.len() > 0, "an empty staticlib");
        Ok(())
    });
}
