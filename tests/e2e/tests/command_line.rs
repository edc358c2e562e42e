//! `cargo xtask python`, as a person uses it, and set-ups that are refused.

use std::{
    env, fs,
    os::unix::fs::PermissionsExt,
    panic::{catch_unwind, resume_unwind},
    path::PathBuf,
    process::Command,
    sync::Mutex,
};

use clap::CommandFactory;
use duct::{Expression, cmd};
use e2e::{process::Process, xtask};
use xtask::{
    browser::serve::POLICY,
    build::{extension::headers, snapshot::format::VERSION},
    commands::Cli,
    engines::{self, Engine},
    tools::{
        cargo,
        emscripten::ensure_new_enough,
        http::get,
        pins::Pins,
        workshop::{ensure_plain, project_root},
    },
};

fn root() -> PathBuf {
    project_root().expect("the project's folder")
}

fn pins() -> Pins {
    Pins::read(&root()).expect("toolchain.toml")
}

fn python(arguments: &[&str]) -> Expression {
    xtask(&[&["python", "--"], arguments].concat()).stderr_null()
}

#[test]
fn a_statement_with_arguments() {
    let text = python(&["-c", "import sys; print(sys.platform, sys.argv[1:])", "a b", "c"]).read();
    assert_eq!(text.expect("run"), "emscripten ['a b', 'c']");
}

#[test]
fn a_module() {
    let text = python(&["-m", "json.tool", "--compact"]).stdin_bytes(r#"{"a": [1, 2]}"#).read();
    assert_eq!(text.expect("run"), r#"{"a":[1,2]}"#);
}

#[test]
fn a_script_reads_standard_input_and_writes_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = folder.path().join("script.py");
    fs::write(&script, "import sys\ntext = sys.stdin.read()\nopen(sys.argv[1], 'w').write(text.upper())\n")
        .expect("write the script");
    let result = folder.path().join("result");
    let arguments = [script.display().to_string(), result.display().to_string()];
    python(&[&arguments[0], &arguments[1]]).stdin_bytes("säge\n").run().expect("run");
    assert_eq!(fs::read_to_string(&result).expect("read the result"), "SÄGE\n");
}

#[test]
fn a_program_on_standard_input() {
    assert_eq!(python(&["-"]).stdin_bytes("print(6 * 7)\n").read().expect("run"), "42");
}

#[test]
fn exit_codes() {
    for (statement, code) in [("pass", 0), ("raise SystemExit(7)", 7), ("1 / 0", 1)] {
        let output = python(&["-c", statement]).unchecked().run().expect("run");
        assert_eq!(output.status.code(), Some(code), "{statement}");
    }
}

#[test]
fn each_node_path_and_trampoline() {
    let statement = "import mismatched; print(mismatched.live_path(), {1: 2}.keys())";
    let nodes = engines::oldest_and_newest_node().expect("tests/engines.toml");
    let live = |node| engines::entry(Engine::Node(node)).expect("a Node").default_path().name();
    let [(oldest, old_path), (newest, new_path)] = nodes.map(|node| (node.to_string(), live(node)));
    for (arguments, live) in [
        (&["--node", &oldest][..], old_path),
        (&["--node", &newest], new_path),
        (&["--node", &oldest, "--path", "reflection"], "reflection"),
        (&["--path", "probe"], "probe"),
        (&["--trampoline", "stock"], "None"),
    ] {
        let extension = ["--extension", "mismatched=tests/e2e/cpython/mismatched.c"];
        let all = [&["python"], arguments, &extension, &["--", "-c", statement]].concat();
        let text = xtask(&all).stderr_null().read().expect("run");
        assert_eq!(text, format!("{live} dict_keys([1])"), "{arguments:?}");
    }
}

/// The command that README shows, and what README says that it prints.
#[test]
fn readmes_example() {
    let readme = fs::read_to_string(root().join("README.md")).expect("read README.md");
    let command = readme
        .lines()
        .find(|line| line.starts_with("cargo xtask python --node "))
        .expect("README has the example");
    let text = cmd!("sh", "-c", command).dir(root()).stderr_null().read().expect("run");
    assert!(readme.contains(&format!("It prints `{text}`")), "{text}");
}

#[test]
fn unknown_versions_and_files_are_reported() {
    let nodes = pins().node.into_keys().collect::<Vec<_>>().join(", ");
    let nodes = format!("no Node 19 is pinned in toolchain.toml, only {nodes}");
    for (arguments, message) in [
        (&["python", "--node", "19", "--", "-c", "pass"][..], nodes.as_str()),
        (&["python", "--extension", "x=missing.c", "--"], "there is no file"),
        (&["python", "--extension", "missing.c", "--"], "an extension is NAME=FILE[,FILE...]"),
        (&["python", "--extension", "a-b=examples/hello.c", "--"], "\"a-b\" is no module name"),
        (&["python", "--extension", "a.=examples/hello.c", "--"], "\"a.\" is no module name"),
        (&["python", "--extension", "a=README.md", "--"], "README.md is neither C (.c) nor C++"),
        (&["python", "--include", "missing", "--"], "there is no folder"),
        (
            &["python", "--extension", "a=examples/hello.c", "--extension", "a=examples/hello.c", "--"],
            "the extension a is named twice: NAME=FILE,FILE has several files",
        ),
    ] {
        let output = xtask(arguments).stderr_capture().unchecked().run().expect("run");
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && text.contains(message), "{arguments:?}: {text}");
    }
}

