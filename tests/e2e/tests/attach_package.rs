//! What `pyem-trampoline/attach` is as a package: its size, its bytes, its errors.

use anyhow::{Result, ensure};
use duct::cmd;
use xtask::{build::attach, tools::workshop::project_root};

/// Everything that a page loads, minified.
const MOST_BYTES: usize = 6 * 1024;

#[test]
fn everything_is_small() -> Result<()> {
    let root = project_root()?;
    attach::write(&root)?;
    let esbuild = root.join("node_modules/@esbuild/linux-x64/bin/esbuild");
    ensure!(esbuild.exists(), "esbuild is missing: npm install");
    let bundle =
        cmd!(esbuild, "--bundle", "--minify", "--format=esm", "--log-level=error", "npm/attach/index.mjs")
            .dir(&root)
            .read()?;
    ensure!(bundle.len() <= MOST_BYTES, "{} bytes", bundle.len());
    println!("{} bytes", bundle.len());
    Ok(())
}
