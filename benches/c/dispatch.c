/* What one call costs, for the demo page: through a correctly typed pointer, which is the limit, and through each
 * trampoline. Each loop sums up what the callees return, so that the calls are checked. */
#define Py_BUILD_CORE 1
#include <Python.h>
#include <emscripten.h>
#include <internal/pycore_emscripten_trampoline.h>
#include <stdint.h>

#define CALLEES 16

typedef uintptr_t (*typed)(uintptr_t, uintptr_t);

/* Distinct functions: each adds another constant. */
#define CALLEE(n) static uintptr_t callee2_##n(uintptr_t a, uintptr_t b) { return a + b + n; }
CALLEE(0) CALLEE(1) CALLEE(2) CALLEE(3) CALLEE(4) CALLEE(5) CALLEE(6) CALLEE(7)
CALLEE(8) CALLEE(9) CALLEE(10) CALLEE(11) CALLEE(12) CALLEE(13) CALLEE(14) CALLEE(15)

static void *const volatile same[CALLEES] = {
    (void *)callee2_0, (void *)callee2_1, (void *)callee2_2, (void *)callee2_3, (void
    *)callee2_4, (void *)callee2_5, (void *)callee2_6, (void *)callee2_7, (void *)callee2_8,
    (void *)callee2_9, (void *)callee2_10, (void *)callee2_11, (void *)callee2_12, (void
    *)callee2_13, (void *)callee2_14, (void *)callee2_15};

static uintptr_t direct(unsigned calls) {
  uintptr_t sum = 0;
  for (unsigned i = 0; i < calls; i++) sum += ((typed)same[i % CALLEES])(i, 1);
  return sum;
}

/* The trampoline's own function, which 3.13 takes on engines without type reflection. */
static uintptr_t trampoline(unsigned calls) {
  uintptr_t sum = 0;
  for (unsigned i = 0; i < calls; i++) {
    PyCFunctionWithKeywords callee = (PyCFunctionWithKeywords)same[i % CALLEES];
    PyObject *a = (PyObject *)(uintptr_t)i, *b = (PyObject *)1, *c = (PyObject *)2;
    sum += (uintptr_t)_PyEM_TrampolineCall_JavaScript(callee, a, b, c);
  }
  return sum;
}

/* The trampoline of CPython 3.13 on engines without type reflection. */
EM_JS(uintptr_t, dispatch_javascript_js, (uintptr_t f, uintptr_t a, uintptr_t b, uintptr_t c), {
  return wasmTable.get(f)(a, b, c);
});
static uintptr_t javascript(unsigned calls) {
  uintptr_t sum = 0;
  for (unsigned i = 0; i < calls; i++)
    sum += dispatch_javascript_js((uintptr_t)same[i % CALLEES], i, 1, 2);
  return sum;
}

/* The design of CPython's main branch. */
#define MISMATCH PyErr_SetString(PyExc_SystemError, "Handler takes too many arguments")
#include "main_call.h"
EM_JS(int, dispatch_install_js, (uintptr_t slot), {
  const upstream = Module['dispatchUpstream'];
  if (!upstream) return 0;
  const imports = { 'e': { 't': wasmTable, 'm': wasmMemory } };
  wasmTable.set(slot, new WebAssembly.Instance(upstream, imports).exports['call']);
  return 1;
});
EM_JS_DEPS(dispatch, "$wasmTable,$wasmMemory");
__attribute__((noinline)) static uintptr_t upstream_call(uintptr_t f, uintptr_t a, uintptr_t b, uintptr_t c) {
  return main_call(f, a, b, c);
}
static uintptr_t upstream(unsigned calls) {
  uintptr_t sum = 0;
  for (unsigned i = 0; i < calls; i++) sum += upstream_call((uintptr_t)same[i % CALLEES], i, 1, 2);
  return sum;
}
/* has_upstream() -> whether the embedder has provided that module. */
static PyObject *has_upstream(PyObject *self, PyObject *none) {
  return PyBool_FromLong(dispatch_install_js((uintptr_t)main_installed));
}

/* What a loop of `calls` must sum up to, by arithmetic alone. */
static uintptr_t expected(unsigned calls) {
  uintptr_t sum = 0;
  for (unsigned i = 0; i < calls; i++) sum += i % CALLEES + i + 1;
  return sum;
}

/* measure(what, calls) -> nanoseconds per call; ValueError if the sum is wrong. */
static PyObject *measure(PyObject *self, PyObject *args) {
  const char *what;
  unsigned calls;
  if (!PyArg_ParseTuple(args, "sI", &what, &calls)) return NULL;
  uintptr_t sum;
  double start = emscripten_get_now();
  switch (what[0]) {
    case 'd': sum = direct(calls); break;
    case 's': sum = trampoline(calls); break;
    case 'j': sum = javascript(calls); break;
    case 'u': sum = upstream(calls); break;
    default: return PyErr_Format(PyExc_ValueError, "what is %s", what);
  }
  double time = emscripten_get_now() - start;
  if (sum != expected(calls)) return PyErr_Format(PyExc_ValueError, "wrong sum");
  return PyFloat_FromDouble(time * 1e6 / calls);
}

static PyMethodDef functions[] = {
    {"measure", measure, METH_VARARGS}, {"has_upstream", has_upstream, METH_NOARGS}, {NULL}};
static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "dispatch", NULL, -1, functions};
PyMODINIT_FUNC PyInit_dispatch(void) { return PyModule_Create(&definition); }
