//! The three ways to link, each proved to hold our code and none of CPython's trampoline.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, Result, ensure};
use duct::cmd;
use e2e::{
    Bench,
    cases::{self, Case},
    stock, trial, xtask,
};
use libtest_mimic::Trial;
use xtask::{
    build::{
        check::{Linked, Live},
        link::{Link, Trampoline, WRAPPED, Way},
    },
    tools::{files::clear, pyodide},
};

const WAYS: [Way; 4] = [Way::ArchiveFirst, Way::AllowMultipleDefinition, Way::Wrap, Way::DeleteObject];

fn main() -> ExitCode {
    e2e::run(trials())
}

fn trials() -> Result<Vec<Trial>> {
    let mut trials = vec![
        trial("stock_is_told_apart", stock_is_told_apart),
        trial("check_reports_what_is_linked", check_reports),
        trial("check_is_a_command", check_is_a_command),
        trial("check_refuses_other_files", check_refuses_other_files),
        trial("whole_archive_without_a_flag_fails", whole_archive_without_a_flag_fails),
        trial("cpythons_makefile_links_ours", cpythons_makefile_links_ours),
    ];
    for case in cases::oldest_and_newest()? {
        trials.push(trial(format!("wraps_later_cpythons::{case}"), move |bench| wraps_later(bench, case)));
    }
    for name in stock::versions()?.into_iter().chain(stock::TOO_OLD.map(str::to_owned)) {
        trials.push(trial(format!("stock_pyodide_is_told_apart::{name}"), move |bench| {
            stock_pyodide_is_told_apart(bench, &name)
        }));
    }
    for way in WAYS {
        trials.push(trial(format!("holds_ours_only::{way:?}"), move |bench| holds_ours_only(bench, way)));
        for case in cases::oldest_and_newest()? {
            trials.push(trial(format!("runs::{way:?}::{case}"), move |bench| runs(bench, way, case)));
        }
    }
    Ok(trials)
}

/// An interpreter that was linked in this way.
fn link(bench: &Bench, way: Way) -> Result<PathBuf> {
    let name = match way {
        Way::ArchiveFirst => "mismatched".to_owned(),
        _ => format!("{way:?}"),
    };
    bench.link(&name, Trampoline::Ours(way), &["mismatched"], &[])
}

/// The line of docs/links.md, as far as `make` prints it: it links object files, with the line both archives.
fn cpythons_makefile_links_ours(bench: &Bench) -> Result<()> {
    let document = fs::read_to_string(bench.workshop.root.join("docs/links.md"))?;
    let line = document.lines().find_map(|line| line.strip_prefix("make python.js "));
    let line = line.context("docs/links.md has the line")?;
    let link = |variables: &str| -> Result<String> {
        let command = format!("make --dry-run python.js {variables}");
        let printed = cmd!("sh", "-c", command).dir(&bench.cpython.build).read()?;
        let link = printed.lines().find(|line| line.contains("-o python.js")).context("a link")?;
        Ok(link.to_owned())
    };
    let theirs = link("")?;
    ensure!(theirs.contains(" Python/emscripten_trampoline.o "), "{theirs}");
    let ours = link(line)?;
    let archives = format!("/libpyem_trampoline.a {} ", bench.cpython.library_name());
    ensure!(ours.contains(&archives) && !ours.contains("emscripten_trampoline.o"), "{ours}");
    Ok(())
}

/// The names of the defined functions.
fn functions(folder: &Path) -> Result<BTreeSet<String>> {
    let text = fs::read_to_string(folder.join("python.mjs.symbols"))?;
    Ok(text.lines().filter_map(|line| Some(line.split_once(':')?.1.to_owned())).collect())
}

fn holds_ours_only(bench: &Bench, way: Way) -> Result<()> {
    let folder = link(bench, way)?;
    let linked = Linked::read(&folder.join("python.wasm"))?;
    ensure!(linked.live == Live::Ours && linked.advice().is_empty() && linked.hooks == 1, "{linked}");
    let functions = functions(&folder)?;
    ensure!(functions.contains("pyem_resolve_fallback"), "{functions:?}");
    // Inlined it would slow the hot path down: see OUT_OF_LINE in src/dispatch.rs.
    let out_of_line = functions.iter().any(|name| name.ends_with("resolve_and_call"));
    ensure!(out_of_line, "resolve_and_call was inlined");
    let glue = fs::read_to_string(folder.join("python.mjs"))?;
    let whole = matches!(way, Way::AllowMultipleDefinition | Way::Wrap);
    ensure!(glue.contains("_PyEM_CountFuncParams") == whole, "CPython's glue text");
    Ok(())
}

