//! What `dist/` offers to the build systems of others: the same program, built outside the repository in each, with the
//! oldest and the newest emscripten, with and without threads.

use std::{fs, path::Path, process::ExitCode};

use anyhow::{Context, Result, ensure};
use duct::{Expression, cmd};
use e2e::{Bench, Once, trial};
use tempfile::TempDir;
use xtask::{
    build::{
        archive::DIST,
        check::{Linked, Live},
    },
    engines,
    tools::{
        build_tools::BuildTools,
        emscripten::Emscripten,
        files::{copy, copy_all},
    },
};

const THREADS: [&str; 3] = ["-pthread", "-sPTHREAD_POOL_SIZE=1", "-sEXIT_RUNTIME"];

type Build = fn(&Outside<'_>) -> Result<()>;
const BUILDS: [(&str, Build); 5] =
    [("flags", flags), ("port", port), ("cmake", cmake), ("pkg_config", pkg_config), ("meson", meson)];

/// A folder of somebody else: `dist/`, the program's source, and the emscripten that is used.
struct Outside<'a> {
    bench: &'a Bench,
    emscripten: &'a Emscripten,
    tools: &'a BuildTools,
    folder: TempDir,
}

fn main() -> ExitCode {
    let builds = BUILDS.into_iter().flat_map(|(name, build)| {
        ["oldest", "newest"].map(|which| {
            trial(format!("{name}::{which}_emscripten"), move |bench| in_folder(bench, which, build))
        })
    });
    let refused = trial("port_without_memory64", port_without_memory64);
    e2e::run(Ok(builds.chain([refused]).collect()))
}

fn in_folder(bench: &Bench, which: &str, build: impl FnOnce(&Outside<'_>) -> Result<()>) -> Result<()> {
    static TOOLS: Once<BuildTools> = Once::new();
    let oldest = bench.workshop.oldest_emscripten()?;
    let outside = Outside {
        bench,
        emscripten: if which == "oldest" { &oldest } else { &bench.workshop.emscripten },
        tools: TOOLS.get(|| BuildTools::install(&bench.workshop, &bench.cpython.source))?,
        folder: TempDir::new()?,
    };
    let root = &bench.workshop.root;
    copy_all(&root.join(DIST).join("cmake"), &outside.path("dist/cmake"))?;
    copy_all(&root.join(DIST).join("pkgconfig"), &outside.path("dist/pkgconfig"))?;
    for file in ["libpyem_trampoline.a", "libpyem_trampoline-mt.a", "pyem_trampoline.h", "pyem_trampoline.py"]
    {
        copy(&root.join(DIST).join(file), &outside.path("dist").join(file))?;
    }
    copy(&root.join("examples/interpreter.c"), &outside.path("interpreter.c"))?;
    copy_all(&root.join("tests/e2e/build"), outside.folder.path())?;
    build(&outside)
}

impl Outside<'_> {
    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    /// Runs a program of the build in the folder; a failure shows what it printed.
    fn run(&self, command: Expression) -> Result<()> {
        let output = self.emscripten.with_variables(command).dir(self.folder.path()).stderr_to_stdout();
        let output = output.stdout_capture().unchecked().run()?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        Ok(())
    }

    fn emcc(&self, arguments: &[&str]) -> Result<()> {
        self.run(cmd(self.emscripten.program("emcc"), arguments))
    }

    /// Runs what was built, with and without threads.
    fn works(&self, folder: &str) -> Result<()> {
        let results = "100 201 303 406 -1";
        for (name, expected) in
            [("plain", results.to_owned()), ("threads", format!("in a thread: {results}"))]
        {
            let program = self.path(folder).join(format!("{name}.js"));
            let linked = Linked::read(&program.with_extension("wasm"))?;
            ensure!(linked.live == Live::Ours && linked.advice().is_empty(), "{name}: {linked}");
            for node in engines::oldest_and_newest_node()? {
                let printed = cmd!(self.bench.node(node)?, &program).read()?;
                ensure!(printed == expected, "{name} on Node {node}: {printed}");
            }
        }
        Ok(())
    }
}

/// As Make and Autotools have them.
fn flags(outside: &Outside<'_>) -> Result<()> {
    let common = ["-O2", "-Idist", "interpreter.c", "-Ldist"];
    outside.emcc(&[&common[..], &["-lpyem_trampoline", "-o", "plain.js"]].concat())?;
    outside.emcc(&[&common[..], &THREADS, &["-lpyem_trampoline-mt", "-o", "threads.js"]].concat())?;
    outside.works(".")
}

/// It takes the archive that the flags of the link require.
fn port(outside: &Outside<'_>) -> Result<()> {
    let port = "--use-port=dist/pyem_trampoline.py";
    outside.emcc(&["-O2", port, "-c", "interpreter.c", "-o", "interpreter.o"])?;
    outside.emcc(&["-O2", port, "interpreter.o", "-o", "plain.js"])?;
    outside.emcc(&[&["-O2", port, "interpreter.c", "-o", "threads.js"], &THREADS[..]].concat())?;
    outside.works(".")
}

