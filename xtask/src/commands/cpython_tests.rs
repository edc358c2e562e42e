//! CPython's own tests under our trampoline and under the stock one, in the same Node.

use std::{collections::BTreeMap, path::Path, process::ExitCode};

use anyhow::{Result, ensure};

use crate::{
    Workshop,
    build::{
        archive::{self, DIST, Variant},
        cpython::{Cpython, Kind},
        link::{Link, Trampoline, Way},
        python::Run,
    },
    tools::node::TOOLS_NODE,
};

/// The modules: what calls C functions in every way, and what people would notice first.
pub const MODULES: [&str; 18] = [
    "test.test_descr",
    "test.test_call",
    "test.test_capi.test_abstract",
    "test.test_capi.test_dict",
    "test.test_capi.test_eval_code_ex",
    "test.test_capi.test_getargs",
    "test.test_capi.test_misc",
    "test.test_capi.test_object",
    "test.test_capi.test_structmembers",
    "test.test_structseq",
    "test.test_functools",
    "test.test_builtin",
    "test.test_types",
    "test.test_property",
    "test.test_class",
    "test.test_dict",
    "test.test_itertools",
    "test.test_operator",
];

/// The C modules that those tests call, compiled in: a static build leaves them out.
const TEST_EXTENSIONS: [&str; 5] =
    ["_testcapi", "_testinternalcapi", "_testlimitedcapi", "_testmultiphase", "_testsinglephase"];

/// With threads Python's main thread is one of them, as in CPython's own link, and the others get more stack than 64 KB.
const THREADS: [&str; 3] =
    ["-sPROXY_TO_PTHREAD", "-sDEFAULT_PTHREAD_STACK_SIZE=2MB", "-Wno-pthreads-mem-growth"];

/// How many tests that only ours passes are named, of each module.
const MOST_SHOWN: usize = 3;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The major version of Node
    #[arg(long, default_value_t = TOOLS_NODE)]
    node: u32,
    /// Other modules than the usual ones: test.test_list
    modules: Vec<String>,
}

/// Compares, prints the table, and fails if a test was lost.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let modules: Vec<&str> = arguments.modules.iter().map(String::as_str).collect();
    let modules = if modules.is_empty() { &MODULES[..] } else { &modules };
    let rows = compare(&Workshop::open()?, Kind::Static, arguments.node, modules)?;
    print!("{}", table(&rows));
    let lost = rows.iter().any(|row| !row.lost.is_empty());
    Ok(if lost { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// How each test ended.
type Results = BTreeMap<String, String>;

/// One module under both trampolines.
#[derive(Debug)]
pub struct Row {
    /// `test.test_descr`
    pub module: String,
    /// Tests that passed with ours.
    pub ours: usize,
    /// Tests that passed with stock.
    pub stock: usize,
    /// Whether the module was run to its end, with ours and with stock.
    pub ended: [bool; 2],
    /// Tests that were skipped with ours.
    pub skipped: usize,
    /// Tests that passed with stock and not with ours, and how they ended.
    pub lost: Vec<String>,
    /// Tests that passed with ours and not with stock.
    pub won: Vec<String>,
}

/// Runs the modules in a build of CPython; returns a row for each.
pub fn compare(workshop: &Workshop, kind: Kind, node: u32, modules: &[&str]) -> Result<Vec<Row>> {
    let cpython = Cpython::build_as(workshop, kind)?;
    let mut archive = archive::build(workshop)?;
    let mut flags: &[&str] = &[];
    if kind == Kind::Threads {
        archive = workshop.root.join(DIST).join(Variant::Threads.file());
        flags = &THREADS;
    }
    let link = |name: &str, trampoline| -> Result<_> {
        let mut link = Link::new(&format!("{name}{}", kind.name()), trampoline).flags(flags);
        for module in TEST_EXTENSIONS {
            link = link.extension(module, &cpython.test_module_files(module)?);
        }
        link.build(workshop, &cpython, &archive)
    };
    let ours = link("regress-ours", Trampoline::Ours(Way::ArchiveFirst))?;
    let stock = link("regress-stock", Trampoline::Stock)?;
    let mut rows = Vec::new();
    for module in modules {
        let name = format!("{module}{} on Node {node}", kind.name());
        let (ours, stock) = workshop.steps.always(&name, |_| {
            std::thread::scope(|scope| {
                let stock = scope.spawn(|| run_module(workshop, &cpython, &stock, node, module));
                let ours = run_module(workshop, &cpython, &ours, node, module)?;
                let stock = stock.join().map_err(|_| anyhow::anyhow!("the stock run panicked"))??;
                Ok((ours, stock))
            })
        })?;
        rows.push(row(module, &ours, &stock));
    }
    Ok(rows)
}

pub fn table(rows: &[Row]) -> String {
    let mut text = String::from(
        "| module | passed, stock | passed, ours | skipped | lost | won |\n|---|---|---|---|---|---|\n",
    );
    for Row { module, ended, ours, stock, skipped, lost, won } in rows {
        let [ours_ended, stock_ended] = ended.map(|ended| if ended { "" } else { " (crashed)" });
        let (lost, won) = (lost.len(), won.len());
        text += &format!(
            "| {module} | {stock}{stock_ended} | {ours}{ours_ended} | {skipped} | {lost} | {won} |\n"
        );
    }
    for row in rows {
        for test in &row.lost {
            text += &format!("lost: {test}\n");
        }
        for test in row.won.iter().take(MOST_SHOWN) {
            text += &format!("won: {test}\n");
        }
        if row.won.len() > MOST_SHOWN {
            text += &format!("won: and {} more of {}\n", row.won.len() - MOST_SHOWN, row.module);
        }
    }
    text
}

fn run_module(
    workshop: &Workshop,
    cpython: &Cpython,
    folder: &Path,
    node: u32,
    module: &str,
) -> Result<Results> {
    let script = workshop.root.join("tests/e2e/cpython/regress.py");
    let arguments = [script.into_os_string(), module.into()];
    let scratch = workshop.home.join("regress").join(folder.file_name().unwrap_or_default());
    std::fs::create_dir_all(&scratch)?;
    let output = Run::new(folder, node)
        .command(workshop, cpython, arguments)?
        .dir(scratch)
        .stderr_to_stdout()
        .stdout_capture()
        .unchecked()
        .run()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let results: Results = text
        .lines()
        .filter_map(|line| line.strip_prefix("@ ")?.rsplit_once(' '))
        .map(|(status, test)| (test.to_owned(), status.to_owned()))
        .collect();
    ensure!(!results.is_empty(), "{module} ran no test:\n{text}");
    Ok(results)
}

fn row(module: &str, ours: &Results, stock: &Results) -> Row {
    let passed = |results: &Results| results.values().filter(|&status| status == "passed").count();
    let difference = |here: &Results, there: &Results| {
        let ended = |test: &str| there.get(test).map_or("did not end", String::as_str).to_owned();
        here.iter()
            .filter(|&(test, status)| status == "passed" && ended(test) != "passed")
            .map(|(test, _)| format!("{test}: {}", ended(test)))
            .collect()
    };
    Row {
        module: module.to_owned(),
        ended: [ours, stock].map(|results| results.contains_key(module)),
        ours: passed(ours),
        stock: passed(stock),
        skipped: ours.values().filter(|&status| status == "skipped").count(),
        lost: difference(stock, ours),
        won: difference(ours, stock),
    }
}
