//! `pyem-trampoline audit` as a user installs and runs it.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process,
};

use anyhow::{Context, Result, ensure};
use duct::cmd;
use serde_json::Value;
use xtask::{
    build::npm,
    tools::{
        files::{clear, copy_all, list},
        node::npm_install,
        pyodide::{self, CURRENT},
        pypi,
    },
};

use crate::{Bench, Once, side_module};

/// Outside the project, whose own packages are not to be found.
pub fn home() -> PathBuf {
    env::temp_dir().join(format!("pyem-audit-{}", process::id()))
}

/// What the tests share.
pub struct Files {
    /// Where the package and Pyodide are installed.
    pub folder: PathBuf,
    /// Wheels from PyPI.
    pub wheels: PathBuf,
    /// Wheels of modules in `packages.c`, one each.
    pub own: PathBuf,
}

static FILES: Once<Files> = Once::new();

/// Made by the first test that asks for it.
pub fn files(bench: &Bench) -> Result<&'static Files> {
    FILES.get(|| {
        let (workshop, folder) = (&bench.workshop, home());
        let package = npm::pack(workshop)?;
        clear(&folder)?;
        let packages = [package.display().to_string()];
        workshop.steps.always("npm package", |log| log.run(&npm_install(&folder, &packages)))?;
        copy_all(&pyodide::folder(workshop, CURRENT)?, &folder.join("node_modules/pyodide"))?;
        let wheels = pypi::pyodide_wheels(workshop, &bench.cpython.source, CURRENT)?;
        let own = folder.join("own");
        fs::create_dir_all(&own)?;
        let source = workshop.root.join("tests/e2e/audit/packages.c");
        let tag = tag(bench, CURRENT);
        let platform = &workshop.pins.pyodide_platforms[CURRENT].platform;
        // All kinds of tags that fit.
        for (name, tag) in [
            ("traps", tag.replace("pyemscripten", "pyodide")),
            ("fails", format!("py3-none-{platform}")),
            ("mixed", tag.clone()),
            ("visits", format!("cp312-abi3-{platform}")),
        ] {
            let module = side_module::compile(bench, "audit", name, &source)?;
            pack_wheel(bench, &own, name, &tag, &[module])?;
        }
        Ok(Files { folder, wheels, own })
    })
}

/// What wheels for a Pyodide have in their names.
pub fn tag(bench: &Bench, pyodide: &str) -> String {
    let pins = &bench.workshop.pins.pyodide_platforms[pyodide];
    let python = format!("cp{}", pins.python.replace('.', ""));
    format!("{python}-{python}-{}", pins.platform)
}

/// A wheel of these files; without any, of a module in Python.
pub fn pack_wheel(bench: &Bench, folder: &Path, name: &str, tag: &str, files: &[PathBuf]) -> Result<PathBuf> {
    let script = bench.workshop.root.join("tests/e2e/audit/pack_wheel.py");
    let mut arguments = vec![script, folder.to_owned(), name.into(), tag.into()];
    arguments.extend_from_slice(files);
    cmd(&bench.workshop.build_python, arguments).run()?;
    Ok(folder.join(format!("{name}-1.0-{tag}.whl")))
}

