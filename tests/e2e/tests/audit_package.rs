//! What `pyem-trampoline/audit` is as a package: its size.

use anyhow::{Result, ensure};
use duct::cmd;
use e2e::with_bench;
use xtask::build::audit;

/// Everything that a page loads, minified and compressed.
const MOST_BYTES: usize = 100 * 1024;

#[test]
fn everything_is_small() {
    with_bench(|bench| {
        audit::write(&bench.workshop)?;
        let root = &bench.workshop.root;
        let esbuild = root.join("node_modules/@esbuild/linux-x64/bin/esbuild");
        ensure!(esbuild.exists(), "esbuild is missing: npm install");
        let bundle =
            cmd!(esbuild, "--bundle", "--minify", "--format=esm", "--log-level=error", "npm/audit/index.mjs");
        let compressed = bundle.dir(root).pipe(cmd!("gzip", "-9")).stdout_capture().run()?.stdout;
        println!("{} bytes", compressed.len());
        ensure!(compressed.len() > 1000 && compressed.len() <= MOST_BYTES, "{} bytes", compressed.len());
        Result::Ok(())
    });
}
