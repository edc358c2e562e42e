//! CPython with dynamic linking: packages of PyPI are side modules, and their own tests end as they do where the same
//! packages are compiled in.
//!
//! By default only the record of the last run is held to what is listed here: the builds take half an hour.

use std::{
    collections::BTreeMap,
    fs, iter,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, Result, ensure};
use e2e::{
    Bench, Once,
    cases::{self, Case},
    record::{self, Counts},
    side_packages::{OWN, PACKAGES, Sources},
    trial,
};
use libtest_mimic::Trial;
use serde::Deserialize;
use xtask::{
    build::{
        cpython::{Cpython, Kind},
        extension::Extension,
        link::Link,
        side_module,
    },
    tools::files::clear,
};

fn main() -> ExitCode {
    e2e::run(trials())
}

/// The main modules: `-sMAIN_MODULE=1` links every archive whole and exports all, `=2` what the side modules require.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Main {
    Whole,
    Required,
}

/// It requires more of the C++ library than emscripten 6.0.5 exports from a main module of the second kind: the program
/// ends when it starts, because a destructor of `basic_stringstream` is not there.
const CPP: &str = "kiwisolver";

impl Main {
    fn takes(self, package: &str) -> bool {
        self == Self::Whole || package != CPP
    }

    const ALL: [Self; 2] = [Self::Whole, Self::Required];

    fn name(self) -> &'static str {
        match self {
            Self::Whole => "main-module-1",
            Self::Required => "main-module-2",
        }
    }
}

fn trials() -> Result<Vec<Trial>> {
    let mut trials = Vec::new();
    if e2e::every_cell() {
        for (name, main, case) in cells()? {
            trials.push(trial(cell(name, main, case), move |bench| as_compiled_in(bench, name, main, case)));
        }
    }
    trials.push(trial("documentation", documentation));
    Ok(trials)
}

/// A trial's name, by which the record has it.
fn cell(name: &str, main: Main, case: Case) -> String {
    format!("{PREFIX}{name}::{}::{case}", main.name())
}

/// What a cell depends on.
fn versions(bench: &Bench, name: &str) -> String {
    let pins = &bench.workshop.pins;
    let package = pins.sdists.get(name).map(|version| format!(", {name} {version}"));
    let (cpython, emscripten) = (&pins.cpython.version, &pins.emscripten.version);
    format!("CPython {cpython}, emscripten {emscripten}{}", package.unwrap_or_default())
}

/// The cells of a package in the record agree, and docs/links.md has the table, which names those that have not been run.
fn documentation(bench: &Bench) -> Result<()> {
    let listed =
        cells()?.into_iter().map(|(name, main, case)| (cell(name, main, case), versions(bench, name)));
    let record = record::cells(bench, PREFIX, &listed.collect())?;
    let mut text = "| package | passed | skipped | failed | `MAIN_MODULE=1` | `MAIN_MODULE=2` |\n".to_owned();
    text += "| --- | --- | --- | --- | --- | --- |\n";
    for name in names() {
        let mut of_all = None;
        let mut places = [Vec::new(), Vec::new()];
        for (_, main, case) in cells()?.into_iter().filter(|(package, ..)| *package == name) {
            let Some(counts) = record.get(&cell(name, main, case)) else { continue };
            ensure!(of_all.get_or_insert(counts) == &counts, "{name}: {of_all:?} and {counts:?}");
            places[usize::from(main == Main::Required)].push(format!("Node {} {}", case.node, case.live));
        }
        let counts = of_all.map(|counts| [counts.passed, counts.skipped, counts.failed.len()]);
        let [passed, skipped, failed] =
            counts.map_or(["-"; 3].map(str::to_owned), |counts| counts.map(|count| count.to_string()));
        let version = bench.workshop.pins.sdists.get(name).map_or("", String::as_str);
        let [whole, required] = Main::ALL.map(|main| {
            let ran = places[usize::from(main == Main::Required)].join(", ");
            match ran.is_empty() {
                true if main.takes(name) => "not run yet".to_owned(),
                true => "no: see below".to_owned(),
                false => ran,
            }
        });
        text += &format!("| {name} {version} | {passed} | {skipped} | {failed} | {whole} | {required} |\n");
    }
    record::table(bench, "side modules", &text)
}

