//! The links of `tests/links_of_c.rs`: flags, and what becomes of them with the oldest and the newest emscripten.
//!
//! By default each flag is linked with one emscripten, or with both where the fates differ, or where the newest main
//! modules are not made as the oldest are. Left to `--all` are pairs of flags ([`PAIRS`]), and flags for which emcc compiles
//! another set of its libraries first (half a minute and more each).

use xtask::build::archive::Variant;

use crate::link_pairs::PAIRS;

/// What becomes of a link.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fate {
    Works,
    /// It fails when it starts, with this text.
    Fails(&'static str),
    /// It is not linked, and emcc prints this text.
    Unlinked(&'static str),
    /// It is not run, for this reason.
    NotRun(&'static str),
}
use Fate::{Fails, NotRun, Unlinked, Works};

/// The emscriptens that link a cell by default.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ByDefault {
    Both,
    Oldest,
    Newest,
    /// Pairs of flags, and flags for which emcc compiles another set of its libraries first.
    Neither,
}
use ByDefault::{Both, Neither, Newest, Oldest};

/// A row of the table in docs/links.md.
#[derive(Clone, Copy, Debug)]
pub struct Cell {
    pub name: &'static str,
    pub(crate) flags: &'static str,
    /// With the oldest and the newest emscripten.
    pub fates: [Fate; 2],
    pub by_default: ByDefault,
}

const fn cell(name: &'static str, flags: &'static str, fates: [Fate; 2], by_default: ByDefault) -> Cell {
    Cell { name, flags, fates, by_default }
}

/// What the hook prints, and `cargo xtask check` advises, where nothing runs it.
pub const LOST: &str =
    "the hook did not run before C: link with '-sDEFAULT_LIBRARY_FUNCS_TO_INCLUDE=$addOnPreRun'";
/// The same with the oldest emscripten, which has no such symbol.
pub const LOST_BY_OLDEST: &str = "the hook did not run before C: link with \
    '-sDEFAULT_LIBRARY_FUNCS_TO_INCLUDE=$addOnPreRun' (emcc 3.1.69: without MINIMAL_RUNTIME)";
const WASM_0: &str = "-sWASM=0 leaves function pointers without signatures: link without it";
const WASM64: &str = "wasm32 object file can't be linked in wasm64 mode";
pub(crate) const WITHOUT_IT: &str = "3.1.69 runs hooks without it";
pub(crate) const NO_SUCH_MODE: &str = "emscripten 3.1.69 has no such mode";
const NO_WORKERS: &str = "dynamic linking is not supported with -sWASM_WORKERS";

/// All links, in the order of the table.
pub fn cells() -> impl Iterator<Item = &'static Cell> {
    FLAGS.iter().chain(PAIRS)
}

