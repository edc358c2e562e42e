//! `core` for wasm32-unknown-emscripten: rustup's target if it is installed, else built from
//! Debian's copy of Rust's sources, beside a sysroot of the project's own.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail, ensure};
use duct::{Expression, cmd};

use crate::tools::{
    self,
    debian::Debian,
    files::{clear, remove},
    pins::Pins,
    steps::Steps,
};

pub const TARGET: &str = "wasm32-unknown-emscripten";
/// For programs that meet JavaScript only.
pub const WEB_TARGET: &str = "wasm32-unknown-unknown";
const SUITE: &str = "trixie-backports";

/// Unpacks the sources where one of rustup's targets is missing.
pub fn install(steps: &Steps, home: &Path, pins: &Pins, debian: &Debian<'_>) -> Result<()> {
    if rustup_has(TARGET)? && rustup_has(WEB_TARGET)? {
        return Ok(());
    }
    let version = rustc(&["--version"])?;
    let version = version.split_whitespace().nth(1).context("rustc --version")?;
    ensure!(
        version == pins.rust.tested,
        "this is Rust {version}: without rustup's target {TARGET} only {} fits, whose sources are \
         pinned in toolchain.toml (or: rustup target add {TARGET})",
        pins.rust.tested
    );
    let sysroot = rustc(&["--print", "sysroot"])?;
    let key = format!("{} {sysroot} {}", home.display(), pins.rust.rust_src);
    steps.once(&format!("Rust sources for {TARGET}"), &key, |log| {
        let sources = home.join("rust-src");
        debian.unpack_one(log, &sources, SUITE, "rust-src", &pins.rust.rust_src)?;
        let own = own_sysroot(home);
        let rustlib = own.join("lib/rustlib");
        clear(&own)?;
        fs::create_dir_all(rustlib.join("src"))?;
        let host = Path::new(&sysroot).join("lib/rustlib/x86_64-unknown-linux-gnu");
        symlink(&host, rustlib.join("x86_64-unknown-linux-gnu"))?;
        let library = fs::canonicalize(sources.join("usr/lib/rustlib/src/rust"))?;
        // The compiler's own are most of it.
        remove(&library, &["compiler", "src"])?;
        symlink(library, rustlib.join("src/rust"))?;
        let launcher = own.join("rustc");
        let script = format!("#!/bin/sh\nexec rustc --sysroot '{}' \"$@\"\n", own.display());
        fs::write(&launcher, script)?;
        fs::set_permissions(&launcher, fs::Permissions::from_mode(0o755))?;
        Ok(())
    })?;
    Ok(())
}

/// `cargo` for the target. Where rustup's target is missing, the `build_std` crates are built as well.
pub fn cargo(home: &Path, build_std: &str, arguments: &[&str]) -> Result<Expression> {
    cargo_for(TARGET, home, build_std, arguments)
}

/// The same for another target, which `arguments` name.
pub fn cargo_for(target: &str, home: &Path, build_std: &str, arguments: &[&str]) -> Result<Expression> {
    let variables = variables(target, home, build_std)?.into_iter();
    Ok(variables.fold(tools::cargo(arguments), |command, (name, value)| command.env(name, value)))
}

/// The environment that cargo requires for a target: none where rustup's is installed.
pub fn variables(target: &str, home: &Path, build_std: &str) -> Result<Vec<(&'static str, String)>> {
    if rustup_has(target)? {
        return Ok(Vec::new());
    }
    let own = own_sysroot(home);
    Ok(vec![
        // Not `-Z build-std`: cargo does not pass its own flags on to clippy.
        ("CARGO_UNSTABLE_BUILD_STD", build_std.to_owned()),
        ("RUSTC_BOOTSTRAP", "1".to_owned()),
        ("RUSTC", own.join("rustc").display().to_string()),
        // For clippy, which is a rustc of its own.
        ("SYSROOT", own.display().to_string()),
    ])
}

/// The compiled `core` for the target; `build_target` is a target folder of cargo's that has built it
/// along where rustup's is missing.
pub fn compiled_core(build_target: &Path) -> Result<PathBuf> {
    let folder = match rustup_has(TARGET)? {
        true => Path::new(&rustc(&["--print", "sysroot"])?).join("lib/rustlib").join(TARGET).join("lib"),
        false => build_target.join(TARGET).join("release/deps"),
    };
    for entry in fs::read_dir(&folder).with_context(|| format!("read {}", folder.display()))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.starts_with("libcore-") && name.ends_with(".rlib") {
            return Ok(folder.join(name));
        }
    }
    bail!("there is no libcore in {}", folder.display())
}

fn own_sysroot(home: &Path) -> PathBuf {
    home.join("rust-sysroot")
}

fn rustup_has(target: &str) -> Result<bool> {
    let sysroot = rustc(&["--print", "sysroot"])?;
    Ok(Path::new(&sysroot).join("lib/rustlib").join(target).exists())
}

fn rustc(arguments: &[&str]) -> Result<String> {
    cmd("rustc", arguments).read().context("rustc is required: https://rustup.rs")
}
