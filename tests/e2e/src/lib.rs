//! What the end-to-end tests share: the interpreters they need, linked once, and the engines.

use std::{
    collections::BTreeMap,
    env, fs,
    num::NonZero,
    path::PathBuf,
    process::ExitCode,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    thread,
};

use anyhow::{Context, Result, anyhow, ensure};
use duct::Expression;
use libtest_mimic::{Arguments, Conclusion, Trial};
use xtask::{
    Workshop,
    build::{
        archive,
        cpython::Cpython,
        link::{Link, Trampoline, Way},
        python::Run,
        snapshot::Embedder,
    },
    engines::{self, Seen},
    tools::{cargo, node, workshop::project_root},
};

pub mod any_server;
pub mod audit_command;
pub mod cases;
pub mod chart;
pub mod console;
pub mod folder;
pub mod jupyterlite;
pub mod link_cells;
pub mod link_page;
pub mod link_pairs;
pub mod link_programs;
pub mod packed_crate;
pub mod page_wheels;
pub mod process;
pub mod record;
pub mod sdists;
pub mod side_module;
pub mod side_packages;
pub mod stock;
pub mod wrongs;

/// The project with everything built.
#[derive(Debug)]
pub struct Bench {
    pub workshop: Workshop,
    pub cpython: Cpython,
    /// `libpyem_trampoline.a`
    pub archive: PathBuf,
}

/// The Node of tests that need only one: it has WebAssembly GC and JSPI.
pub const NODE: u32 = node::TOOLS_NODE;
/// How our archive is linked where the way does not matter.
pub const OURS: Trampoline = Trampoline::Ours(Way::ArchiveFirst);

/// What the first test that needs it makes, for all tests of a binary.
pub struct Once<T>(OnceLock<Result<T, String>>);

impl<T> Once<T> {
    /// Nothing yet.
    #[expect(clippy::new_without_default, reason = "for statics")]
    pub const fn new() -> Self {
        Self(OnceLock::new())
    }

    /// Makes it, or fails as the first time.
    pub fn get(&self, make: impl FnOnce() -> Result<T>) -> Result<&T> {
        let made = self.0.get_or_init(|| make().map_err(|error| format!("{error:#}")));
        made.as_ref().map_err(|error| anyhow!("{error}"))
    }
}

static BENCH: Once<Bench> = Once::new();
/// In `.toolchain`.
const SCRATCH: &str = "tests";

/// The same for things that have names.
pub struct OnceEach<T>(Mutex<BTreeMap<String, Arc<Once<T>>>>);

impl<T: Clone> OnceEach<T> {
    /// Nothing yet.
    #[expect(clippy::new_without_default, reason = "for statics")]
    pub const fn new() -> Self {
        Self(Mutex::new(BTreeMap::new()))
    }

    /// Makes the thing of this name, or fails as the first time.
    pub fn get(&self, name: &str, make: impl FnOnce() -> Result<T>) -> Result<T> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let once = Arc::clone(known.entry(name.to_owned()).or_insert_with(|| Arc::new(Once::new())));
        drop(known);
        once.get(make).cloned()
    }
}

impl Bench {
    fn open() -> Result<Self> {
        let workshop = Workshop::open()?;
        let cpython = Cpython::build(&workshop)?;
        let archive = archive::build(&workshop)?;
        Ok(Self { workshop, cpython, archive })
    }

    /// A place for what tests make anew each time: it is removed when the tests of a file have passed.
    pub fn scratch(&self, name: &str) -> Result<PathBuf> {
        let folder = self.workshop.home.join(SCRATCH);
        fs::create_dir_all(&folder)?;
        Ok(folder.join(name))
    }

    /// The folder of the C extensions and of their Python tests.
    pub fn sources(&self) -> PathBuf {
        self.workshop.root.join("tests/e2e/cpython")
    }

    /// An interpreter with the extensions, linked unless it is there.
    pub fn link(
        &self,
        name: &str,
        trampoline: Trampoline,
        extensions: &[&str],
        flags: &[&str],
    ) -> Result<PathBuf> {
        let mut link = Link::new(name, trampoline).flags(flags);
        for extension in extensions {
            let file = self.sources().join(format!("{extension}.c"));
            link = link.extension(extension, &[file]);
        }
        link.build(&self.workshop, &self.cpython, &self.archive)
    }

    /// One with the tests' mismatched functions and nothing else.
    pub fn mismatched(&self) -> Result<PathBuf> {
        self.link("mismatched", OURS, &["mismatched"], &[])
    }

