//! Packages of PyPI with extensions in C and C++, compiled in by `cargo xtask python`: they pass their own tests,
//! which call every mismatched function in them.

use std::{path::Path, process::ExitCode};

use anyhow::{Context, Result, ensure};
use e2e::{
    Once,
    cases::{self, Case},
    sdists::{self, Module},
    trial_by_commands, xtask,
};
use libtest_mimic::Trial;
use serde_json::{Value, json};
use xtask::{Workshop, build::cpython::Cpython, tools::pypi};

/// Name, tests, and how many of the package's methods and attributes are mismatched.
const EXPECTED: [(&str, [usize; 3]); 3] =
    [("bitarray", [723, 18, 0]), ("kiwisolver", [50, 17, 0]), ("persistent", [338, 10, 9])];

fn main() -> ExitCode {
    e2e::run(trials())
}

fn trials() -> Result<Vec<Trial>> {
    let mut trials = Vec::new();
    for case in cases::oldest_and_newest()? {
        for (name, expected) in EXPECTED {
            trials.push(trial_by_commands(format!("{name}::{case}"), move || {
                passes_its_own_tests(name, case, expected)
            }));
        }
    }
    Ok(trials)
}

/// What pytest consists of.
const PYTEST: [&str; 5] = ["iniconfig", "packaging", "pluggy", "pygments", "pytest"];

/// What is downloaded: the command line that compiles all packages in, and where Python finds their files.
#[derive(Debug)]
struct Packages {
    options: Vec<String>,
    python_path: String,
    kiwisolver_tests: String,
}

static PACKAGES: Once<Packages> = Once::new();

impl Packages {
    fn download() -> Result<Self> {
        let workshop = Workshop::open()?;
        let cpython = Cpython::build(&workshop)?;
        let sdist = |name| pypi::sdist(&workshop, &cpython.source, name);
        let wheel = |name| pypi::wheel(&workshop, &cpython.source, name);
        let mut options = Vec::new();
        let mut extension = |name: &str, folder: &Path, files: &[&str]| {
            let files: Vec<String> =
                files.iter().map(|file| folder.join(file).display().to_string()).collect();
            options.extend(["--extension".to_owned(), format!("{name}={}", files.join(","))]);
        };
        let own = workshop.root.join("tests/e2e/cpython");
        extension("mismatched", &own, &["mismatched.c"]);
        extension("declared", &own, &["declared.c"]);
        let mut include = vec![workshop.root.join("include"), wheel("cppy")?.join("cppy/include")];
        let mut python_path = vec![sdist("zope.interface")?.join("src")];
        for (name, _) in EXPECTED {
            let (source, package) = (sdist(name)?, sdists::sdist(name)?);
            for Module(module, files) in package.modules {
                extension(module, &source, files);
            }
            include.extend(package.include.iter().map(|folder| source.join(folder)));
            python_path.push(source.join(package.root));
        }
        options
            .extend(include.iter().flat_map(|folder| ["--include".to_owned(), folder.display().to_string()]));

        for name in PYTEST {
            python_path.push(wheel(name)?);
        }
        let python_path: Vec<String> = python_path.iter().map(|path| path.display().to_string()).collect();
        let kiwisolver_tests = sdist("kiwisolver")?.join("py/tests").display().to_string();
        Ok(Self { options, python_path: python_path.join(":"), kiwisolver_tests })
    }
}

/// Runs a package's own tests, and compares what is said of them.
fn passes_its_own_tests(name: &str, case: Case, expected: [usize; 3]) -> Result<()> {
    let packages = PACKAGES.get(Packages::download)?;
    let node = case.node.to_string();
    let mut arguments = vec!["python", "--node", &node];
    arguments.extend(packages.options.iter().map(String::as_str));
    arguments.extend(["--", "tests/e2e/cpython/packages.py", name]);
    if name == "kiwisolver" {
        arguments.push(&packages.kiwisolver_tests);
    }
    let text = xtask(&arguments)
        .env("PYTHONPATH", &packages.python_path)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stderr_to_stdout()
        .unchecked()
        .read()?;
    let found = text.lines().last().unwrap_or_default();
    let found: Value = serde_json::from_str(found).with_context(|| text.clone())?;
    let [tests, methods, attributes] = expected;
    let expected = json!({
        "path": case.live.name(), "tests": tests, "failed": [], "methods": methods, "attributes": attributes, "missed": [],
    });
    ensure!(found == expected, "{text}\nexpected: {expected}");
    Ok(())
}
