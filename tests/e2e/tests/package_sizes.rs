//! What a page loads of the npm package: its size.

use anyhow::{Result, ensure};
use duct::{Expression, cmd};
use e2e::{Bench, with_bench};
use xtask::{
    build::{attach, audit},
    tools::javascript,
};

/// Of `attach`, minified.
const MOST_OF_ATTACH: usize = 6 * 1024;
/// Of `audit`, minified and compressed.
const MOST_OF_AUDIT: usize = 100 * 1024;

/// Everything that a module imports, minified.
fn bundle(bench: &Bench, module: &str) -> Result<Expression> {
    let esbuild = javascript::esbuild(&bench.workshop)?;
    let command = cmd!(esbuild, "--bundle", "--minify", "--format=esm", "--log-level=error", module);
    Ok(command.dir(&bench.workshop.root))
}

#[test]
fn attach_is_small() {
    with_bench(|bench| {
        attach::write(&bench.workshop.root)?;
        let bytes = bundle(bench, "npm/attach/index.mjs")?.read()?.len();
        ensure!(bytes > 1000 && bytes <= MOST_OF_ATTACH, "{bytes} bytes");
        println!("{bytes} bytes");
        Ok(())
    });
}

#[test]
fn audit_is_small() {
    with_bench(|bench| {
        audit::write(&bench.workshop)?;
        let compressed = bundle(bench, "npm/audit/index.mjs")?.pipe(cmd!("gzip", "-9"));
        let bytes = compressed.stdout_capture().run()?.stdout.len();
        ensure!(bytes > 1000 && bytes <= MOST_OF_AUDIT, "{bytes} bytes");
        println!("{bytes} bytes");
        Ok(())
    });
}
