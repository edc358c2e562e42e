//! What the audit finds in wheels of PyPI and in packages compiled from sdists: each package and Pyodide is a test.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::{Mutex, PoisonError},
};

use anyhow::{Context, Result, ensure};
use e2e::{
    Bench, NODE, every_cell,
    sdists::{SDISTS, sdist},
    stock, trial, trial_by_commands,
};
use libtest_mimic::Trial;
use serde_json::{Value, json};
use similar::TextDiff;
use xtask::{
    build::{attach, audit},
    engines::Engine,
    tools::{
        files::list,
        markdown,
        pins::Pins,
        pyodide::{self, CURRENT},
        pypi,
        workshop::project_root,
    },
};

/// With C++, with a C API of another package, and those that trap.
const SELECTED: [&str; 4] = ["BTrees", "kiwisolver", "persistent", "zstandard"];
/// What their slots do is shown in Python, too.
const TRAPPING: [&str; 3] = ["BTrees", "kiwisolver", "zstandard"];

fn main() -> ExitCode {
    e2e::run(trials())
}

fn trials() -> Result<Vec<Trial>> {
    let pins = Pins::read(&project_root()?)?;
    let mut trials = Vec::new();
    for pyodide in pins.pyodide_platforms.keys().filter(|each| every_cell() || *each == CURRENT) {
        let audited = pins.audited_wheels.iter().filter(|(_, wheel)| wheel.pyodide.contains(pyodide));
        let wheels = pins.pyodide_wheels.keys().chain(audited.map(|(name, _)| name));
        let sdists = SDISTS.iter().map(|sdist| sdist.name).filter(|name| is_compiled(name));
        let wheels = wheels.map(|name| (Kind::Wheels, name.as_str()));
        for (kind, name) in wheels.chain(sdists.map(|name| (Kind::Sdists, name))) {
            let (pyodide, name) = (pyodide.clone(), name.to_owned());
            trials.push(trial(format!("{}::pyodide-{pyodide}::{name}", kind.name()), move |bench| {
                as_golden(bench, kind, &pyodide, &name)
            }));
        }
    }
    for name in TRAPPING {
        trials.push(trial(format!("traps_and_is_mended::{name}"), move |bench| traps(bench, name)));
    }
    trials.push(trial_by_commands("documented", || documented(&project_root()?)));
    Ok(trials)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Wheels,
    Sdists,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Wheels => "wheels",
            Self::Sdists => "sdists",
        }
    }

    fn golden(self, root: &Path) -> PathBuf {
        root.join(format!("tests/golden/audit-{}.txt", self.name()))
    }
}

fn is_compiled(name: &str) -> bool {
    every_cell() || SELECTED.contains(&name)
}

/// All packages of a kind.
fn names(pins: &Pins, kind: Kind) -> Vec<&str> {
    match kind {
        Kind::Wheels => {
            pins.pyodide_wheels.keys().chain(pins.audited_wheels.keys()).map(String::as_str).collect()
        }
        Kind::Sdists => SDISTS.iter().map(|sdist| sdist.name).collect(),
    }
}

/// A package's name and version.
fn title(pins: &Pins, kind: Kind, name: &str) -> Result<String> {
    let version = match kind {
        Kind::Sdists => pins.sdists.get(name),
        Kind::Wheels => {
            let audited = || pins.audited_wheels.get(name).map(|wheel| &wheel.version);
            pins.pyodide_wheels.get(name).or_else(audited)
        }
    };
    let version = version.with_context(|| format!("{name} is not pinned"))?;
    Ok(format!("{name} {version}"))
}

/// The texts of golden files and reports, by the first line up to the colon: `apsw 3.54.1.0`.
type Texts = BTreeMap<String, String>;

fn texts(all: &str) -> Texts {
    let texts = all.split("\n\n").filter(|text| !text.is_empty());
    texts
        .map(|text| {
            let title = text.split(':').next().unwrap_or_default();
            (title.to_owned(), format!("{}\n", text.trim_end()))
        })
        .collect()
}

/// A package has what the golden text says, which is the same for each Pyodide.
fn as_golden(bench: &Bench, kind: Kind, pyodide: &str, name: &str) -> Result<()> {
    let title = title(&bench.workshop.pins, kind, name)?;
    let found = reports(bench, kind, pyodide)?;
    let same_name = |other: &&String| normal(other) == normal(&title);
    let title = found.keys().find(same_name).with_context(|| format!("no {title} in {:?}", found.keys()))?;
    let found = &found[title];
    let file = kind.golden(&bench.workshop.root);
    let mut golden = texts(&fs::read_to_string(&file).unwrap_or_default());
    if env::var_os("BLESS").is_some() {
        golden.retain(|other, _| normal(other).split(' ').next() != normal(title).split(' ').next());
        golden.insert(title.clone(), found.clone());
        let all: Vec<&str> = golden.values().map(String::as_str).collect();
        fs::write(&file, all.join("\n"))?;
    }
    let golden = golden.get(title).map_or("", String::as_str);
    let diff = TextDiff::from_lines(golden, found);
    let bless = "if this is right: BLESS=1 cargo xtask test --only audit_packages --all";
    ensure!(golden == found, "{}\n{bless}", diff.unified_diff());
    Ok(())
}

/// PyPI does not distinguish these.
fn normal(name: &str) -> String {
    name.to_lowercase().replace(['_', '.'], "-")
}

static REPORTS: Mutex<BTreeMap<(Kind, String), Texts>> = Mutex::new(BTreeMap::new());

