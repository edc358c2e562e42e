//! `tests/engines.toml` is the one list of engines: what must agree with it.

use std::{collections::BTreeSet, fs, path::Path};

use toml::{Table, Value};

fn read(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("read {}: {error}", path.display()))
}

fn table(name: &str) -> Table {
    read(name).parse().unwrap_or_else(|error| panic!("parse {name}: {error}"))
}

/// All engines: name and abilities.
fn listed() -> Vec<(String, Table)> {
    let matrix = table("tests/engines.toml");
    let engines = matrix["engine"].as_array().expect("[[engine]]").iter();
    engines
        .map(|engine| {
            let mut abilities = engine.as_table().expect("a table").clone();
            let name = abilities.remove("name").expect("a name");
            (name.as_str().expect("a text").to_owned(), abilities)
        })
        .collect()
}

/// The engines of the interpreters that the project builds.
fn engines() -> Vec<(String, Table)> {
    listed().into_iter().filter(|(_, abilities)| !abilities.contains_key("attach-only")).collect()
}

fn is_yes(ability: &Value) -> bool {
    ability.as_str() == Some("yes")
}

#[test]
fn its_nodes_are_those_that_are_pinned() {
    let pins = table("toolchain.toml");
    let pinned: BTreeSet<String> =
        pins["node"].as_table().expect("[node]").keys().map(|major| format!("node-{major}")).collect();
    let listed: BTreeSet<String> =
        engines().into_iter().map(|(name, _)| name).filter(|name| name.starts_with("node-")).collect();
    assert_eq!(listed, pinned, "tests/engines.toml and toolchain.toml");
}

#[test]
fn each_gap_has_a_reason() {
    for (engine, abilities) in engines() {
        for (name, ability) in abilities {
            let reason =
                |kind: &str| ability.get(kind).and_then(Value::as_str).is_some_and(|why| !why.is_empty());
            let known = is_yes(&ability) || ["flag", "missing", "untested"].into_iter().any(reason);
            assert!(known, "{engine}, {name}: {ability}");
        }
    }
}

const PATHS: [&str; 3] = ["wasm-gc", "reflection", "probe"];

/// What tests have seen of an engine is what the matrix says of it. A Worker is given its adaptor: nothing is forced there.
fn assert_seen(name: &str, abilities: &Table, record: &Value) {
    let (_, seen) = record
        .as_table()
        .expect("engines by name")
        .iter()
        .find(|(known, _)| known.to_lowercase().replace(' ', "-") == name)
        .unwrap_or_else(|| panic!("the record lacks {name}: cargo xtask readme"));
    let default = PATHS.into_iter().find(|&path| is_yes(&abilities[path])).expect("a path");
    assert!(seen["path"].as_str().expect("a path").starts_with(default), "{name}: {seen}");
    let jspi = if is_yes(&abilities["jspi"]) { "yes" } else { "no" };
    assert_eq!(seen["jspi"].as_str(), Some(jspi), "{name}, JSPI");
    if name != "workerd" {
        let can = |path: &&str| is_yes(&abilities[*path]) || abilities[*path].get("flag").is_some();
        let forced: BTreeSet<_> = PATHS.into_iter().filter(can).collect();
        let seen = seen["forced"].as_array().expect("paths").iter().filter_map(Value::as_str).collect();
        assert_eq!(forced, seen, "{name}, forced paths");
    }
}

fn record(name: &str) -> Table {
    serde_json::from_str(&read(name)).unwrap_or_else(|error| panic!("parse {name}: {error}"))
}

/// README's table holds what tests have seen; they must have seen all of the matrix.
#[test]
fn the_record_has_each_engine_and_path() {
    let record = record("docs/engines.json");
    assert_eq!(record.len(), engines().len(), "docs/engines.json has other engines: cargo xtask readme");
    for (name, abilities) in engines() {
        assert_seen(&name, &abilities, &record.clone().into());
    }
}

/// So must those that attach, of each stock Pyodide.
#[test]
fn the_record_has_each_pyodide_on_each_engine() {
    let record = record("docs/attached.json");
    let text = read("README.md");
    let rows: Vec<Vec<&str>> = text
        .lines()
        .filter_map(|line| line.strip_prefix('|')?.strip_suffix('|'))
        .map(|line| line.split('|').map(str::trim).collect())
        .collect();
    let row = |first: &str| {
        let found = rows.iter().find(|row| row[0] == first);
        found.unwrap_or_else(|| panic!("README.md has no row of {first}: cargo xtask readme"))
    };
    let pins = table("toolchain.toml");
    // Those that have no place for a trampoline are refused.
    let too_old = ["0.25", "0.26"];
    let pinned = pins["pyodide"].as_table().expect("[pyodide]").iter();
    let pinned = pinned.filter(|(short, _)| !too_old.contains(&short.as_str()));
    let versions: Vec<&str> = pinned.map(|(_, version)| version.as_str().expect("a version")).collect();
    assert_eq!(record.keys().collect::<Vec<_>>(), versions, "docs/attached.json: cargo xtask readme");
    for version in versions {
        let engines = listed().into_iter().filter(|(name, _)| name != "workerd");
        for (name, abilities) in engines {
            assert_seen(&name, &abilities, &record[version]);
        }
        for (column, engine) in row("Pyodide").iter().enumerate().skip(1) {
            let seen = &record[version][*engine];
            assert_eq!(Some(row(version)[column]), seen["path"].as_str(), "{version}, {engine}");
            assert_eq!(Some(row("JSPI")[column]), seen["jspi"].as_str(), "{version}, {engine}, JSPI");
        }
        assert_eq!(row("Pyodide").len() - 1, record[version].as_table().expect("engines").len());
    }
}

/// Where a file of tests has its own `main`, the compiler drops `#[test]`: such a test would never run.
#[test]
fn no_end_to_end_test_is_dropped() {
    let manifest = table("tests/e2e/Cargo.toml");
    let with_main: BTreeSet<&str> = manifest["test"]
        .as_array()
        .expect("[[test]]")
        .iter()
        .filter(|test| test["harness"].as_bool() == Some(false))
        .map(|test| test["name"].as_str().expect("a name"))
        .collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/e2e/tests");
    let mut files = 0;
    for entry in fs::read_dir(folder).expect("read tests/e2e/tests") {
        let path = entry.expect("an entry").path();
        let Some(name) = path.file_stem().and_then(|stem| stem.to_str()).filter(|_| path.is_file()) else {
            continue;
        };
        let text = fs::read_to_string(&path).expect("read");
        let [has_main, has_tests] =
            ["fn main()", "#[test]"].map(|mark| text.lines().any(|line| line.trim().starts_with(mark)));
        assert!(has_main != has_tests, "{name}.rs has a main, or tests with #[test]");
        assert_eq!(has_main, with_main.contains(name), "tests/e2e/Cargo.toml, harness of {name}");
        files += 1;
    }
    assert!(files > 10, "only {files} files");
}