/// As `| head -0` leaves a program.
#[test]
fn output_that_nobody_reads() {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let output = xtask(&["tools"]).stdout_file(writer).stderr_capture().unchecked().run().expect("run");
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(141) && !text.contains("panicked"), "{}: {text}", output.status);
}

/// A change of one of them must compile the extension again.
#[test]
fn an_extension_knows_its_headers() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    let beside = ["source/a.c", "source/a.h", "source/deeper/b.h"];
    for name in beside.into_iter().chain(["include/c.hpp", "include/deeper/d.h", "include/e.txt"]) {
        fs::create_dir_all(path(name).parent().expect("a folder")).expect("create a folder");
        fs::write(path(name), "").expect("write");
    }
    let source = path("source/a.c");
    let found = headers(&[&source].into(), &[path("include")]).expect("headers");
    assert_eq!(found, ["source/a.h", "include/c.hpp", "include/deeper/d.h"].map(path));
}

#[test]
fn an_old_emscripten_on_path_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let program = folder.path().join("emcc");
    let script = "#!/bin/sh\necho 'emcc (Emscripten gcc/clang-like replacement) 3.1.6 (abc)'\n";
    fs::write(&program, script).expect("write emcc");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("make it a program");
    let path = format!("{}:{}", folder.path().display(), env::var("PATH").expect("PATH"));
    let dist = xtask(&["dist"]).env("PATH", path).stderr_capture().stdout_null();
    let output = dist.unchecked().run().expect("run");
    let text = String::from_utf8_lossy(&output.stderr);
    let least = pins().emscripten.version;
    let message = format!("emscripten 3.1.6 is too old: {least} or newer is required");
    assert!(!output.status.success() && text.contains(&message), "{text}");
}

#[test]
fn an_emscripten_on_path_is_used() {
    let emcc = root().join(".toolchain/debian/usr/share/emscripten");
    let home = root().join(".toolchain");
    let tools = xtask(&["tools"])
        .env("PATH", format!("{}:{}", emcc.display(), env::var("PATH").expect("PATH")))
        .env("EM_CONFIG", home.join("emscripten.py"))
        .env("EMSDK_PYTHON", home.join(format!("debian/python{}", pins().cpython.minor())));
    let output = tools.stderr_null().read().expect("run");
    assert!(output.contains("on PATH"), "{output}");
}

#[test]
fn paths_that_make_splits_are_refused() {
    for (path, right) in [("/ä/~b_c+d@e-1.0", true), ("/a b", false), ("/a'b", false), ("/$a:b", false)] {
        assert_eq!(ensure_plain(path.as_ref()).is_ok(), right, "{path}");
    }
}

#[test]
fn versions_are_compared_by_number() {
    for (version, wanted, enough) in [
        ("6.0.5", "6.0.5", true),
        ("6.0.10", "6.0.5", true),
        ("6.1.0-git", "6.0.5", true),
        ("5.9.9", "6.0.5", false),
        ("6.0.4", "6.0.5", false),
    ] {
        assert_eq!(ensure_new_enough(version, wanted).is_ok(), enough, "{version} for {wanted}");
    }
}

