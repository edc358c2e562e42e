//! `packaging/conda`: the recipe builds the packed crate for emscripten-forge's platform, and what it packs links.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use duct::cmd;
use e2e::{Bench, OURS, Once, cases, packed_crate::unpack, with_bench};
use serde_json::{Value, json};
use tempfile::TempDir;
use xtask::{
    browser::driver,
    build::{
        archive::check_symbols,
        check::{Linked, Live},
        link::{Link, STOCK_OBJECT},
    },
    engines,
    tools::{
        emscripten::Emscripten,
        files::{clear, copy, copy_all},
        pypi,
        rust_target::{self, TARGET},
    },
};

/// What emscripten-forge compiles every package with.
const EMCC_CFLAGS: &str = "-O2 -g0 -fPIC -msimd128 -sSUPPORT_LONGJMP=wasm -fwasm-exceptions";
const LIBRARY: &str = "lib/libpyem_trampoline.a";
/// Where the package's files for its own tests are.
const TESTS: &str = "etc/conda/test-files/pyem-trampoline/0";

/// A package as it was built, and unpacked into a folder.
struct Built {
    folder: PathBuf,
    metadata: Value,
}

impl Built {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

/// Builds the recipe once; its own tests run in Node and in Firefox.
fn built(bench: &Bench) -> Result<&'static Built> {
    static BUILT: Once<Built> = Once::new();
    BUILT.get(|| {
        driver::install(&bench.workshop)?;
        let root = &bench.workshop.root;
        // Outside the repository, whose .gitignore rattler-build would follow.
        let outside = TempDir::new()?;
        let source = outside.path().join("source");
        unpack(bench, &source)?;
        copy_all(&root.join("packaging/conda"), &source.join("packaging/conda"))?;
        let recipe = source.join("packaging/conda/recipe/recipe.yaml");
        let script = root.join("tests/e2e/conda/build.py");
        let rattler = pypi::wheel(&bench.workshop, &bench.cpython.source, "py-rattler-build")?;
        let output = cmd!(&bench.workshop.build_python, script, outside.path(), recipe)
            .stdin_bytes(channel(bench)?.to_string())
            .env("PYTHONPATH", rattler)
            .env("RATTLER_CACHE_DIR", outside.path().join("cache"))
            .stdout_capture()
            .stderr_capture()
            .unchecked()
            .run()?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let metadata = serde_json::from_slice(&output.stdout).context("what build.py prints")?;
        let folder = bench.workshop.home.join("conda");
        clear(&folder)?;
        copy_all(&outside.path().join("package"), &folder)?;
        Ok(Built { folder, metadata })
    })
}

/// What the recipe requires: the project's own tools, as packages that are activated.
fn channel(bench: &Bench) -> Result<Value> {
    let workshop = &bench.workshop;
    let Emscripten { version, variables, .. } = &workshop.emscripten;
    let tools = workshop.emscripten.command("em-config", ["EMSCRIPTEN_ROOT"]).read()?;
    let variables = variables.iter().filter(|(name, _)| name != "PATH").cloned();
    let compiler = variables.chain([("EMCC_CFLAGS".to_owned(), EMCC_CFLAGS.to_owned())]);
    let cargo = PathBuf::from(env::var_os("CARGO").context("cargo runs this test")?);
    let cargo_home =
        env::var_os("CARGO_HOME").map_or(env::home_dir().context("HOME")?.join(".cargo"), PathBuf::from);
    let rust = rust_target::variables(TARGET, &workshop.home, "core")?.into_iter();
    let rust = rust.map(|(name, value)| (name.to_owned(), value)).chain([
        ("CARGO_HOME".to_owned(), cargo_home.display().to_string()),
        ("CARGO_TARGET_DIR".to_owned(), workshop.home.join("cargo-conda").display().to_string()),
    ]);
    let node = bench.node(e2e::NODE)?;
    let folder = |program: &Path| program.parent().map(Path::to_owned).context("a program has a folder");
    Ok(json!({
        "packages": {
            "emscripten_emscripten-wasm32": [version, activate(Path::new(tools.trim()), compiler)],
            "rust-nightly": [workshop.pins.rust.tested, activate(&folder(&cargo)?, rust)],
            "nodejs": [workshop.pins.node[&e2e::NODE.to_string()], activate(&folder(&node)?, [])],
            "firefox": ["0", activate(Path::new("/usr/bin"), [])],
        },
        "variants": { "c_compiler": ["emscripten"], "c_compiler_version": [version] },
    }))
}

/// A script that puts a folder in front of PATH and sets variables.
fn activate(folder: &Path, variables: impl IntoIterator<Item = (String, String)>) -> String {
    let path = format!("export PATH='{}':$PATH\n", folder.display());
    variables.into_iter().fold(path, |script, (name, value)| script + &format!("export {name}='{value}'\n"))
}

