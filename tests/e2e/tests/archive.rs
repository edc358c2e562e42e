//! What `libpyem_trampoline.a` and its like hold: one object, the golden symbols, nothing else. They link with the
//! oldest and the newest emscripten.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use duct::cmd;
use e2e::{Bench, with_bench};
use similar::TextDiff;
use wasmparser::{Payload, Validator, WasmFeatures};
use xtask::{
    build::archive::{self, Variant, check_symbols},
    engines,
    tools::{emscripten::Emscripten, files::clear, rust_target},
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

fn file(bench: &Bench, variant: Variant) -> PathBuf {
    bench.workshop.root.join(archive::DIST).join(variant.file())
}

/// Letter and name of each global symbol, one a line.
fn golden_text(bench: &Bench, variant: Variant) -> Result<String> {
    let nm = bench.workshop.emscripten.llvm.join("llvm-nm");
    let text = cmd!(nm, "--extern-only", "--format=posix", file(bench, variant)).read()?;
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
        let text = golden_text(bench, Variant::Plain)?;
        if env::var_os("BLESS").is_some() {
            fs::write(&golden, &text)?;
        }
        let expected = fs::read_to_string(&golden).context("read tests/golden/symbols.txt")?;
        for variant in Variant::ALL {
            let text = golden_text(bench, variant)?;
            let diff = TextDiff::from_lines(&expected, &text);
            let diff = diff.unified_diff().header("tests/golden/symbols.txt", variant.file()).to_string();
            ensure!(diff.is_empty(), "if it is meant: BLESS=1 cargo xtask test --only archive\n{diff}");
        }
        Ok(())
    });
}

#[test]
fn one_object_and_no_panic_machinery() {
    with_bench(|bench| {
        let ar = bench.workshop.emscripten.llvm.join("llvm-ar");
        for variant in Variant::ALL {
            let archive = file(bench, variant);
            let members = cmd!(&ar, "t", &archive).read()?;
            ensure!(members.trim() == "pyem_trampoline.o", "{members}");
            check_symbols(&symbols(bench, &archive)?)?;
        }
        Ok(())
    });
}

