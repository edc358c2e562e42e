/* Goes before a file of CPython that has call sites: they then call the pointer as it is declared,
 * as in a build without PY_CALL_TRAMPOLINE. The macro itself stays defined, which keeps the layout of
 * `_PyRuntime`, so that the other objects of libpython fit. The first line keeps CPython's own
 * definitions away. */
#define Py_EMSCRIPTEN_TRAMPOLINE_H
#define Py_BUILD_CORE 1

#define _PyCFunction_TrampolineCall(meth, self, args) ((meth)((self), (args)))
#define _PyCFunctionWithKeywords_TrampolineCall(meth, self, args, kw) ((meth)((self), (args), (kw)))
#define descr_set_trampoline_call(set, obj, value, closure) ((set)((obj), (value), (closure)))
#define descr_get_trampoline_call(get, obj, closure) ((get)((obj), (closure)))
