//! What `cargo package` packs is enough: documentation and a program outside the repository build from it.

use std::{env, fs, path::Path};

use anyhow::{Result, ensure};
use duct::{Expression, cmd};
use e2e::{Bench, cases, with_bench};
use xtask::tools::{
    files::{clear, copy, list},
    rust_target::{self, TARGET},
};

fn cargo(arguments: &[&str]) -> Expression {
    cmd(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()), arguments)
}

/// Packs the crate and unpacks it into a folder.
fn unpack(bench: &Bench, folder: &Path) -> Result<()> {
    let target = bench.workshop.home.join("cargo-package");
    clear(&target)?;
    cargo(&["package", "--package", "pyem-trampoline", "--no-verify", "--allow-dirty", "--quiet"])
        .dir(&bench.workshop.root)
        .env("CARGO_TARGET_DIR", &target)
        .run()?;
    let files = list(&target.join("package"))?;
    let packed: Vec<_> =
        files.iter().filter(|file| file.extension().is_some_and(|end| end == "crate")).collect();
    ensure!(packed.len() == 1, "{files:?}");
    fs::create_dir(folder)?;
    cmd!("tar", "xf", packed[0], "--strip-components=1", "-C", folder).run()?;
    Ok(())
}

#[test]
fn a_program_outside_the_repository_builds_from_it() {
    with_bench(|bench| {
        let outside = tempfile::tempdir()?;
        let (packed, program) = (outside.path().join("pyem-trampoline"), outside.path().join("host"));
        unpack(bench, &packed)?;
        fs::create_dir_all(program.join("src"))?;
        let sources = bench.workshop.root.join("tests/e2e/rs");
        copy(&sources.join("host.rs"), &program.join("src/main.rs"))?;
        copy(&sources.join("host_build.rs"), &program.join("build.rs"))?;
        // The build dependencies of the workspace's own builds.
        copy(&bench.workshop.root.join("Cargo.lock"), &program.join("Cargo.lock"))?;
        let manifest = "[package]\nname = \"host\"\nedition = \"2024\"\n\n\
                        [dependencies]\npyem-trampoline = { path = \"../pyem-trampoline\" }\n\n\
                        [profile.release]\npanic = \"abort\"\n";
        fs::write(program.join("Cargo.toml"), manifest)?;
        let target = bench.workshop.home.join("cargo-packed");
        let here = |cargo: Expression| cargo.dir(&program).env("CARGO_TARGET_DIR", &target);

        let text = here(cargo(&["run", "--quiet"])).read()?;
        ensure!(text == "Some(2)", "{text}");
        let doc = ["doc", "--quiet", "--no-deps", "--package", "pyem-trampoline"];
        here(cargo(&doc)).env("RUSTDOCFLAGS", "-D warnings").run()?;

        let build = ["build", "--quiet", "--release", "--target", TARGET];
        let build = here(rust_target::cargo(&bench.workshop.home, "std,panic_abort", &build)?)
            .env("CARGO_TARGET_WASM32_UNKNOWN_EMSCRIPTEN_LINKER", bench.workshop.emscripten.program("emcc"));
        bench.workshop.emscripten.with_variables(build).run()?;
        let glue = target.join(TARGET).join("release/host.js");
        for case in cases::oldest_and_newest()? {
            let text = cmd!(bench.node(case.node)?, &glue).read()?;
            let expected = format!("{} [Some(0), Some(1), Some(2), Some(3), None]", case.live);
            ensure!(text == expected, "{case}: {text}, expected: {expected}");
        }
        Ok(())
    });
}