#[test]
fn a_snapshot_is_taken_looked_into_and_used() {
    let text = xtask(&["snapshot", "--import", "json,asyncio", "--import", "re"]).stderr_null().read();
    let text = text.expect("take a snapshot");
    let file = text.lines().last().expect("the file's name");
    let inspected = xtask(&["snapshot", "inspect", file]).stderr_null().read().expect("inspect");
    assert!(inspected.starts_with(&format!("format       {VERSION}\n")), "{inspected}");
    assert!(text.starts_with(&inspected), "{text} is not {inspected}");
    let demo = xtask(&["demo", "--no-page"]).stderr_null().read().expect("run");
    assert!(demo.contains("To the first statement, with json, asyncio, re imported:\n(reset: "), "{demo}");
    let start_up: Vec<&str> = demo.lines().filter(|line| line.contains(": cold ")).collect();
    let has = |line: &&str, kind: &str| number_after(line, kind).is_some_and(|number| number > 0.0);
    assert_eq!(start_up.len(), 2, "{demo}");
    for kind in [": cold ", ", from the snapshot ", ", reset "] {
        assert!(start_up.iter().all(|line| has(line, kind)), "no {kind}in {start_up:?}");
    }

    let output =
        xtask(&["snapshot", "inspect", "README.md"]).stderr_capture().unchecked().run().expect("run");
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && text.contains("not-a-snapshot"), "{text}");
}

/// The number that begins where `mark` ends.
fn number_after(text: &str, mark: &str) -> Option<f64> {
    text.split_once(mark)?.1.split(' ').next()?.parse().ok()
}

#[test]
fn the_demo_calls_and_says_where_things_are() {
    let text = xtask(&["demo", "--no-page"]).stderr_null().read().expect("run");
    for expected in ["path probe", "path wasm-gc", "SystemError: Handler has unexpected call signature"] {
        assert!(text.contains(expected), "no {expected} in {text}");
    }
    for place in ["dist", ".toolchain/python", ".toolchain/cpython/source/Lib"] {
        let path = root().join(place).display().to_string();
        assert!(text.contains(&path) && PathBuf::from(&path).exists(), "no {path} in {text}");
    }
}

#[test]
fn the_demo_serves_its_page() {
    // Not through cargo: the demo would go on when cargo is ended.
    cargo(["build", "--quiet", "--package", "xtask"]).dir(root()).run().expect("build");
    let program = env::current_exe().expect("this test");
    let program = program.ancestors().nth(2).expect("its folder").join("xtask");
    let mut demo = Process::start(Command::new(program).args(["demo", "--port", "0"]).current_dir(root()));
    let line = demo.as_mut().expect("run").line("The page, ").expect("an address");
    let address = line.split_once("http://").expect("an address").1.split_once('/').expect("a path").0;
    for (path, status, kind) in [
        ("", 200, "text/html; charset=utf-8"),
        ("main.js", 200, "text/javascript"),
        ("no", 404, "application/octet-stream"),
        // Nothing beside the page: it lies two folders below the project's.
        ("../../Cargo.toml", 404, "application/octet-stream"),
        ("/../../Cargo.toml", 404, "application/octet-stream"),
        ("library/../../../Cargo.toml", 404, "application/octet-stream"),
        ("%2e%2e/%2e%2e/Cargo.toml", 404, "application/octet-stream"),
    ] {
        let answer = get(&format!("http://{address}/{path}")).expect("an answer");
        let header = |name: &str| answer.headers()[name].to_str().expect("a text").to_owned();
        assert_eq!((answer.status().as_u16(), header("content-type").as_str()), (status, kind), "{path}");
        assert_eq!(header("content-security-policy"), POLICY);
        // The page has the same in itself, for other servers.
        let text = String::from_utf8_lossy(answer.body());
        assert!(!path.is_empty() || text.contains(&format!("content=\"{POLICY}\"")), "{text}");
        assert!(status == 200 || text == "not found", "{path}: {text}");
    }
}

#[test]
fn a_failing_test_ends_what_it_has_started() {
    let id = Mutex::new(0);
    let failed = catch_unwind(|| {
        let process = Process::start(Command::new("sleep").arg("1000")).expect("start");
        *id.lock().expect("the id") = process.id();
        assert!(fs::exists(format!("/proc/{}", process.id())).expect("ask"));
        // Without a message among the tests' own.
        resume_unwind(Box::new(()));
    });
    let id = *id.lock().expect("the id");
    assert!(failed.is_err() && id != 0 && !fs::exists(format!("/proc/{id}")).expect("ask"), "{id} runs on");
}

#[test]
fn each_command_is_documented() {
    let read = |name: &str| fs::read_to_string(root().join(name)).expect("read");
    let documents = ["README.md", "CONTRIBUTING.md", "docs/snapshots.md", "docs/testing.md", "docs/speed.md"]
        .map(read)
        .concat();
    for command in Cli::command().get_subcommands() {
        let name = command.get_name();
        assert!(documents.contains(&format!("`cargo xtask {name}")), "no document names cargo xtask {name}");
    }
}
