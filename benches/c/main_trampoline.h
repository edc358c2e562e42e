/* The call of CPython's main branch behind the names that 3.13 calls. Two interpreters include it; one of
 * them counts. */
#define Py_BUILD_CORE 1
#include <Python.h>
#include <emscripten.h>

#define MISMATCH PyErr_SetString(PyExc_SystemError, "Handler takes too many arguments")
#include "main_call.h"

/* xtask/src/build/upstream.rs encodes it. */
extern const unsigned char upstream_module[];
extern const int upstream_module_length;

EM_JS(void, main_trampoline_install_js, (uintptr_t slot, const void *start, int length), {
  const module = new WebAssembly.Module(HEAPU8.slice(start, start + length));
  const imports = { 'e': { 't': wasmTable, 'm': wasmMemory } };
  wasmTable.set(slot, new WebAssembly.Instance(module, imports).exports['call']);
});
EM_JS_DEPS(main_trampoline, "$wasmTable,$wasmMemory,$HEAPU8");

/* CPython calls it before it calls anything through the trampoline. */
void _Py_EmscriptenTrampoline_Init(void *runtime) {
  main_trampoline_install_js((uintptr_t)main_installed, upstream_module, upstream_module_length);
}

#ifndef ON_CALL
#define ON_CALL
#endif

PyObject *_PyEM_TrampolineCall_JavaScript(PyCFunctionWithKeywords f, PyObject *a, PyObject *b, PyObject *c) {
  ON_CALL;
  return (PyObject *)main_call((uintptr_t)f, (uintptr_t)a, (uintptr_t)b, (uintptr_t)c);
}

/* 3.13 takes it where a flag is set that `_Py_EmscriptenTrampoline_Init` sets; ours does not. */
PyObject *_PyEM_TrampolineCall_Reflection(PyCFunctionWithKeywords f, PyObject *a, PyObject *b, PyObject *c) {
  return _PyEM_TrampolineCall_JavaScript(f, a, b, c);
}
