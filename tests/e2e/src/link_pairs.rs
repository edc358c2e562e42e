//! The flags that interact, in the links of [`link_cells`](crate::link_cells).

use crate::link_cells::{
    ByDefault::Neither,
    Cell,
    Fate::{self, Fails, NotRun, Unlinked, Works},
    NO_SUCH_MODE, WITHOUT_IT,
};

// What emscripten cannot do itself.
const NOT_PROMISING: &str = "trying to suspend without WebAssembly.promising";
const NO_THREADS: &str = "EVAL_CTORS is not compatible with pthreads yet";
const NOT_STABLE: &str = "dynamic imports are not yet stable";

const fn works(name: &'static str, flags: &'static str) -> Cell {
    pair(name, flags, [Works; 2])
}

const fn pair(name: &'static str, flags: &'static str, fates: [Fate; 2]) -> Cell {
    Cell { name, flags, fates, by_default: Neither }
}

/// In the order of the table.
pub const PAIRS: &[Cell] = &[
    works("-O2, signatures alone", "-O2 -DSIGNATURES"),
    works("-O3, -flto, --closure 1", "-O3 -flto --closure 1 -sDEFAULT_TO_CXX=0"),
    works("-flto, -pthread", "-O2 -flto -pthread -sPTHREAD_POOL_SIZE=1 -sEXIT_RUNTIME -sDEFAULT_TO_CXX=0"),
    works("-O3, --closure 1, EXPORT_ES6", "-O3 --closure 1 -sMODULARIZE -sEXPORT_ES6"),
    pair(
        "MINIMAL_RUNTIME, --closure 1, $addOnPreRun",
        "-O3 --closure 1 -sMINIMAL_RUNTIME -sDEFAULT_LIBRARY_FUNCS_TO_INCLUDE=$addOnPreRun",
        [NotRun("see the row without it"), Works],
    ),
    pair(
        "MINIMAL_RUNTIME, -pthread, $addOnPreRun",
        "-O2 -sMINIMAL_RUNTIME -pthread -sPTHREAD_POOL_SIZE=1 -sEXIT_RUNTIME -sDEFAULT_LIBRARY_FUNCS_TO_INCLUDE=$addOnPreRun",
        [NotRun("see the row without it"), Works],
    ),
    pair(
        "STRICT, EXPORT_ES6, $addOnPreRun",
        "-O2 -sSTRICT -sMODULARIZE -sEXPORT_ES6 -sDEFAULT_LIBRARY_FUNCS_TO_INCLUDE=$addOnPreRun",
        [NotRun(WITHOUT_IT), Works],
    ),
    pair(
        "STRICT, -pthread, $addOnPreRun",
        "-O2 -sSTRICT -pthread -sPTHREAD_POOL_SIZE=1 -sEXIT_RUNTIME -sDEFAULT_LIBRARY_FUNCS_TO_INCLUDE=$addOnPreRun",
        [NotRun(WITHOUT_IT), Works],
    ),
    works("EVAL_CTORS=2, MODULARIZE", "-O2 -sEVAL_CTORS=2 -sMODULARIZE"),
    pair("EVAL_CTORS=2, -pthread", "-O2 -sEVAL_CTORS=2 -pthread -sEXIT_RUNTIME", [Unlinked(NO_THREADS); 2]),
    works("SINGLE_FILE, EXPORT_ES6", "-O2 -sSINGLE_FILE -sMODULARIZE -sEXPORT_ES6"),
    works("SINGLE_FILE, -pthread", "-O2 -sSINGLE_FILE -pthread -sPTHREAD_POOL_SIZE=1 -sEXIT_RUNTIME"),
    works(
        "SAFE_HEAP, ASSERTIONS=2, ALLOW_MEMORY_GROWTH",
        "-O1 -sSAFE_HEAP -sASSERTIONS=2 -sALLOW_MEMORY_GROWTH",
    ),
    works("SAFE_HEAP, -pthread", "-O1 -sSAFE_HEAP -pthread -sPTHREAD_POOL_SIZE=1 -sEXIT_RUNTIME"),
    works("ASSERTIONS=2, ALLOW_TABLE_GROWTH", "-O1 -sASSERTIONS=2 -sALLOW_TABLE_GROWTH -DGROWS"),
    works("ASYNCIFY, --closure 1", "-O2 -sASYNCIFY --closure 1 -DSUSPENDS"),
    works("ASYNCIFY, MAIN_MODULE=2", "-O2 -sASYNCIFY -sMAIN_MODULE=2 -DSUSPENDS -DSIDE_MODULES"),
    works(
        "ASYNCIFY, PROXY_TO_PTHREAD",
        "-O2 -sASYNCIFY -pthread -sPROXY_TO_PTHREAD -sEXIT_RUNTIME -DSUSPENDS",
    ),
    works("JSPI, EXPORT_ES6", "-O2 -sJSPI -sMODULARIZE -sEXPORT_ES6 -DSUSPENDS"),
    pair(
        "JSPI, PROXY_TO_PTHREAD",
        "-O2 -sJSPI -pthread -sPROXY_TO_PTHREAD -sEXIT_RUNTIME -DSUSPENDS",
        [Fails(NOT_PROMISING), Works],
    ),
    works("-fwasm-exceptions, JSPI", "-O2 -fwasm-exceptions -sJSPI -DTHROWS -DSUSPENDS"),
    works(
        "-fwasm-exceptions, SUPPORT_LONGJMP=wasm",
        "-O2 -fwasm-exceptions -sSUPPORT_LONGJMP=wasm -DTHROWS -DJUMPS",
    ),
    works(
        "-pthread, ALLOW_MEMORY_GROWTH",
        "-O2 -pthread -sALLOW_MEMORY_GROWTH -sPTHREAD_POOL_SIZE=1 -sEXIT_RUNTIME -Wno-pthreads-mem-growth",
    ),
    works(
        "-pthread, ALLOW_TABLE_GROWTH",
        "-O2 -pthread -sALLOW_TABLE_GROWTH -DGROWS -sPTHREAD_POOL_SIZE=1 -sEXIT_RUNTIME",
    ),
    works(
        "-pthread, EXPORT_ES6, --closure 1",
        "-O2 -pthread -sMODULARIZE -sEXPORT_ES6 --closure 1 -sPTHREAD_POOL_SIZE=1 -sEXIT_RUNTIME",
    ),
    works("-pthread, WASM_BIGINT=0", "-O2 -pthread -sWASM_BIGINT=0 -sPTHREAD_POOL_SIZE=1 -sEXIT_RUNTIME"),
    works("WASMFS, -pthread", "-O2 -sWASMFS -pthread -sPTHREAD_POOL_SIZE=1 -sEXIT_RUNTIME"),
    works("WASM_WORKERS, --closure 1", "-O2 -sWASM_WORKERS --closure 1"),
    works("WASM_WORKERS, -pthread", "-O2 -sWASM_WORKERS -pthread -sPTHREAD_POOL_SIZE=1 -sEXIT_RUNTIME"),
    pair(
        "MODULARIZE=instance, -pthread",
        "-O2 -sMODULARIZE=instance -pthread -sPTHREAD_POOL_SIZE=1 -sEXIT_RUNTIME",
        [NotRun(NO_SUCH_MODE), Works],
    ),
    pair(
        "MODULARIZE=instance, MAIN_MODULE=2",
        "-O2 -sMODULARIZE=instance -sMAIN_MODULE=2 -DSIDE_MODULES",
        [NotRun(NO_SUCH_MODE), Works],
    ),
    works("MAIN_MODULE=2, --closure 1", "-O2 -sMAIN_MODULE=2 --closure 1 -DSIDE_MODULES"),
    works("MAIN_MODULE=2, -O0, ASSERTIONS=2", "-O0 -sMAIN_MODULE=2 -sASSERTIONS=2 -DSIDE_MODULES"),
    works("MAIN_MODULE=2, SAFE_HEAP", "-O1 -sMAIN_MODULE=2 -sSAFE_HEAP -DSIDE_MODULES"),
    works("MAIN_MODULE=2, WASM_BIGINT=0", "-O2 -sMAIN_MODULE=2 -sWASM_BIGINT=0 -DSIDE_MODULES"),
    works("MAIN_MODULE=2, EXPORT_ES6", "-O2 -sMAIN_MODULE=2 -sMODULARIZE -sEXPORT_ES6 -DSIDE_MODULES"),
    works(
        "MAIN_MODULE=2, ABORT_ON_WASM_EXCEPTIONS",
        "-O2 -sMAIN_MODULE=2 -sABORT_ON_WASM_EXCEPTIONS -DSIDE_MODULES",
    ),
    works("MAIN_MODULE=2, JSPI", "-O2 -sMAIN_MODULE=2 -sJSPI -DSUSPENDS -DSIDE_MODULES"),
    works(
        "MAIN_MODULE=2, PROXY_TO_PTHREAD",
        "-O2 -sMAIN_MODULE=2 -pthread -sPROXY_TO_PTHREAD -sEXIT_RUNTIME -DSIDE_MODULES",
    ),
    pair(
        "MAIN_MODULE=2, STRICT",
        "-O2 -sMAIN_MODULE=2 -sSTRICT -DSIDE_MODULES",
        [Works, Unlinked(NOT_STABLE)],
    ),
    pair(
        "MAIN_MODULE=2, STRICT, --no-fatal-warnings, $addOnPreRun",
        "-O2 -sMAIN_MODULE=2 -sSTRICT -Wl,--no-fatal-warnings -sDEFAULT_LIBRARY_FUNCS_TO_INCLUDE=$addOnPreRun -DSIDE_MODULES",
        [NotRun(WITHOUT_IT), Works],
    ),
];
