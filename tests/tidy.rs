//! What must agree across files: pins, README, CHANGELOG; and the tree's own rules.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use toml::Table;

/// The most lines of a file with code in it.
const MOST_LINES: usize = 300;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("read {name}: {error}"))
}

fn table(name: &str) -> Table {
    read(name).parse().unwrap_or_else(|error| panic!("parse {name}: {error}"))
}

/// The pinned versions that people should find in prose.
fn pinned_versions() -> Vec<(String, String)> {
    let pins = table("toolchain.toml");
    let text = |section: &str, key: &str| pins[section][key].as_str().expect("a version").to_owned();
    let mut versions = vec![
        ("Rust".to_owned(), text("rust", "tested")),
        ("emscripten".to_owned(), text("emscripten", "version")),
        ("CPython".to_owned(), text("cpython", "version")),
        ("workerd".to_owned(), text("workerd", "version")),
    ];
    for (major, version) in pins["node"].as_table().expect("[node]") {
        let version = version.as_str().expect("a version").to_owned();
        assert!(version.starts_with(&format!("{major}.")), "node {major} = {version}");
        versions.push(("Node".to_owned(), version));
    }
    versions
}

#[test]
fn readme_and_changelog_name_the_pins() {
    for file in ["README.md", "CHANGELOG.md"] {
        let text = read(file);
        for (name, version) in pinned_versions() {
            assert!(text.contains(&version), "{file} does not name {name} {version} of toolchain.toml");
        }
    }
}

#[test]
fn the_minimum_rust_is_the_tested_one() {
    let manifest = table("Cargo.toml");
    let minimum = manifest["package"]["rust-version"].as_str().expect("rust-version");
    let tested = pinned_versions()[0].1.clone();
    assert!(tested.starts_with(minimum), "rust-version {minimum}, tested {tested}");
    assert!(read("README.md").contains(&format!("Rust {minimum}, the version that the tests run on")));
    assert!(
        read("toolchain.toml").contains(&format!("rust-src = \"{tested}+")),
        "rust-src is not Rust {tested}"
    );
}

#[test]
fn debian_pins_are_those_that_the_versions_name() {
    let pins = table("toolchain.toml");
    let debian = pins["debian"].as_table().expect("[debian]");
    let version = |suite: &str, package: &str| debian[suite][package].as_str().expect("a version").to_owned();
    let emscripten = pins["emscripten"]["version"].as_str().expect("a version");
    assert!(version("forky", "emscripten").starts_with(emscripten));
    let oldest = &pins["oldest-emscripten"];
    let package = oldest["packages"]["emscripten"].as_str().expect("a version");
    assert!(package.starts_with(oldest["version"].as_str().expect("a version")));
    let cpython = pins["cpython"]["version"].as_str().expect("a version");
    let source = pins["cpython"]["source"].as_str().expect("a version");
    assert!(source.starts_with(cpython));
    // The native Python of a cross build must be the same.
    let minor = cpython.rsplit_once('.').expect("three parts").0;
    assert_eq!(version("trixie", &format!("python{minor}-minimal")), source);
}

#[test]
fn changelog_and_recipe_have_the_version() {
    let manifest = table("Cargo.toml");
    let version = manifest["package"]["version"].as_str().expect("version");
    assert!(read("CHANGELOG.md").contains(&format!("## {version}")), "CHANGELOG.md has no {version}");
    let recipe = read("packaging/conda/recipe/recipe.yaml");
    assert!(recipe.contains(&format!("version: {version}\n")), "recipe.yaml has no {version}");
}

#[test]
fn the_core_crate_has_no_runtime_dependency() {
    assert!(table("Cargo.toml").get("dependencies").is_none());
    assert!(read("src/lib.rs").contains("#![no_std]"));
}

/// Files that git tracks or would track.
fn files() -> Vec<String> {
    // In a clone that another user owns, as containers have it, git lists nothing otherwise.
    let output = Command::new("git")
        .args(["-c", "safe.directory=*", "ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .expect("git");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    text.lines().filter(|name| Path::new(&root().join(name)).exists()).map(str::to_owned).collect()
}

fn is_source(name: &str) -> bool {
    [".rs", ".js", ".mjs", ".c", ".h", ".py", ".ts"].iter().any(|end| name.ends_with(end))
}

#[test]
fn files_are_short() {
    for name in files().iter().filter(|name| is_source(name)) {
        let lines = read(name).lines().count();
        assert!(lines <= MOST_LINES, "{name} has {lines} lines");
    }
}

/// Where code or prose names CPython's minor version itself, and why. All else takes it from the pins.
const NAME_CPYTHON: [(&str, &str); 10] = [
    ("toolchain.toml", "the pin"),
    ("README.md", "for people"),
    ("CHANGELOG.md", "for people"),
    ("benches/README.md", "for people"),
    ("docs/snapshots.md", "an example for people, run by snapshot_use.rs"),
    ("examples/workerd/config.capnp", "an example for people, run by workerd.rs"),
    ("examples/workerd/worker.mjs", "the same"),
    ("benches/js/dispatch.mjs", "a design's name, whatever is pinned"),
    ("xtask/src/bench/dispatch.rs", "the same"),
    ("xtask/src/bench/dispatch/table.rs", "the same"),
];

/// Whether a text has a number that is no part of a longer one.
fn has_number(text: &str, number: &str) -> bool {
    text.match_indices(number).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let behind = text[at + number.len()..].chars().next();
        !before.is_some_and(|c| c.is_ascii_digit() || c == '.') && !behind.is_some_and(|c| c.is_ascii_digit())
    })
}