/// What its object lists, no more; and the code is valid with that.
#[test]
fn it_asks_for_the_features_that_it_uses() {
    with_bench(|bench| {
        // The stack pointer is a global of the linker's.
        let least = WasmFeatures::MVP | WasmFeatures::MUTABLE_GLOBAL;
        let allowed = [
            (Variant::Plain, least),
            (Variant::Threads, least | WasmFeatures::THREADS | WasmFeatures::BULK_MEMORY),
        ];
        for (variant, allowed) in allowed {
            let object = cmd!(bench.workshop.emscripten.llvm.join("llvm-ar"), "p", file(bench, variant));
            let object = object.stdout_capture().run()?.stdout;
            let mut lists = Vec::new();
            for payload in wasmparser::Parser::new(0).parse_all(&object) {
                if let Payload::CustomSection(section) = payload?
                    && section.name() == "target_features"
                {
                    lists.push(section.data().to_owned());
                }
            }
            ensure!(lists == [variant.target_features()], "{variant:?}: {lists:?}");
            Validator::new_with_features(allowed).validate_all(&object).context(variant.file())?;
            let atomics = Validator::new_with_features(least).validate_all(&object).is_err();
            ensure!(atomics == (variant == Variant::Threads), "{variant:?}: its atomics");
        }
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
        let elsewhere = bench.scratch("archive")?;
        clear(&elsewhere)?;
        let sources = elsewhere.join("the same sources");
        // The clone may be another user's.
        let git = ["-c", "safe.directory=*", "ls-files", "--cached", "--others", "--exclude-standard"];
        let list = cmd("git", git).dir(root).read()?;
        for file in list.lines().filter(|file| root.join(file).is_file()) {
            let to = sources.join(file);
            fs::create_dir_all(to.parent().context("a folder")?)?;
            fs::copy(root.join(file), to)?;
        }
        for variant in Variant::ALL {
            let again = elsewhere.join(variant.file());
            bench.workshop.steps.always(&format!("{} in another folder", variant.file()), |log| {
                archive::compile(&bench.workshop, log, variant, &sources, &elsewhere.join("target"), &again)
            })?;
            let same = fs::read(again)? == fs::read(file(bench, variant))?;
            ensure!(same, "{} depends on where it is compiled", variant.file());
        }
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
    run_linked(bench, &bench.workshop.emscripten, name, Variant::Plain, &[])
}

fn run_linked(
    bench: &Bench,
    emscripten: &Emscripten,
    name: &str,
    variant: Variant,
    flags: &[&str],
) -> Result<String> {
    let folder = bench.workshop.home.join(name);
    fs::create_dir_all(&folder)?;
    let program = folder.join(format!("{name}.js")).display().to_string();
    let source = bench.workshop.root.join(format!("tests/e2e/c/{name}.c")).display().to_string();
    let include = format!("-I{}", bench.workshop.root.join("dist").display());
    let archive = file(bench, variant).display().to_string();
    let arguments = [&["-O2", &include, &source, &archive, "-o", &program], flags].concat();
    let linked =
        emscripten.command("emcc", arguments).stderr_to_stdout().stdout_capture().unchecked().run()?;
    ensure!(linked.status.success(), "{}", String::from_utf8_lossy(&linked.stdout));
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

/// Binaryen 120 fails on the name of a feature that it does not know, and rustc's objects list such names.
#[test]
fn the_oldest_emscripten_links_them() {
    with_bench(|bench| {
        let oldest = bench.workshop.oldest_emscripten()?;
        for (variant, flags) in [(Variant::Plain, &[][..]), (Variant::Threads, &["-pthread"])] {
            let printed = run_linked(bench, &oldest, "header", variant, flags)?;
            ensure!(printed == "1 2 4 8 16 0 0 7", "{variant:?}: {printed}");
        }
        Ok(())
    });
}

#[test]
fn threads_take_their_archive_only() {
    with_bench(|bench| {
        let newest = &bench.workshop.emscripten;
        let printed = run_linked(bench, newest, "header", Variant::Threads, &["-pthread"])?;
        ensure!(printed == "1 2 4 8 16 0 0 7", "{printed}");
        for emscripten in [newest, &bench.workshop.oldest_emscripten()?] {
            let error = run_linked(bench, emscripten, "header", Variant::Plain, &["-pthread"]);
            let error = error.err().context("no atomics")?.to_string();
            ensure!(
                error.contains("--shared-memory is disallowed by pyem_trampoline.o because it was not compiled with 'atomics'"),
                "{error}"
            );
        }
        Ok(())
    });
}

/// Rust has no target for 64-bit memory with emscripten, and CPython no build. A link without libraries, which emcc would
/// compile first; `links_of_c` has a whole one.
#[test]
fn memory64_is_refused() {
    with_bench(|bench| {
        let object = bench.scratch("memory64.o")?.display().to_string();
        let archive = bench.archive.display().to_string();
        for emscripten in [&bench.workshop.emscripten, &bench.workshop.oldest_emscripten()?] {
            let link = ["-sMEMORY64", "-r", "-Wl,--whole-archive", &archive, "-o", &object];
            let printed = emscripten.command("emcc", link).stderr_to_stdout().unchecked().read()?;
            ensure!(printed.contains("wasm32 object file can't be linked in wasm64 mode"), "{printed}");
        }
        Ok(())
    });
}

/// The documented command for a staticlib of its own.
#[test]
fn the_staticlib_feature_builds() {
    with_bench(|bench| {
        let document = fs::read_to_string(bench.workshop.root.join("docs/links.md"))?;
        let options = "rustc --lib --crate-type staticlib --features staticlib --release --target wasm32-unknown-emscripten";
        ensure!(document.contains(&format!("`cargo {options}`")), "docs/links.md has another command");
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