    /// Takes and restores snapshots.
    pub fn embedder(&self) -> Embedder<'_> {
        Embedder { workshop: &self.workshop, cpython: &self.cpython }
    }

    /// Runs one of the Python tests; `expect` is the path that must be live.
    pub fn run_test(&self, run: &Run, script: &str, expect: &str) -> Result<()> {
        let script = self.sources().join(script);
        let output = run
            .command(&self.workshop, &self.cpython, [script])?
            .env("PYEM_EXPECT", expect)
            .stderr_to_stdout()
            .stdout_capture()
            .unchecked()
            .run()?;
        let text = String::from_utf8_lossy(&output.stdout);
        ensure!(output.status.success(), "{run:?}: {}\n{text}", output.status);
        let ran =
            text.lines().find(|line| line.starts_with("Ran ")).context("unittest prints what it ran")?;
        ensure!(!ran.starts_with("Ran 0 "), "no test ran:\n{text}");
        ensure!(!text.contains("skipped"), "a test was skipped:\n{text}");
        Ok(())
    }

    /// The program of a major version of Node.
    pub fn node(&self, major: u32) -> Result<PathBuf> {
        node::program(&self.workshop.home, &self.workshop.pins, major)
    }

    /// Keeps what a test has shown of a Node.
    pub fn record(&self, node: u32, seen: impl FnOnce(&mut Seen)) -> Result<()> {
        let versions = node::versions(&self.workshop.home, &self.workshop.pins, node)?;
        engines::record(&self.workshop, &format!("Node {node}"), &versions, seen)
    }
}

/// Whether every cell of the wide tables is a test (`cargo xtask test --all`), not only a covering selection.
pub fn every_cell() -> bool {
    env::var_os("PYEM_TEST_ALL").is_some()
}

/// `cargo xtask`, as a person calls it.
pub fn xtask(arguments: &[&str]) -> Expression {
    let all = [&["run", "--quiet", "--package", "xtask", "--"], arguments].concat();
    cargo(all).dir(project_root().expect("the project's folder"))
}

/// Tests of a binary take turns: each uses all cores by itself.
static TURN: Mutex<()> = Mutex::new(());

/// Runs a test on the bench.
fn on_bench(test: impl FnOnce(&Bench) -> Result<()>) -> Result<()> {
    // A test that panicked left the bench as it was.
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    test(BENCH.get(Bench::open)?)
}

/// The body of a `#[test]`, for files that have no cases.
pub fn with_bench(test: impl FnOnce(&Bench) -> Result<()>) {
    on_bench(test).unwrap_or_else(|error| panic!("{error:#}"));
}

/// A test that has a name of its own: of a case, or of a function.
pub fn trial(name: impl ToString, test: impl FnOnce(&Bench) -> Result<()> + Send + 'static) -> Trial {
    trial_by_commands(name, || on_bench(test))
}

/// One that runs `cargo xtask`, which needs the bench for itself.
pub fn trial_by_commands(name: impl ToString, test: impl FnOnce() -> Result<()> + Send + 'static) -> Trial {
    Trial::test(name.to_string(), || test().map_err(|error| format!("{error:#}").into()))
}

/// A test that uses one core, and may run while others of [`run_at_once`] do.
pub fn trial_beside(name: impl ToString, test: impl FnOnce(&Bench) -> Result<()> + Send + 'static) -> Trial {
    trial_by_commands(name, || test(BENCH.get(Bench::open)?))
}

/// The `main` of a test file with cases: its arguments and what it prints are those of `cargo test`.
pub fn run(trials: Result<Vec<Trial>>) -> ExitCode {
    let arguments = Arguments { test_threads: Some(1), ..Arguments::from_args() };
    match trials {
        Ok(trials) => finish(&libtest_mimic::run(&arguments, trials)),
        Err(error) => fail(&error),
    }
}

fn finish(conclusion: &Conclusion) -> ExitCode {
    if let Some(Ok(bench)) = BENCH.0.get()
        && !conclusion.has_failed()
    {
        fs::remove_dir_all(bench.workshop.home.join(SCRATCH)).ok();
    }
    conclusion.exit_code()
}

/// The same for files with [`trial_beside`], on all cores. `passed` is called if each trial has run and none failed.
pub fn run_at_once(trials: Result<Vec<Trial>>, passed: impl FnOnce(&Bench) -> Result<()>) -> ExitCode {
    let trials = match trials {
        Ok(trials) => trials,
        Err(error) => return fail(&error),
    };
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let conclusion =
        libtest_mimic::run(&Arguments { test_threads: Some(cores), ..Arguments::from_args() }, trials);
    let all = !conclusion.has_failed() && conclusion.num_passed > 0 && conclusion.num_filtered_out == 0;
    match BENCH.0.get() {
        Some(Ok(bench)) if all => passed(bench).map_or_else(|error| fail(&error), |()| finish(&conclusion)),
        _ => finish(&conclusion),
    }
}

fn fail(error: &anyhow::Error) -> ExitCode {
    eprintln!("error: {error:#}");
    ExitCode::FAILURE
}