/// The links of one flag each.
const FLAGS: &[Cell] = &[
    cell("-O0", "-O0", [Works; 2], Newest),
    cell("-O1", "-O1", [Works; 2], Oldest),
    cell("-O2", "-O2", [Works; 2], Both),
    cell("-O3", "-O3", [Works; 2], Oldest),
    cell("-Os", "-Os", [Works; 2], Oldest),
    cell("-Oz", "-Oz", [Works; 2], Newest),
    cell("-g", "-O0 -g", [Works; 2], Oldest),
    cell("--profiling-funcs", "-O2 --profiling-funcs", [Works; 2], Newest),
    cell("-flto, DEFAULT_TO_CXX=0", "-O2 -flto -sDEFAULT_TO_CXX=0", [Works; 2], Neither),
    cell("--closure 1", "-O2 --closure 1", [Works; 2], Newest),
    cell("ASSERTIONS=2", "-O1 -sASSERTIONS=2", [Works; 2], Oldest),
    cell("SAFE_HEAP", "-O1 -sSAFE_HEAP", [Works; 2], Oldest),
    cell("ABORT_ON_WASM_EXCEPTIONS", "-O1 -sABORT_ON_WASM_EXCEPTIONS", [Works; 2], Oldest),
    cell("-fwasm-exceptions", "-O2 -fwasm-exceptions -DTHROWS", [Works; 2], Neither),
    cell("SUPPORT_LONGJMP=emscripten", "-O2 -sSUPPORT_LONGJMP=emscripten -DJUMPS", [Works; 2], Oldest),
    cell("SUPPORT_LONGJMP=wasm", "-O2 -sSUPPORT_LONGJMP=wasm -DJUMPS", [Works; 2], Neither),
    cell("ALLOW_TABLE_GROWTH", "-O2 -sALLOW_TABLE_GROWTH -DGROWS", [Works; 2], Newest),
    cell("ALLOW_MEMORY_GROWTH", "-O2 -sALLOW_MEMORY_GROWTH", [Works; 2], Oldest),
    cell("WASM_BIGINT=0", "-O2 -sWASM_BIGINT=0", [Works; 2], Newest),
    cell("EVAL_CTORS=2", "-O2 -sEVAL_CTORS=2", [Works; 2], Newest),
    cell("SINGLE_FILE", "-O2 -sSINGLE_FILE", [Works; 2], Newest),
    cell("MODULARIZE", "-O2 -sMODULARIZE", [Works; 2], Oldest),
    cell("MODULARIZE, EXPORT_ES6", "-O2 -sMODULARIZE -sEXPORT_ES6", [Works; 2], Newest),
    cell("MODULARIZE=instance", "-O2 -sMODULARIZE=instance", [NotRun(NO_SUCH_MODE), Works], Newest),
    cell("MINIMAL_RUNTIME", "-O2 -sMINIMAL_RUNTIME", [Fails(LOST_BY_OLDEST), Fails(LOST)], Both),
    cell(
        "MINIMAL_RUNTIME, $addOnPreRun",
        "-O2 -sMINIMAL_RUNTIME -sDEFAULT_LIBRARY_FUNCS_TO_INCLUDE=$addOnPreRun",
        [Unlinked("undefined symbol: $addOnPreRun"), Works],
        Both,
    ),
    cell("--stack-first", "-O2 -Wl,--stack-first", [Works; 2], Oldest),
    cell("STRICT", "-O2 -sSTRICT", [Works, Fails(LOST)], Both),
    cell(
        "STRICT, $addOnPreRun",
        "-O2 -sSTRICT -sDEFAULT_LIBRARY_FUNCS_TO_INCLUDE=$addOnPreRun",
        [NotRun(WITHOUT_IT), Works],
        Newest,
    ),
    cell("WASMFS", "-O2 -sWASMFS", [Works; 2], Neither),
    cell("ASYNCIFY", "-O2 -sASYNCIFY -DSUSPENDS", [Works; 2], Oldest),
    cell("JSPI", "-O2 -sJSPI -DSUSPENDS", [Works; 2], Newest),
    cell("WASM=0", "-O2 -sWASM=0", [Fails(WASM_0); 2], Oldest),
    cell("MEMORY64=1", "-O2 -sMEMORY64=1", [Unlinked(WASM64); 2], Neither),
    cell("-pthread", "-O2 -pthread -sPTHREAD_POOL_SIZE=1 -sEXIT_RUNTIME", [Works; 2], Newest),
    cell("PROXY_TO_PTHREAD", "-O2 -pthread -sPROXY_TO_PTHREAD -sEXIT_RUNTIME", [Works; 2], Oldest),
    cell("WASM_WORKERS", "-O2 -sWASM_WORKERS", [Works; 2], Oldest),
    cell(
        "MAIN_MODULE=1",
        "-O2 -sMAIN_MODULE=1 -DSIGNATURES",
        [Unlinked("undefined symbol: PyCFunction_Type"); 2],
        Neither,
    ),
    cell("MAIN_MODULE=1, CPython's names defined", "-O2 -sMAIN_MODULE=1 -DSIDE_MODULES", [Works; 2], Neither),
    cell("MAIN_MODULE=2", "-O2 -sMAIN_MODULE=2 -DSIDE_MODULES", [Works; 2], Both),
    cell(
        "MAIN_MODULE=2, -pthread",
        "-O2 -sMAIN_MODULE=2 -pthread -sPTHREAD_POOL_SIZE=1 -sEXIT_RUNTIME -DSIDE_MODULES",
        [Works; 2],
        Neither,
    ),
    cell(
        "MAIN_MODULE=2, WASM_WORKERS",
        "-O2 -sMAIN_MODULE=2 -sWASM_WORKERS",
        [Unlinked(NO_WORKERS); 2],
        Oldest,
    ),
];

impl Cell {
    /// Whether it is a test now.
    pub fn is_chosen(&self, newest: bool, every_cell: bool) -> bool {
        let chosen = matches!((self.by_default, newest), (Both, _) | (Oldest, false) | (Newest, true));
        !matches!(self.fates[usize::from(newest)], NotRun(_)) && (every_cell || chosen)
    }

    /// Of the link.
    pub fn flags(&self) -> Vec<&'static str> {
        self.flags.split(' ').collect()
    }

    /// Those of the flags that the compiler asks for.
    pub fn compiler_flags(&self) -> Vec<&'static str> {
        const KNOWN: [&str; 8] =
            ["-O", "-g", "-f", "-D", "-pthread", "-sWASM_WORKERS", "-sMEMORY64", "-sSUPPORT_LONGJMP"];
        let flags = self.flags.split(' ').filter_map(|flag| match flag {
            // As emcc does where it compiles and links at once.
            _ if flag.starts_with("-sMAIN_MODULE") => Some("-fPIC"),
            _ if KNOWN.iter().any(|known| flag.starts_with(known)) => Some(flag),
            _ => None,
        });
        flags.collect()
    }

    pub fn has(&self, flag: &str) -> bool {
        self.flags.split(' ').any(|own| own == flag)
    }

    /// The archive that it takes.
    pub fn variant(&self) -> Variant {
        if self.has("-pthread") || self.has("-sWASM_WORKERS") { Variant::Threads } else { Variant::Plain }
    }

    /// Whether the program is an ES module.
    pub fn is_module(&self) -> bool {
        self.has("-sEXPORT_ES6") || self.has("-sMODULARIZE=instance")
    }

    /// The lines that the program prints, sorted: threads print in what order they like.
    pub fn output(&self, live: &str) -> Vec<String> {
        let mut lines = vec![format!("path: {live}")];
        lines.extend(
            ["early: 4", "before: 100 201 303 406 -1 501 -1 -1", "after: 100 201 303 406 -1 303 -1 -1"]
                .map(String::from),
        );
        let more = [
            ("-DSUSPENDS", "suspended: 601"),
            ("-DJUMPS", "jumped: 701"),
            ("-DTHROWS", "thrown: 801"),
            ("-DGROWS", "grown: 303 201 -1 406"),
            ("-DSIDE_MODULES", "side modules: 2, closed 0, 1002, reused 0, 3"),
        ];
        lines.extend(more.into_iter().filter(|(flag, _)| self.has(flag)).map(|(_, line)| line.to_owned()));
        if self.variant() == Variant::Threads {
            lines.push("thread: 100 201 303 406 -1 501 -1 -1".to_owned());
        }
        lines.sort_unstable();
        lines
    }
}
