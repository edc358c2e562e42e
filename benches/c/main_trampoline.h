/* The trampoline of CPython's main branch behind the names that 3.13 calls: a function of another
 * instance takes five parameters, tests the signature at each call, and says in memory whether it
 * matched (xtask/src/upstream.rs). Two interpreters include it; one of them counts. */
#define Py_BUILD_CORE 1
#include <Python.h>
#include <emscripten.h>
#include <stdint.h>

typedef PyObject *(*inner)(int *success, PyCFunctionWithKeywords f, PyObject *a, PyObject *b, PyObject *c);

/* What xtask encodes. */
extern const unsigned char upstream_module[];
extern const int upstream_module_length;

static PyObject *not_installed(int *success, PyCFunctionWithKeywords f, PyObject *a, PyObject *b,
                               PyObject *c) {
  *success = 0;
  return NULL;
}
/* A field of `_PyRuntime` upstream, so a load at each call. */
static inner volatile installed = not_installed;

/* Into the placeholder's slot, where upstream adds one: the call is the same. */
EM_JS(void, main_trampoline_install_js, (uintptr_t slot, const void *start, int length), {
  const module = new WebAssembly.Module(HEAPU8.slice(start, start + length));
  const imports = { 'e': { 't': wasmTable, 'm': wasmMemory } };
  wasmTable.set(slot, new WebAssembly.Instance(module, imports).exports['call']);
});
EM_JS_DEPS(main_trampoline, "$wasmTable,$wasmMemory,$HEAPU8");

/* CPython calls it before it calls anything through the trampoline. */
void _Py_EmscriptenTrampoline_Init(void *runtime) {
  main_trampoline_install_js((uintptr_t)installed, upstream_module, upstream_module_length);
}

#ifndef ON_CALL
#define ON_CALL
#endif

/* As upstream has it, word for word in what it does. */
PyObject *_PyEM_TrampolineCall_JavaScript(PyCFunctionWithKeywords f, PyObject *a, PyObject *b, PyObject *c) {
  ON_CALL;
  int success = 1;
  PyObject *result = installed(&success, f, a, b, c);
  if (!success) PyErr_SetString(PyExc_SystemError, "Handler takes too many arguments");
  return result;
}

/* 3.13 takes it where a flag is set that `_Py_EmscriptenTrampoline_Init` sets; ours does not. */
PyObject *_PyEM_TrampolineCall_Reflection(PyCFunctionWithKeywords f, PyObject *a, PyObject *b, PyObject *c) {
  return _PyEM_TrampolineCall_JavaScript(f, a, b, c);
}
