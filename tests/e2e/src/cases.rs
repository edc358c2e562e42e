//! The engines and their paths, as data.

/// A way to start the interpreter on one engine.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// The major version of Node.
    pub node: u32,
    /// The path that is forced.
    pub force: Option<&'static str>,
    /// Whether the hook runs in preRun.
    pub hook: bool,
    /// The path that must be live.
    pub live: &'static str,
}

/// Node's versions, and whether each has WebAssembly GC.
pub const ENGINES: [(u32, bool); 4] = [(20, false), (22, true), (24, true), (26, true)];
/// Those that have stack switching (JSPI).
pub const JSPI_ENGINES: [u32; 2] = [24, 26];

/// Each engine with its default, each forced path that it has, and without the hook.
pub fn all() -> Vec<Case> {
    let mut cases = Vec::new();
    for (node, wasm_gc) in ENGINES {
        let live = if wasm_gc { "wasm-gc" } else { "probe" };
        let mut add = |force, hook, live| cases.push(Case { node, force, hook, live });
        add(None, true, live);
        add(None, false, live);
        if wasm_gc {
            add(Some("wasm-gc"), true, "wasm-gc");
        }
        for path in ["reflection", "probe"] {
            add(Some(path), true, path);
            add(Some(path), false, path);
        }
    }
    cases
}
