//! What the end-to-end tests share: the interpreters they need, linked once, and the engines.

use std::{
    env,
    path::PathBuf,
    sync::{LazyLock, Mutex, MutexGuard},
};

use anyhow::{Context, Result, ensure};
use duct::{Expression, cmd};
use xtask::{
    Workshop,
    build::{
        archive,
        cpython::Cpython,
        link::{Link, Trampoline, Way},
        python::Run,
    },
    engines::{self, Engine},
    tools::{node, workshop::project_root},
};

pub mod cases;
pub mod folder;

/// The project with everything built.
#[derive(Debug)]
pub struct Bench {
    /// Tools.
    pub workshop: Workshop,
    /// The interpreter's build.
    pub cpython: Cpython,
    /// `libpyem_trampoline.a`
    pub archive: PathBuf,
}

/// How our archive is linked where the way does not matter.
pub const OURS: Trampoline = Trampoline::Ours(Way::ArchiveFirst);

static BENCH: LazyLock<Mutex<Result<Bench, String>>> =
    LazyLock::new(|| Mutex::new(Bench::open().map_err(|error| format!("{error:#}"))));

impl Bench {
    fn open() -> Result<Self> {
        let workshop = Workshop::open()?;
        let cpython = Cpython::build(&workshop)?;
        let archive = archive::build(&workshop)?;
        Ok(Self { workshop, cpython, archive })
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

    /// Keeps what a test has shown of a Node.
    pub fn record(&self, node: u32, seen: impl FnOnce(&mut Engine)) -> Result<()> {
        let versions = node::versions(&self.workshop.home, &self.workshop.pins, &node.to_string())?;
        engines::record(&self.workshop, &format!("Node {node}"), &versions, seen)
    }

    /// Runs a statement and gives what it prints.
    pub fn print(&self, run: &Run, statement: &str) -> Result<String> {
        let command = run.command(&self.workshop, &self.cpython, ["-c", statement])?;
        Ok(command.read()?)
    }
}

/// `cargo xtask`, as a person calls it.
pub fn xtask(arguments: &[&str]) -> Expression {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let all = [&["run", "--quiet", "--package", "xtask", "--"], arguments].concat();
    cmd(cargo, all).dir(project_root().expect("the project's folder"))
}

/// The one bench. Tests of a binary take turns: each uses all cores by itself.
pub fn bench() -> MutexGuard<'static, Result<Bench, String>> {
    BENCH.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// Runs a test on the bench.
pub fn with_bench(test: impl FnOnce(&Bench) -> Result<()>) {
    match bench().as_ref() {
        Ok(bench) => test(bench).unwrap_or_else(|error| panic!("{error:#}")),
        Err(error) => panic!("{error}"),
    }
}
