//! CPython in Cloudflare's runtime, from a snapshot that Node took.

use anyhow::{Context, Result, ensure};
use e2e::with_bench;
use serde_json::Value;
use xtask::{
    build::workerd::{Server, Site},
    engines,
};

#[test]
fn workerd_answers_with_python_from_a_snapshot() {
    with_bench(|bench| {
        let site = Site::build(&bench.workshop, &bench.cpython)?;
        let server = site.serve()?;
        eprintln!("  start to first answer: {:?}", server.start_up);
        let refusal = server.get("/compile")?;
        ensure!(refusal.contains("Wasm code generation disallowed"), "compiled at run time: {refusal}");
        ensure!(server.get("/import")? == "(0.0, 0.5, 1.0)", "a module of the packed library");
        let refused = server.get("/?number=x").err().context("bad input is refused")?;
        ensure!(refused.to_string().contains("400"), "{refused}");
        let per_second = server.load(1_000, 50, false)?;
        eprintln!("  {per_second:.0} requests a second");

        // One Python has counted them all; a fresh one knows of itself only, whatever was asked before.
        let requests = |path: &str| -> Result<u64> {
            let answer: Value = serde_json::from_str(&server.get(path)?)?;
            answer["requests"].as_u64().context("requests")
        };
        let per_second = server.load(1_000, 50, true)?;
        eprintln!("  {per_second:.0} requests a second, each in a fresh Python");
        ensure!(requests("/?number=1")? > 1_000, "one Python has lost its requests");
        ensure!(requests("/fresh?number=1")? == 1, "a fresh Python has had requests");

        // Two instances of one snapshot, each reseeded: what each draws first.
        let other = site.serve()?;
        let random = |server: &Server| server.first["random"].as_f64().context("random");
        ensure!(random(&server)? != random(&other)?, "both draw {}", server.first["random"]);
        engines::record(&bench.workshop, "workerd", &bench.workshop.pins.workerd.version, |engine| {
            engine.path = "wasm-gc, adaptor handed in".to_owned();
        })
    });
}