#[test]
fn cpythons_version_comes_from_the_pin() {
    let version = table("toolchain.toml")["cpython"]["version"].as_str().expect("a version").to_owned();
    let minor = version.rsplit_once('.').expect("three parts").0.to_owned();
    let numbers = [minor.clone(), minor.replace('.', "")];
    let names = |text: &str| numbers.iter().any(|number| has_number(text, number));
    for (file, _) in NAME_CPYTHON {
        assert!(names(&read(file)), "{file} does not name CPython {minor}: has it stayed behind?");
    }
    let mut found = Vec::new();
    let is_code = |name: &String| is_source(name) || name.ends_with(".html") || name.ends_with(".capnp");
    for name in files().iter().filter(|name| is_code(name)) {
        if NAME_CPYTHON.iter().any(|(file, _)| file == name) {
            continue;
        }
        for line in read(name).lines() {
            // Comments may say what a version of CPython does.
            let comment =
                ["//", "/*", "*", "#", "\"\"\""].iter().any(|mark| line.trim_start().starts_with(mark));
            let code = line.split(" // ").next().unwrap_or(line).split("  # ").next().unwrap_or(line);
            if !comment && names(code) {
                found.push(format!("{name}: {}", line.trim()));
            }
        }
    }
    assert!(found.is_empty(), "take CPython {minor} from the pin:\n{}", found.join("\n"));
}

#[test]
fn each_file_of_tests_is_documented() {
    let table = read("docs/testing.md");
    for name in files() {
        let file = name.strip_prefix("tests/").filter(|file| file.ends_with(".rs"));
        let Some(file) = file.filter(|file| !file.contains('/') || file.starts_with("e2e/tests/")) else {
            continue;
        };
        assert!(table.contains(&format!("| `{file}` ")), "docs/testing.md has no row of {file}");
    }
}

#[test]
fn no_test_is_switched_off() {
    let attribute = ["#[", "ignore"].concat();
    let decorator = ["@unittest.", "skip"].concat();
    for name in files().iter().filter(|name| is_source(name)) {
        let text = read(name);
        assert!(!text.contains(&attribute) && !text.contains(&decorator), "{name}");
    }
}

#[test]
fn no_blob_is_committed() {
    // README's picture is the exception.
    for name in files().iter().filter(|name| *name != "docs/page.png") {
        let bytes = fs::read(root().join(name)).expect("read");
        assert!(!bytes.contains(&0), "{name} is binary");
    }
}

#[test]
fn documents_quote_what_is_tested() {
    let quoted =
        [("README.md", "js", "//", 1), ("docs/links.md", "rs", "//", 2), ("docs/links.md", "toml", "#", 2)];
    for (document, language, comment, least) in quoted {
        let text = read(document);
        let mut quotes = 0;
        for block in text.split(&format!("```{language}\n{comment} ")).skip(1) {
            let (file, rest) = block.split_once('\n').expect("a file's name");
            let quote = rest.split("```").next().expect("its lines");
            assert!(read(file).contains(quote), "{file} has no\n{quote}");
            quotes += 1;
        }
        assert!(quotes >= least, "{document} has {quotes} quotes");
    }
}

/// The hook and `attach` are each one file or folder for its users: what both need is there twice.
#[test]
fn the_twins_in_javascript_are_alike() {
    let function = |file: &str, name: &str| {
        let text = read(file);
        let head = format!("function {name}(");
        let start = text.lines().position(|line| line.trim_start().starts_with(&head));
        let start = start.unwrap_or_else(|| panic!("{file} has no {name}"));
        let lines: Vec<&str> = text.lines().skip(start).collect();
        let indent = lines[0].len() - lines[0].trim_start().len();
        let end = lines.iter().position(|line| *line == format!("{}}}", " ".repeat(indent)));
        let end = end.unwrap_or_else(|| panic!("{name} in {file} does not end"));
        lines[..end].iter().map(|line| line.get(indent..).unwrap_or("").to_owned()).collect::<Vec<_>>()
    };
    for name in ["wasmGcIsBroken", "reflects"] {
        assert_eq!(function("preRun.js", name), function("npm/attach/resolve.mjs", name), "{name}");
    }
}

#[test]
fn readme_has_the_record_of_engines() {
    let engines: serde_json::Value = serde_json::from_str(&read("docs/engines.json")).expect("JSON");
    let readme = read("README.md");
    let cells = |line: &str| line.split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    let rows: Vec<_> = readme.lines().filter(|line| line.starts_with("| ")).map(cells).collect();
    for (name, engine) in engines.as_object().expect("engines by name") {
        let text = |key: &str| engine[key].as_str().expect("a text").to_owned();
        let forced: Vec<_> = engine["forced"]
            .as_array()
            .expect("paths")
            .iter()
            .map(|path| path.as_str().expect("a path"))
            .collect();
        let [version, path, jspi, date] = ["version", "path", "jspi", "date"].map(text);
        let row = vec![
            String::new(),
            name.clone(),
            version,
            path,
            forced.join(", ").replace("reflection", "reflection¹"),
            jspi,
            date,
            String::new(),
        ];
        assert!(rows.contains(&row), "README lacks {row:?}: cargo xtask readme");
    }
}