fn port_without_memory64(bench: &Bench) -> Result<()> {
    in_folder(bench, "newest", |outside| {
        let link = ["-sMEMORY64", "-nostdlib", "--use-port=dist/pyem_trampoline.py", "interpreter.c"];
        let error = outside.emcc(&link).err().context("no such archive")?.to_string();
        ensure!(error.contains("pyem-trampoline is for 32-bit memory: link without -sMEMORY64"), "{error}");
        Ok(())
    })
}

/// By targets of their own flags or of those of a library, for one language or for each; then by flags of all targets.
fn cmake(outside: &Outside<'_>) -> Result<()> {
    let emcmake = |build: &str, more: &[&str]| -> Result<()> {
        let tools = outside.tools;
        let root = outside.emscripten.command("em-config", ["EMSCRIPTEN_ROOT"]).read()?;
        let toolchain = Path::new(root.trim()).join("cmake/Modules/Platform/Emscripten.cmake");
        let node = outside.bench.node(e2e::NODE)?;
        let configure = [
            "-GNinja".to_owned(),
            format!("-B{build}"),
            format!("-DCMAKE_TOOLCHAIN_FILE={}", toolchain.display()),
            format!("-DCMAKE_MAKE_PROGRAM={}", tools.ninja.display()),
            format!("-DCMAKE_CROSSCOMPILING_EMULATOR={}", node.display()),
            format!("-DPyemTrampoline_DIR={}", outside.text("dist/cmake")),
            // Links without -O make emcc compile another set of its libraries first.
            "-DCMAKE_BUILD_TYPE=Release".to_owned(),
            "-DCMAKE_TRY_COMPILE_CONFIGURATION=Release".to_owned(),
        ];
        let more = more.iter().map(|&flag| flag.to_owned());
        outside.run(cmd(&tools.cmake, configure.into_iter().chain(more)))?;
        outside.run(cmd!(&tools.cmake, "--build", build))
    };
    emcmake("build", &[])?;
    outside.works("build")?;
    let inherited = cmd!(outside.bench.node(e2e::NODE)?, outside.path("build/inherited.js")).read()?;
    ensure!(inherited.starts_with("in a thread: 100 "), "{inherited}");
    let all = ["-DCMAKE_C_FLAGS=-pthread", "-DCMAKE_EXE_LINKER_FLAGS=-sPTHREAD_POOL_SIZE=1 -sEXIT_RUNTIME"];
    emcmake("all", &all)?;
    let printed = cmd!(outside.bench.node(e2e::NODE)?, outside.path("all/plain.js")).read()?;
    ensure!(printed.starts_with("in a thread: 100 "), "{printed}");
    Ok(())
}

fn pkg_config(outside: &Outside<'_>) -> Result<()> {
    for (name, program, flags) in
        [("pyem-trampoline", "plain.js", &[][..]), ("pyem-trampoline-mt", "threads.js", &THREADS)]
    {
        let words = cmd!(&outside.tools.pkgconf, "--cflags", "--libs", name)
            .env("PKG_CONFIG_PATH", outside.path("dist/pkgconfig"))
            .read()?;
        let words: Vec<&str> = words.split_whitespace().collect();
        outside.emcc(&[&["-O2", "interpreter.c", "-o", program], flags, &words].concat())?;
    }
    outside.works(".")
}

fn meson(outside: &Outside<'_>) -> Result<()> {
    let program = |name: &str| outside.emscripten.program(name).to_string_lossy().into_owned();
    let cross = format!(
        "[binaries]\nc = '{}'\nar = '{}'\npkg-config = '{}'\n\
         [built-in options]\npkg_config_path = '{}'\n\
         [host_machine]\nsystem = 'emscripten'\ncpu_family = 'wasm32'\ncpu = 'wasm32'\nendian = 'little'\n",
        program("emcc"),
        program("emar"),
        outside.tools.pkgconf.display(),
        outside.text("dist/pkgconfig"),
    );
    fs::write(outside.path("cross.ini"), cross)?;
    let python = &outside.bench.workshop.build_python;
    let setup = cmd!(
        python,
        "-m",
        "mesonbuild.mesonmain",
        "setup",
        "--buildtype=release",
        "--cross-file",
        "cross.ini",
        "build"
    );
    let environment = |command: Expression| {
        command.env("PYTHONPATH", &outside.tools.meson).env("NINJA", &outside.tools.ninja)
    };
    outside.run(environment(setup))?;
    outside.run(environment(cmd!(&outside.tools.ninja, "-C", "build")))?;
    outside.works("build")
}