fn runs(bench: &Bench, way: Way, case: Case) -> Result<()> {
    bench.run_test(&case.run(&link(bench, way)?), "test_mismatched.py", case.live.name())
}

fn stock_is_told_apart(bench: &Bench) -> Result<()> {
    let folder = bench.link("stock", Trampoline::Stock, &[], &[])?;
    let linked = Linked::read(&folder.join("python.wasm"))?;
    ensure!(linked.live == Live::Upstream && linked.upstream.len() == 3 && linked.hooks == 0, "{linked}");
    Ok(())
}

/// For a C host, which is linked in a second: what `cargo xtask check` prints, and whether it succeeds.
fn check_reports(bench: &Bench) -> Result<()> {
    let folder = bench.workshop.home.join("check");
    clear(&folder)?;
    let oldest = bench.workshop.oldest_emscripten()?;
    let missing = "TO DO: link with '-sDEFAULT_LIBRARY_FUNCS_TO_INCLUDE=$addOnPreRun'";
    let closure = "unknown: Closure has renamed it";
    let links: [(&str, &[&str], bool, &str); 5] = [
        ("plain", &["-O0"], true, "trampoline:               pyem-trampoline\n"),
        ("minified", &["-O3"], true, "hooks are run:            yes\npyem_trampoline_abi:      yes\n"),
        ("pre-js", &["-O1", "--pre-js", "preRun.js"], true, "copies of the hook:       2\n"),
        ("strict", &["-O2", "-sSTRICT"], false, missing),
        ("closure", &["-O2", "--closure", "1"], true, closure),
    ];
    for emscripten in [&bench.workshop.emscripten, &oldest] {
        for (name, flags, well, text) in links {
            let program = folder.join(format!("{}-{name}.mjs", emscripten.version));
            let output = program.display().to_string();
            let rest = ["-Idist", "tests/e2e/c/hook_host.c", "dist/libpyem_trampoline.a", "-o", &output];
            let emcc = emscripten.command("emcc", [flags, &rest].concat()).dir(&bench.workshop.root);
            emcc.stderr_null().run().with_context(|| format!("link {output}"))?;
            let linked = Linked::read(&program.with_extension("wasm"))?;
            // The oldest runs hooks in every link.
            let well = well || emscripten.version == oldest.version;
            ensure!(linked.advice().is_empty() == well, "{output}: {linked}");
            ensure!(linked.to_string().contains(text) || text == missing && well, "{output}: {linked}");
        }
    }
    Ok(())
}

/// As Pyodide links it: each CPython's trampoline has other imports.
fn stock_pyodide_is_told_apart(bench: &Bench, name: &str) -> Result<()> {
    let folder = pyodide::folder(&bench.workshop, name)?;
    let linked = Linked::read(&folder.join("pyodide.asm.wasm"))?;
    let import = match name {
        "0.25" | "0.26" => "_PyEM_CountFuncParams",
        "0.27" | "0.28" | "0.29" => "_PyEM_GetCountArgsPtr",
        _ => "_PyEM_TrampolineCall_JS",
    };
    ensure!(linked.live == Live::Upstream && linked.upstream.contains(&import), "{linked}");
    ensure!(linked.hooks == 0 && !linked.adaptor, "{linked}");
    ensure!(linked.to_string().contains("attach instead, docs/attach.md"), "{linked}");
    Ok(())
}

