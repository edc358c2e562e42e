//! CPython in Cloudflare's runtime, from a snapshot that Node took.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use e2e::with_bench;
use serde_json::Value;
use xtask::workerd::Site;

#[test]
fn workerd_answers_with_python_from_a_snapshot() {
    with_bench(|bench| {
        let site = Site::build(&bench.workshop, &bench.cpython)?;
        let server = site.serve()?;
        eprintln!("  start to first answer: {:?}", server.start_up);
        let refusal = server.get("/compile")?;
        ensure!(refusal.contains("Wasm code generation disallowed"), "compiled at run time: {refusal}");
        ensure!(server.get("/import")? == "(0.0, 0.5, 1.0)", "a module of the packed library");
        ensure!(server.get("/?number=x").is_err(), "bad input is refused");
        let per_second = server.load(1_000, 50)?;
        eprintln!("  {per_second:.0} requests a second");

        // Two instances of one snapshot, each reseeded.
        let random = |server: &xtask::workerd::Server| -> Result<String> {
            let answer: Value = serde_json::from_str(&server.get("/?number=1")?)?;
            Ok(answer["random"].as_f64().context("random")?.to_string())
        };
        let other = site.serve()?;
        let drawn: BTreeSet<String> = [random(&server)?, random(&other)?].into();
        ensure!(drawn.len() == 2, "both draw {drawn:?}");
        Ok(())
    });
}