/// Packages that shadow each other, are for another Python, write to the console, have errors that are no text, or are damaged.
pub fn odd(bench: &Bench) -> Result<Vec<PathBuf>> {
    let folder = files(bench)?.folder.join("odd packages");
    clear(&folder)?;
    let mut paths = Vec::new();
    for (given, file) in [
        ("first", "twice/mixed.so"),
        ("second", "twice/mixed.abi3.so"),
        ("other", "mixed.cpython-312-wasm32-emscripten.so"),
        ("digit", "1st/mixed.so"),
        ("hidden", "hidden/mixed.so"),
        ("talks", "talks/mixed.so"),
        ("halves", "halves/mixed.so"),
    ] {
        let to = folder.join(given).join(file);
        fs::create_dir_all(to.parent().context("a folder")?)?;
        fs::copy(bench.workshop.home.join("audit/mixed.so"), to)?;
        paths.push(folder.join(given));
    }
    // A folder comes before a file.
    fs::create_dir(folder.join("hidden/hidden/mixed"))?;
    fs::write(folder.join("hidden/hidden/mixed/__init__.py"), "")?;
    fs::write(folder.join("talks/talks/__init__.py"), "import js\njs.console.log('not the report')\n")?;
    let half = "raise ImportError('half \\udc80 a character')\n";
    fs::write(folder.join("halves/halves/__init__.py"), half)?;
    paths.push(pack_wheel(bench, &folder, "elder", "py310-none-any", &[])?);
    paths.push(pack_wheel(bench, &folder, "early", "cp310-cp310-emscripten_3_1_27_wasm32", &[])?);
    let append = "import sys, zipfile; zipfile.ZipFile(sys.argv[1], 'a').writestr(sys.argv[2], '')";
    for (name, inner) in [("leaving", "../out.py"), ("clash", "clash.py/inner.py")] {
        let wheel = pack_wheel(bench, &folder, name, "py3-none-any", &[])?;
        cmd!(&bench.workshop.build_python, "-c", append, &wheel, inner).run()?;
        paths.push(wheel);
    }
    paths.push(pack_wheel(bench, &folder, "old", "cp311-cp311-emscripten_3_1_46_wasm32", &[])?);
    paths.push(pack_wheel(bench, &folder, "tagless", "nothing", &[])?);
    let rewrite = "
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], 'a', int(sys.argv[2])) as wheel:
    wheel.writestr('accents-1.0.dist-info/METADATA', b'Name: \\xe9\\nVersion: \\xe9')
damaged = bytearray(open(sys.argv[1], 'rb').read())
if len(sys.argv) > 3:
    # Its data, and not the list of what it holds.
    damaged[damaged.rindex(b'METADATA', 0, damaged.index(b'PK\\1\\2')) + 12] = 0xff
open(sys.argv[1], 'wb').write(damaged)";
    // As it comes, and damaged where it is compressed by LZMA, of whose errors zipfile knows nothing.
    for (name, arguments) in [("accents", &["8"][..]), ("lzma", &["14", "damaged"])] {
        let wheel = pack_wheel(bench, &folder, name, "py3-none-any", &[])?;
        let wheel = wheel.display().to_string();
        let all = [&["-c", rewrite, &wheel], arguments].concat();
        cmd(&bench.workshop.build_python, all).run()?;
        paths.push(wheel.into());
    }
    let borrows = folder.join("inner");
    fs::create_dir_all(borrows.join("package"))?;
    let source = bench.workshop.root.join("tests/e2e/audit/packages.c");
    let module = side_module::compile(bench, "audit", "borrows", &source)?;
    fs::copy(module, borrows.join("package/borrows.so"))?;
    paths.push(borrows);
    Ok(paths)
}

/// The one file of a folder whose name begins so.
pub fn named(folder: &Path, beginning: &str) -> Result<PathBuf> {
    let name = |path: &PathBuf| path.file_name().unwrap_or_default().to_string_lossy().starts_with(beginning);
    list(folder)?.into_iter().find(name).with_context(|| format!("{beginning}* in {}", folder.display()))
}

/// What the command did.
#[derive(Debug)]
pub struct Outcome {
    pub status: Option<i32>,
    pub output: String,
    pub errors: String,
}

impl Outcome {
    /// The report.
    pub fn json(&self) -> Result<Value> {
        serde_json::from_str(&self.output).with_context(|| format!("{self:?}"))
    }

    /// Fails unless the status is this one, and these texts are in what it wrote.
    pub fn is(&self, status: i32, texts: &[&str]) -> Result<()> {
        ensure!(self.status == Some(status), "status {status} is wanted: {self:#?}");
        for text in texts {
            let found = self.output.contains(text) || self.errors.contains(text);
            ensure!(found, "{text:?} is not in {self:#?}");
        }
        Ok(())
    }
}

/// Runs the installed command as a user does, without a network.
pub fn audit(bench: &Bench, node: u32, arguments: &[&str]) -> Result<Outcome> {
    let files = files(bench)?;
    let no_network = bench.workshop.root.join("tests/e2e/audit/no-network.mjs");
    let mut all = vec![files.folder.join("node_modules/.bin/pyem-trampoline").display().to_string()];
    all.extend(["audit"].iter().chain(arguments).map(|&argument| argument.to_owned()));
    let output = cmd(bench.node(node)?, all)
        .dir(&files.folder)
        .env("NODE_OPTIONS", format!("--import={}", no_network.display()))
        .stdout_capture()
        .stderr_capture()
        .unchecked()
        .run()?;
    Ok(Outcome {
        status: output.status.code(),
        output: String::from_utf8(output.stdout)?,
        errors: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}