/// Each with a sentence that says what the file is, and what to name instead.
fn check_refuses_other_files(bench: &Bench) -> Result<()> {
    let folder = bench.workshop.home.join("check-refused");
    clear(&folder)?;
    let path = |name: &str| folder.join(name);
    let source = path("empty.c");
    fs::write(&source, "int one(void) { return 1; }\nint main(void) { return 0; }\n")?;
    let link = |flags: &[&str], name: &str| {
        let (source, output) = (source.display().to_string(), path(name).display().to_string());
        let emcc = [flags, &[&source, "-o", &output]].concat();
        bench.workshop.emscripten.command("emcc", emcc).stderr_null().run()
    };
    link(&["-sSIDE_MODULE=2", "-sEXPORTED_FUNCTIONS=_one"], "side.wasm")?;
    link(&["-O1"], "whole.mjs")?;
    link(&["-O3", "--closure", "1"], "closure.mjs")?;
    let whole = fs::read(path("whole.wasm"))?;
    fs::copy(path("whole.mjs"), path("cut.mjs"))?;
    fs::write(path("cut.wasm"), &whole[..whole.len() / 2])?;
    fs::write(path("alone.wasm"), &whole)?;
    // A module with a 64-bit memory and nothing else: emcc has no library for such links.
    fs::write(path("wide.wasm"), [&whole[..8], &[5, 3, 1, 4, 0]].concat())?;
    for (name, text) in [
        ("side.wasm", "side.wasm is a side module, or a main module whose"),
        ("cut.wasm", "cut.wasm is damaged or cut off"),
        ("alone.wasm", "there is no .mjs or .js of the same name beside"),
        ("wide.wasm", "wide.wasm has 64-bit memory (-sMEMORY64): pyem-trampoline is for 32-bit memory"),
        ("whole.mjs", "whole.mjs is no WebAssembly: name the .wasm file"),
        ("missing.wasm", "missing.wasm: No such file"),
    ] {
        let error = Linked::read(&path(name)).err().with_context(|| format!("{name} should be refused"))?;
        let error = format!("{error:#}");
        ensure!(error.contains(text), "{name}: {error}");
    }
    let unknown = Linked::read(&path("closure.wasm"))?;
    ensure!(unknown.live == Live::Unknown, "{unknown}");
    ensure!(unknown.to_string().contains("TO DO: link once without --closure 1"), "{unknown}");
    let none = Linked::read(&path("whole.wasm"))?;
    ensure!(none.live == Live::Neither, "{none}");
    Ok(())
}

fn check_is_a_command(bench: &Bench) -> Result<()> {
    let ours = link(bench, Way::ArchiveFirst)?;
    let stock = bench.link("stock", Trampoline::Stock, &[], &[])?;
    for (folder, code, text) in [(ours, 0, "pyem-trampoline"), (stock, 1, "CPython's own")] {
        let file = folder.join("python.wasm").display().to_string();
        let output = xtask(&["check", &file]).stdout_capture().unchecked().run()?;
        let printed = String::from_utf8_lossy(&output.stdout);
        ensure!(printed.starts_with(&format!("trampoline:               {text}\n")), "{printed}");
        ensure!(output.status.code() == Some(code), "{printed}");
    }
    Ok(())
}

/// `--wrap` where it is not 3.13 that calls: `__wrap__PyEM_TrampolineCall`.
fn wraps_later(bench: &Bench, case: Case) -> Result<()> {
    let folder = bench.workshop.home.join("later");
    clear(&folder)?;
    let text = |path: &Path| path.display().to_string();
    let source = |name: &str| text(&bench.workshop.root.join(name));
    let output = |name: &str| text(&folder.join(name));
    let emcc = |arguments: &[String]| bench.workshop.emscripten.command("emcc", arguments).run();
    let object = output("later_object.o");
    emcc(&["-c", &source("tests/e2e/c/later_object.c"), "-o", &object].map(str::to_owned))?;
    let program = bench.node(case.node)?;
    let run = |name: &str, wraps: Vec<String>| -> Result<String> {
        let sources = ["tests/e2e/c/later_site.c", "benches/c/no_python.c"].map(source);
        let script = output(name);
        // CPython's object stands first, and keeps the name.
        let flags = ["-O2", "-Wl,--allow-multiple-definition", &object, "-Wl,--whole-archive"];
        let more = [&text(&bench.archive), "-Wl,--no-whole-archive", "-o", &script];
        let all = flags.into_iter().chain(more).map(str::to_owned);
        emcc(&sources.into_iter().chain(all).chain(wraps).collect::<Vec<_>>())?;
        Ok(cmd!(&program, script).read()?.trim().to_owned())
    };
    let plain = run("plain.js", vec![])?;
    ensure!(plain == "-1 -1 -1 -1", "the test sees whose function it calls: {plain}");
    let wrapped = run("wrapped.js", WRAPPED.map(|name| format!("-Wl,--wrap={name}")).into())?;
    ensure!(wrapped == "100 1101 3102 7103", "{wrapped}");
    Ok(())
}

/// Why `--whole-archive` links need one of the flags.
fn whole_archive_without_a_flag_fails(bench: &Bench) -> Result<()> {
    let archive = bench.archive.display().to_string();
    let flags = ["-Wl,--whole-archive", &archive, "-Wl,--no-whole-archive"];
    let link = Link::new("duplicate", Trampoline::Stock).flags(&flags);
    let error =
        link.build(&bench.workshop, &bench.cpython, &bench.archive).err().context("the link should fail")?;
    let text = format!("{error:#}");
    ensure!(
        text.contains("duplicate symbol: _PyEM_TrampolineCall_JavaScript")
            || text.contains("duplicate symbol: _PyEM_TrampolineCall_Reflection"),
        "{text}"
    );
    Ok(())
}