const PREFIX: &str = "side-modules::";
/// The packages, by name.
fn names() -> impl Iterator<Item = &'static str> {
    iter::once(OWN).chain(PACKAGES.iter().map(|package| package.name))
}

fn cells() -> Result<Vec<(&'static str, Main, Case)>> {
    let mut cells = Vec::new();
    for case in paths()? {
        for main in Main::ALL {
            let taken = names().filter(|name| main.takes(name));
            cells.extend(taken.map(|name| (name, main, case)));
        }
    }
    Ok(cells)
}

/// The oldest and the newest Node, and the newest with each other path.
fn paths() -> Result<Vec<Case>> {
    let mut paths = cases::oldest_and_newest()?;
    paths.reverse();
    let newest = paths.first().context("a Node")?.node;
    paths.extend(cases::distinct()?.into_iter().filter(|case| case.node == newest && case.force.is_some()));
    Ok(paths)
}

/// What a run of a package's tests prints.
#[derive(Debug, Deserialize, PartialEq)]
struct Found {
    path: String,
    files: Vec<Option<String>>,
    results: Vec<(String, String)>,
}

static SOURCES: Once<Sources> = Once::new();
static COMPILED_IN: Once<PathBuf> = Once::new();
static DYNAMIC: Once<Dynamic> = Once::new();
static BASELINES: [Once<Vec<(String, String)>>; PACKAGES.len() + 1] =
    [const { Once::new() }; PACKAGES.len() + 1];

/// The main modules, and where the packages are installed.
struct Dynamic {
    mains: [PathBuf; 2],
    site: PathBuf,
}

fn sources(bench: &Bench) -> Result<&'static Sources> {
    SOURCES.get(|| Sources::download(&bench.workshop, &bench.cpython))
}

/// The static interpreter that has everything in it.
fn compiled_in(bench: &Bench) -> Result<PathBuf> {
    let sources = sources(bench)?;
    let mut link = Link::new("packages", e2e::OURS).flags(&["-O1"]);
    link.extensions.clone_from(&sources.extensions);
    link.include.clone_from(&sources.include);
    link.build(&bench.workshop, &bench.cpython, &bench.archive)
}

fn dynamic(bench: &Bench) -> Result<Dynamic> {
    let workshop = &bench.workshop;
    let sources = sources(bench)?;
    let cpython = Cpython::build_as(workshop, Kind::Dynamic)?;
    let site = workshop.home.join("side-modules-python");
    let own = fs::read_to_string(bench.sources().join("mismatched.c"))?;
    let key = format!("{versions} {:?} {own}", sources.extensions, versions = versions(bench, OWN));
    let file = |extension: &Extension| side_module::file(&site, extension);
    workshop.steps.once("side modules", &key, |log| {
        clear(&site)?;
        sources.install(&site)?;
        for extension in &sources.extensions {
            side_module::build(log, workshop, &cpython, extension, &sources.include, &file(extension))?;
        }
        Ok(())
    })?;
    let link = |main: Main| {
        let mut link = Link::new(main.name(), e2e::OURS).flags(&["-O1"]);
        match main {
            Main::Whole => {
                link =
                    link.flags(&["-sMAIN_MODULE=1", "-fwasm-exceptions", "-Wl,--allow-multiple-definition"])
            }
            Main::Required => {
                // Named, so that emcc exports what they import; Python loads them.
                link = link.flags(&["-sMAIN_MODULE=2", "-sAUTOLOAD_DYLIBS=0"]);
                let taken = sources.extensions.iter().filter(|extension| !extension.name.starts_with(CPP));
                link.flags.extend(taken.map(|extension| file(extension).display().to_string()));
            }
        }
        link.build(workshop, &cpython, &bench.archive)
    };
    let mains = [link(Main::Whole)?, link(Main::Required)?];
    Ok(Dynamic { mains, site })
}

