//! What `cargo package` packs is enough: documentation and a program outside the repository build from it.

use std::fs;

use anyhow::{Context, ensure};
use duct::{Expression, cmd};
use e2e::{cases, packed_crate::unpack, with_bench};
use xtask::{
    build::check::Linked,
    tools::{
        cargo,
        files::{copy, copy_all},
        rust_target::{self, TARGET},
    },
};

/// A program without Python.
const HOST: &str = "tests/e2e/rs/host.rs";

#[test]
fn a_program_outside_the_repository_builds_from_it() {
    with_bench(|bench| {
        let outside = tempfile::tempdir()?;
        let (packed, program) = (outside.path().join("pyem-trampoline"), outside.path().join("host"));
        unpack(bench, &packed)?;
        fs::create_dir_all(program.join("src"))?;
        copy(&bench.workshop.root.join(HOST), &program.join("src/main.rs"))?;
        // The build dependencies of the workspace's own builds.
        copy(&bench.workshop.root.join("Cargo.lock"), &program.join("Cargo.lock"))?;
        let manifest = "[package]\nname = \"host\"\nedition = \"2024\"\n\n\
                        [dependencies]\npyem-trampoline = { path = \"../pyem-trampoline\" }\n";
        fs::write(program.join("Cargo.toml"), manifest)?;
        let target = bench.workshop.home.join("cargo-packed");
        let here = |cargo: Expression| cargo.dir(&program).env("CARGO_TARGET_DIR", &target);

        let text = here(cargo(&["run", "--quiet"])).read()?;
        ensure!(text == "Some(2)", "{text}");
        let doc = ["doc", "--quiet", "--no-deps", "--package", "pyem-trampoline"];
        here(cargo(&doc)).env("RUSTDOCFLAGS", "-D warnings").run()?;
        Ok(())
    });
}

/// `examples/pyo3` as it is, and beside it a program without Python: neither has a build script.
#[test]
fn cpython_in_a_rust_program_has_the_trampoline() {
    with_bench(|bench| {
        let (workshop, cpython) = (&bench.workshop, &bench.cpython);
        let outside = tempfile::tempdir()?;
        let packed = outside.path().join("pyem-trampoline");
        unpack(bench, &packed)?;
        let program = packed.join("examples/pyo3");
        copy_all(&workshop.root.join("examples/pyo3"), &program)?;
        fs::create_dir(program.join("src/bin"))?;
        copy(&workshop.root.join(HOST), &program.join("src/bin/host.rs"))?;
        let python = program.join("python");
        copy_all(&cpython.source.join("Lib/encodings"), &python.join("Lib/encodings"))?;
        copy(&cpython.source.join("Lib/os.py"), &python.join("Lib/os.py"))?;
        for library in [cpython.library()].into_iter().chain(cpython.dependencies()) {
            copy(&library, &python.join(library.file_name().context("a library's name")?))?;
        }

        let target = workshop.home.join("cargo-packed");
        let build =
            rust_target::cargo(&workshop.home, "std,panic_abort", &["build", "--release", "--locked"])?
                .dir(&program)
                .env("CARGO_TARGET_DIR", &target)
                .stderr_to_stdout();
        let output = workshop.emscripten.with_variables(build).stdout_capture().unchecked().run()?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        let release = target.join(TARGET).join("release");
        let linked = Linked::read(&release.join("embed.wasm"))?;
        ensure!(linked.advice().is_empty(), "{linked}");
        for case in cases::oldest_and_newest()? {
            for (name, expected) in [
                ("embed", format!("{}: 0 1 SystemError", case.live)),
                ("host", format!("{} [Some(0), Some(1), Some(2), Some(3), None]", case.live)),
            ] {
                let glue = release.join(format!("{name}.js"));
                let text = cmd!(bench.node(case.node)?, glue).read()?;
                ensure!(text == expected, "{name}, {case}: {text}, expected: {expected}");
            }
        }
        Ok(())
    });
}
