/* What rustc cannot put into an emscripten object: exported data symbols (it makes statics local)
 * and EM_JS (it makes custom sections of link sections). Nothing else belongs here. */
#include <emscripten.h>

/* From build.rs: PYEM_HOOK, a string literal of preRun.js; PYEM_ADAPTOR, a list of bytes; and the
 * declarations of what stands here, with the numbers of src/abi.rs. */
#include "pyem_generated.h"

extern uint32_t pyem_resolve_fallback(uintptr_t slot);

/* One byte per slot of the function table: src/signature.rs. */
uint8_t pyem_signature_cache[PYEM_CACHE_LENGTH];

/* How many resolutions each path has given. */
uint32_t pyem_resolutions[PYEM_PATHS];

static const uint8_t adaptor[] = {PYEM_ADAPTOR};

/* What the hook reads before C runs. Constant, so that no snapshot and no start-up code can change
 * where the resolver stands. */
EMSCRIPTEN_KEEPALIVE const struct pyem_abi pyem_trampoline_abi = {
    .version = PYEM_ABI_VERSION,
    .resolver = pyem_resolve_fallback,
    .cache = pyem_signature_cache,
    .cache_length = sizeof pyem_signature_cache,
    .adaptor = adaptor,
    .adaptor_length = sizeof adaptor,
    .resolutions = pyem_resolutions,
};

/* CPython's data names, for builds that export them by name. Its own hook, which reads them, went
 * with the object that we stand in for. */
EMSCRIPTEN_KEEPALIVE const int _PyEM_EMSCRIPTEN_COUNT_ARGS_OFFSET = 0;
EMSCRIPTEN_KEEPALIVE const int _PyEM_EMSCRIPTEN_TRAMPOLINE_OFFSET = 0;
EMSCRIPTEN_KEEPALIVE const int _PyEM_runtime = 0;
EMSCRIPTEN_KEEPALIVE const int _PyEM_trampoline_slot = 0;

EM_JS_DEPS(pyem_trampoline, "$wasmTable");

/* An EM_JS function; what stands behind its closing brace becomes glue code of the module, once.
 * Written out, because the EM_JS macro cannot take text from another macro. Emscripten takes the
 * texts of this section out of the wasm file when it has read them. */
#define EM_JS_TEXT(name, text)                                                                   \
  __attribute__((used, visibility("default"), section("em_js"), aligned(1))) char __em_js__##name[] = text

extern uint32_t pyem_resolve_js(uintptr_t slot, const void *abi)
    __attribute__((import_module("env"), import_name("pyem_resolve_js")));
extern uint32_t pyem_describe_js(uintptr_t slot)
    __attribute__((import_module("env"), import_name("pyem_describe_js")));
extern uint32_t pyem_table_size_js(void)
    __attribute__((import_module("env"), import_name("pyem_table_size_js")));

EM_JS_TEXT(pyem_resolve_js,
           "(slot, abi)<::>{ return pyemTrampoline['resolve'](slot, abi); }\n" PYEM_HOOK);
EM_JS_TEXT(pyem_describe_js, "(slot)<::>{ return pyemTrampoline['describe'](slot); }");
EM_JS_TEXT(pyem_table_size_js, "()<::>{ return wasmTable.length; }");

/* Rust calls the imports through this object, so that it is never linked without its texts. */
uint32_t pyem_resolve_with_js(uintptr_t slot) {
  return pyem_resolve_js(slot, &pyem_trampoline_abi);
}
uint32_t pyem_describe_with_js(uintptr_t slot) { return pyem_describe_js(slot); }
uintptr_t pyem_table_size(void) { return pyem_table_size_js(); }
