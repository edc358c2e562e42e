//! The programs of [`link_cells`](crate::link_cells): compiled once per compiler flags, linked once.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Result, ensure};
use duct::Expression;
use xtask::{
    build::{
        archive::{DIST, Variant},
        side_module::SideModule,
    },
    tools::{
        emscripten::Emscripten,
        files::{clear, copy},
    },
};

use crate::{Bench, Once, OnceEach, link_cells::Cell};

/// The names of the two emscriptens in tests and folders.
pub const WHICH: [&str; 2] = ["oldest", "newest"];

/// What has become of a link.
#[derive(Clone, Debug)]
pub struct Linked {
    /// Node and workers start it.
    pub program: PathBuf,
    /// What emcc printed if it failed.
    pub refused: Option<String>,
}

static OLDEST: Once<Emscripten> = Once::new();

fn emscripten(bench: &Bench, newest: bool) -> Result<&Emscripten> {
    if newest { Ok(&bench.workshop.emscripten) } else { OLDEST.get(|| bench.workshop.oldest_emscripten()) }
}

/// The folder of all of them, which [`page`](crate::link_page) serves. Empty at first.
pub fn folder(bench: &Bench) -> Result<PathBuf> {
    static FOLDER: Once<PathBuf> = Once::new();
    let made = FOLDER.get(|| {
        let folder = bench.scratch("links-of-c")?;
        clear(&folder)?;
        Ok(folder)
    });
    made.cloned()
}

/// The folder of one of them inside.
pub fn place(cell: &Cell, newest: bool) -> String {
    let name = cell.name.replace(|letter: char| !letter.is_ascii_alphanumeric(), "-");
    format!("{}/{name}", WHICH[usize::from(newest)])
}

fn emcc(bench: &Bench, newest: bool, arguments: &[&str]) -> Result<Expression> {
    let command = emscripten(bench, newest)?.command("emcc", arguments).dir(&bench.workshop.root);
    Ok(captured(command))
}

/// With all that it prints.
fn captured(command: Expression) -> Expression {
    command.stderr_to_stdout().stdout_capture().unchecked()
}

fn run(command: &Expression) -> Result<()> {
    let output = command.run()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    Ok(())
}

/// `link_host.c` and `no_python.c` as objects, each compiled once per compiler flags.
fn objects(bench: &Bench, cell: &Cell, newest: bool) -> Result<Vec<String>> {
    static OBJECTS: OnceEach<String> = OnceEach::new();
    let mut sources = vec!["link_host"];
    if !cell.has("-DSIGNATURES") {
        sources.push("no_python");
    }
    let mut made = Vec::new();
    for source in sources {
        let mut flags = cell.compiler_flags();
        // What the host calls is nothing to the other.
        flags.retain(|flag| source == "link_host" || !flag.starts_with("-D"));
        let name = format!("{}/objects/{source}{}.o", WHICH[usize::from(newest)], flags.concat());
        let object = folder(bench)?.join(&name);
        made.push(OBJECTS.get(&name, || {
            fs::create_dir_all(object.parent().unwrap_or(&object))?;
            let object = object.display().to_string();
            // Which throws.
            let language = if flags.contains(&"-DTHROWS") { "c++" } else { "c" };
            let file = format!("tests/e2e/c/{source}.c");
            let include = format!("-I{DIST}");
            let files = ["-c", &include, "-x", language, &file, "-o", &object];
            run(&emcc(bench, newest, &[&flags, &files[..]].concat())?)?;
            Ok(object)
        })?);
    }
    Ok(made)
}

/// The folder of the two side modules, with threads or without.
fn side_modules(bench: &Bench, cell: &Cell, newest: bool) -> Result<PathBuf> {
    static FOLDERS: OnceEach<PathBuf> = OnceEach::new();
    let threads = cell.variant() == Variant::Threads;
    let name = format!("{}/side-modules{}", WHICH[usize::from(newest)], if threads { "-mt" } else { "" });
    FOLDERS.get(&name, || {
        let folder = folder(bench)?.join(&name);
        fs::create_dir_all(&folder)?;
        for name in ["one", "two"] {
            let files = [bench.workshop.root.join(format!("tests/e2e/c/side_{name}.c"))];
            let flags: &[&str] = if threads { &["-O2", "-pthread"] } else { &["-O2"] };
            let module = SideModule { files: &files, include: &[], flags, export: "callee" };
            let output = folder.join(format!("lib{name}.so"));
            run(&captured(module.compile(emscripten(bench, newest)?, &output)))?;
        }
        Ok(folder)
    })
}

/// Links a cell, if no test has done so before.
pub fn link(bench: &Bench, cell: &Cell, newest: bool) -> Result<Linked> {
    static PROGRAMS: OnceEach<Linked> = OnceEach::new();
    let place = place(cell, newest);
    PROGRAMS.get(&place, || {
        let folder = folder(bench)?.join(&place);
        fs::create_dir_all(&folder)?;
        let objects = objects(bench, cell, newest)?;
        let host = folder.join(if cell.is_module() { "host.mjs" } else { "host.js" });
        let [output, archive] = [host.display().to_string(), format!("{DIST}/{}", cell.variant().file())];
        let mut arguments = cell.flags();
        arguments.extend(objects.iter().map(String::as_str));
        arguments.extend([
            &archive,
            "--pre-js",
            "tests/e2e/js/link-options.js",
            "-sENVIRONMENT=web,worker,node",
        ]);
        arguments.extend(["-o", &output]);
        let printed = emcc(bench, newest, &arguments)?.run()?;
        let refused = (!printed.status.success()).then(|| String::from_utf8_lossy(&printed.stdout).into());
        if cell.has("-DSIDE_MODULES") {
            let modules = side_modules(bench, cell, newest)?;
            for name in ["libone.so", "libtwo.so"] {
                copy(&modules.join(name), &folder.join(name))?;
            }
        }
        Ok(Linked { program: starter(cell, &folder, host)?, refused })
    })
}

/// A program that a factory makes is started by another file.
fn starter(cell: &Cell, folder: &Path, host: PathBuf) -> Result<PathBuf> {
    let (name, text) = if cell.is_module() {
        ("start.mjs", "import start from './host.mjs';\nawait start();\n")
    } else if cell.has("-sMODULARIZE") {
        let text = "if (typeof importScripts === 'function') importScripts('host.js');\nelse globalThis.Module = require('./host.js');\nModule();\n";
        ("start.js", text)
    } else {
        return Ok(host);
    };
    let file = folder.join(name);
    fs::write(&file, text)?;
    Ok(file)
}