/// What the packages of a kind report: one Node audits them all.
fn reports(bench: &Bench, kind: Kind, pyodide: &str) -> Result<Texts> {
    let mut reports = REPORTS.lock().unwrap_or_else(PoisonError::into_inner);
    let key = (kind, pyodide.to_owned());
    if let Some(known) = reports.get(&key) {
        return Ok(known.clone());
    }
    let packages = match kind {
        Kind::Wheels => wheels(bench, pyodide)?,
        Kind::Sdists => {
            let names = SDISTS.iter().map(|sdist| sdist.name).filter(|name| is_compiled(name));
            names.map(|name| compiled(bench, pyodide, name)).collect::<Result<_>>()?
        }
    };
    let found = run(bench, pyodide, "packages.mjs", kind.name(), &packages)?;
    let found: Vec<String> = serde_json::from_str(&found)?;
    let found = texts(&found.join("\n"));
    reports.insert(key, found.clone());
    Ok(found)
}

/// All wheels, as `packages.mjs` is given them.
fn wheels(bench: &Bench, pyodide: &str) -> Result<Vec<Value>> {
    let (workshop, cpython) = (&bench.workshop, &bench.cpython.source);
    let folders = [
        pypi::pyodide_wheels(workshop, cpython, pyodide)?,
        pypi::audited_wheels(workshop, cpython, pyodide)?,
    ];
    let mut wheels = Vec::new();
    for file in [list(&folders[0])?, list(&folders[1])?].concat() {
        wheels.push(json!({ "name": file.file_name().map(|name| name.to_string_lossy()), "wheel": file }));
    }
    Ok(wheels)
}

/// A package compiled from its sdist, likewise.
fn compiled(bench: &Bench, pyodide: &str, name: &str) -> Result<Value> {
    Ok(json!({ "name": name, "files": sdist(name)?.install(bench, pyodide)? }))
}

/// Runs a script of `tests/e2e/audit` on packages.
fn run(bench: &Bench, pyodide: &str, script: &str, name: &str, packages: &[Value]) -> Result<String> {
    audit::write(&bench.workshop)?;
    attach::write(&bench.workshop.root)?;
    let folder = bench.workshop.home.join("audit/packages");
    fs::create_dir_all(&folder)?;
    let file = folder.join(format!("{name}-{pyodide}.json"));
    fs::write(&file, Value::from(packages).to_string())?;
    let arguments = [pyodide::folder(&bench.workshop, pyodide)?, file, name.into()];
    stock::start(bench, Engine::Node(NODE), None, &format!("../audit/{script}"), &arguments)
}

/// What is reported to trap does so in stock Pyodide, and does its work after `repair`.
fn traps(bench: &Bench, name: &str) -> Result<()> {
    let mut packages = vec![compiled(bench, CURRENT, name)?];
    if name == "BTrees" {
        packages.push(compiled(bench, CURRENT, "persistent")?);
    }
    run(bench, CURRENT, "packages-trap.mjs", name, &packages).map(drop)
}

/// The table of docs/audit.md is that of the golden texts, and these have each package that is pinned, and no other.
fn documented(root: &Path) -> Result<()> {
    let pins = Pins::read(root)?;
    let mut rows = vec![["package", "from", "traps", "refused", "handled", "what traps"].map(str::to_owned)];
    for (kind, from) in [(Kind::Wheels, "wheel"), (Kind::Sdists, "sdist")] {
        let golden = texts(&fs::read_to_string(kind.golden(root))?);
        let known: BTreeSet<String> = golden.keys().map(|title| normal(title)).collect();
        let titles = names(&pins, kind).into_iter().map(|name| title(&pins, kind, name));
        let pinned: BTreeSet<String> = titles.map(|title| Ok(normal(&title?))).collect::<Result<_>>()?;
        ensure!(known == pinned, "{} has {known:?}, and pinned are {pinned:?}", kind.golden(root).display());
        for (title, text) in golden {
            rows.push(row(from, &title, &text));
        }
    }
    let widths = [0, 1, 2, 3, 4, 5].map(|column| rows.iter().map(|row| row[column].len()).max().unwrap_or(0));
    let line = |cells: &[String; 6]| {
        let cells = cells.iter().zip(widths).map(|(cell, width)| format!(" {cell:width$} "));
        format!("|{}|", cells.collect::<Vec<_>>().join("|"))
    };
    let mut lines: Vec<String> = rows.iter().map(line).collect();
    lines.insert(1, line(&widths.map(|width| "-".repeat(width))));
    let (file, table) = (root.join("docs/audit.md"), format!("{}\n", lines.join("\n")));
    if env::var_os("BLESS").is_some() {
        markdown::replace(&file, "packages", &table)?;
    }
    let known = fs::read_to_string(&file)?;
    let diff = TextDiff::from_lines(&known, &table);
    ensure!(known.contains(&table), "docs/audit.md does not have this table:\n{}", diff.unified_diff());
    Ok(())
}

/// A package's line: how many of its function pointers are of another type than CPython calls, by verdict.
fn row(from: &str, title: &str, text: &str) -> [String; 6] {
    let with = |verdict: &str| text.lines().filter(|line| line.starts_with(verdict)).collect::<Vec<_>>();
    let count = |verdict: &str| with(verdict).len().to_string();
    let mut slots: Vec<&str> = with("traps ")
        .iter()
        .filter_map(|line| line.split("  ").filter(|cell| !cell.is_empty()).nth(2))
        .collect();
    slots.sort_unstable();
    slots.dedup();
    let slots: Vec<String> = slots.iter().map(|slot| format!("`{}`", slot.trim())).collect();
    let [traps, refused, handled] = [count("traps "), count("refused "), count("handled ")];
    [title.to_owned(), from.to_owned(), traps, refused, handled, slots.join(", ")]
}