#[test]
fn the_package_has_library_header_and_hook() {
    with_bench(|bench| {
        let built = built(bench)?;
        let files =
            ["include/pyem_trampoline.h", LIBRARY, "share/pyem-trampoline/preRun.js"].map(str::to_owned);
        let tests = ["examples/interpreter.c", "test.sh"].map(|name| format!("{TESTS}/{name}"));
        let version = built.metadata["version"].as_str().context("a version")?;
        let manifest = fs::read_to_string(bench.workshop.root.join("Cargo.toml"))?;
        ensure!(manifest.contains(&format!("\nversion = \"{version}\"\n")), "{version}");
        let expected = json!({
            "name": "pyem-trampoline",
            "version": version,
            "subdir": "emscripten-wasm32",
            "platform": "emscripten",
            "arch": "wasm32",
            "license": "MIT OR Apache-2.0",
            "files": tests.iter().chain(&files).collect::<Vec<_>>(),
            "tests": 1,
        });
        ensure!(built.metadata == expected, "{:#}\nexpected: {expected:#}", built.metadata);
        for licence in ["LICENSE-MIT", "LICENSE-APACHE"] {
            ensure!(built.path("info/licenses").join(licence).is_file(), "{licence}");
        }
        let root = &bench.workshop.root;
        for (packed, ours) in [
            ("include/pyem_trampoline.h", "include/pyem_trampoline.h"),
            ("share/pyem-trampoline/preRun.js", "preRun.js"),
        ] {
            ensure!(fs::read(built.path(packed))? == fs::read(root.join(ours))?, "{packed}");
        }
        let nm = bench.workshop.emscripten.llvm.join("llvm-nm");
        let library = built.path(LIBRARY);
        check_symbols(
            &cmd!(nm, "--extern-only", "--format=just-symbols", "--print-file-name", &library).read()?,
        )?;
        let members = cmd!(bench.workshop.emscripten.llvm.join("llvm-ar"), "t", library).read()?;
        ensure!(members == "pyem_trampoline.o", "{members}");
        Ok(())
    });
}

#[test]
fn a_program_links_with_it() {
    with_bench(|bench| {
        let built = built(bench)?;
        let program = built.path("interpreter.js");
        let source = bench.workshop.root.join("examples/interpreter.c");
        let text = |path: &Path| path.display().to_string();
        let include = format!("-I{}", text(&built.path("include")));
        let library = text(&built.path(LIBRARY));
        let arguments = ["-O2", &include, &text(&source), &library, "-o", &text(&program)];
        bench.workshop.emscripten.command("emcc", arguments).run()?;
        let linked = Linked::read(&program.with_extension("wasm"))?;
        ensure!(linked.live == Live::Ours && linked.advice().is_empty(), "{linked}");
        for node in engines::oldest_and_newest_node()? {
            let printed = cmd!(bench.node(node)?, &program).read()?;
            ensure!(printed == "100 201 303 406 -1", "Node {node}: {printed}");
        }
        Ok(())
    });
}

/// emscripten-forge links Python with MAIN_MODULE=1: with whole libraries, whose code may stand at any address.
#[test]
fn it_may_stand_at_any_address() {
    with_bench(|bench| {
        let built = built(bench)?;
        let linker = bench.workshop.emscripten.llvm.join("wasm-ld");
        let flags = ["--experimental-pic", "-pie", "--no-entry", "--unresolved-symbols=import-dynamic"];
        let files = ["--whole-archive".into(), built.path(LIBRARY), "-o".into(), built.path("pie.wasm")];
        cmd(linker, flags.map(PathBuf::from).into_iter().chain(files)).run()?;
        Ok(())
    });
}

/// The lines that `python-recipe.patch` adds to emscripten-forge's build of Python, on the project's CPython.
#[test]
fn cpythons_library_takes_it_in() {
    with_bench(|bench| {
        let (workshop, cpython) = (&bench.workshop, &bench.cpython);
        let built = built(bench)?;
        let prefix = TempDir::new()?;
        let library = prefix.path().join("lib").join(cpython.library_name());
        copy_all(&built.path("lib"), &prefix.path().join("lib"))?;
        copy(&cpython.library(), &library)?;
        let patch = fs::read_to_string(workshop.root.join("packaging/conda/python-recipe.patch"))?;
        let added: Vec<&str> = patch.lines().filter_map(|line| line.strip_prefix("+emar")).collect();
        ensure!(added.len() == 3 && added[0].ends_with(STOCK_OBJECT), "{added:?}");
        for line in added {
            let run = cmd!("bash", "-euc", format!("emar{line}")).dir(prefix.path());
            let run = run.env("PREFIX", prefix.path()).env("PY_VERSION", &cpython.minor);
            workshop.emscripten.with_variables(run).run()?;
        }
        // Named before the library as it was, which then has nothing to add.
        let folder = Link::new("conda", OURS)
            .extension("mismatched", &[bench.sources().join("mismatched.c")])
            .build(workshop, cpython, &library)?;
        let linked = Linked::read(&folder.join("python.wasm"))?;
        ensure!(linked.live == Live::Ours && linked.advice().is_empty(), "{linked}");
        for case in cases::oldest_and_newest()? {
            bench.run_test(&case.run(&folder), "test_mismatched.py", case.live.name())?;
        }
        Ok(())
    });
}