/// Runs a package's own tests in an interpreter. `site` has the packages.
fn run_suite(bench: &Bench, name: &str, folder: &Path, case: Case, site: &str) -> Result<Found> {
    let sources = sources(bench)?;
    let mut arguments = vec![bench.sources().join("suites.py").into_os_string(), name.into()];
    match PACKAGES.iter().find(|package| package.name == name) {
        Some(package) => {
            let source = package.source(&bench.workshop, &bench.cpython)?;
            let extensions = package.all_extensions(&source)?;
            let names: Vec<&str> = extensions.iter().map(|extension| extension.name.as_str()).collect();
            arguments.push(names.join(",").into());
            arguments.extend(package.tests.iter().map(|folder| source.join(folder).into_os_string()));
        }
        None => arguments.push(OWN.into()),
    }
    let mut path = vec![site.to_owned()];
    path.extend(sources.python_path.iter().map(|folder| folder.display().to_string()));
    let output = case
        .run(folder)
        .command(&bench.workshop, &bench.cpython, arguments)?
        .env("PYEM_EXPECT", case.live.name())
        .env("PYTHONPATH", path.join(":"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        // -sMAIN_MODULE=1 has LLVM's profiler in it, which would leave a file behind.
        .env("LLVM_PROFILE_FILE", "/dev/null")
        .stderr_to_stdout()
        .stdout_capture()
        .unchecked()
        .run()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let last = text.lines().last().unwrap_or_default();
    let log = bench.workshop.home.join("logs").join(format!("suite_{name}.log"));
    fs::write(&log, text.as_bytes())?;
    let short = &text[text.floor_char_boundary(text.len().saturating_sub(3000))..];
    serde_json::from_str(last).with_context(|| format!("{short}\n(whole output: {})", log.display()))
}

fn as_compiled_in(bench: &Bench, name: &str, main: Main, case: Case) -> Result<()> {
    let index = names().position(|each| each == name).context("a package")?;
    let built = DYNAMIC.get(|| dynamic(bench))?;
    let expected = BASELINES[index].get(|| {
        let folder = COMPILED_IN.get(|| compiled_in(bench))?;
        let case = *cases::oldest_and_newest()?.last().context("a Node")?;
        // The same Python files, and none of the side modules.
        let site = bench.workshop.home.join("compiled-in-python");
        clear(&site)?;
        sources(bench)?.install(&site)?;
        let found = run_suite(bench, name, folder, case, &site.display().to_string())?;
        ensure!(
            found.path == case.live.name() && found.files.iter().all(Option::is_none),
            "{:?}",
            found.files
        );
        Ok(found.results)
    })?;
    let folder = &built.mains[Main::ALL.iter().position(|each| *each == main).unwrap_or_default()];
    let found = run_suite(bench, name, folder, case, &built.site.display().to_string())?;
    ensure!(found.path == case.live.name(), "{}", found.path);
    let site = built.site.display().to_string();
    for file in &found.files {
        ensure!(file.as_ref().is_some_and(|file| file.starts_with(&site)), "{file:?} is no side module");
    }
    let as_map =
        |results: &[(String, String)]| -> BTreeMap<String, String> { results.iter().cloned().collect() };
    let (here, there) = (as_map(&found.results), as_map(expected));
    let differ: Vec<_> = here
        .keys()
        .chain(there.keys())
        .filter(|test| here.get(*test) != there.get(*test))
        .map(|test| (test, here.get(test), there.get(test)))
        .collect();
    ensure!(differ.is_empty() && found.results.len() == expected.len(), "{differ:#?}");
    let count = |status: &str| expected.iter().filter(|(_, each)| each == status).count();
    let others = expected.iter().filter(|(_, status)| status != "passed" && status != "skipped");
    let failed = others.map(|(test, _)| test.clone()).collect();
    let counts = Counts { passed: count("passed"), skipped: count("skipped"), failed };
    ensure!(counts.passed > 0, "{counts:?}");
    record::write(&bench.workshop, &cell(name, main, case), &versions(bench, name), &counts)?;
    Ok(())
}
