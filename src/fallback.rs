//! The function that stands in the resolver's slot until the hook puts the adaptor there.

use crate::abi::{Resolver, pyem_resolve_with_js};

/// Answers by asking JavaScript, which returns before anything is called: no JavaScript frame is
/// ever under a callee, so stack switching (JSPI) works on this path too.
///
/// It runs where the engine has no WebAssembly GC or another path was forced, for the slots that the
/// hook found empty or that were rewritten. And it runs where the hook did not, or could not know the
/// slot: in relocatable main modules of emscripten up to 4.0.18 (their data is relocated after preRun). There JavaScript installs the adaptor at this first miss.
#[cfg_attr(target_os = "emscripten", unsafe(no_mangle))]
pub extern "C" fn pyem_resolve_fallback(slot: usize) -> u32 {
    pyem_resolve_with_js(slot)
}

/// It is what the resolver's pointer says it is.
const _: Resolver = pyem_resolve_fallback;
