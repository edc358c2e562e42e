/* A side module with mismatched functions of every kind: declared with fewer or other parameters than CPython
 * calls them with. Each returns what reached it.
 *
 * It keeps to the limited API, so that one source and one set of headers serve every Python. */
#define Py_LIMITED_API 0x030C0000
#include <Python.h>
#include <emscripten.h>
#include <stdint.h>

#define FUNCTION(f) ((PyCFunction)(void (*)(void))(f))
#define FLAGS_KEYWORDS (METH_VARARGS | METH_KEYWORDS)

/* A tuple of what a function got; None stands for NULL. */
static PyObject *got(int count, PyObject *a, PyObject *b, PyObject *c) {
  PyObject *arguments[3] = {a, b, c};
  PyObject *tuple = PyTuple_New(count);
  for (int i = 0; tuple && i < count; i++) {
    PyTuple_SetItem(tuple, i, Py_NewRef(arguments[i] ? arguments[i] : Py_None));
  }
  return tuple;
}

static PyObject *takes0(void) { return got(0, NULL, NULL, NULL); }
static PyObject *takes1(PyObject *a) { return got(1, a, NULL, NULL); }
static PyObject *takes2(PyObject *a, PyObject *b) { return got(2, a, b, NULL); }
static PyObject *takes3(PyObject *a, PyObject *b, PyObject *c) { return got(3, a, b, c); }

/* What no trampoline can call. The stock one does in engines without WebAssembly GC: it drops arguments. */
static int reached;
static PyObject *four(PyObject *a, PyObject *b, PyObject *c, PyObject *d) { return reached++, NULL; }
static PyObject *five(PyObject *a, PyObject *b, PyObject *c, PyObject *d, PyObject *e) { return reached++, NULL; }
static void no_result(PyObject *a, PyObject *b) { reached++; }
static PyObject *i64_parameter(PyObject *a, int64_t b) { return reached++, NULL; }
static int64_t i64_result(PyObject *a, PyObject *b) { return reached++, 0; }
static PyObject *f32_parameter(PyObject *a, float b) { return reached++, NULL; }
static float f32_result(PyObject *a, PyObject *b) { return reached++, 0; }
static PyObject *f64_parameter(double a, PyObject *b) { return reached++, NULL; }
static double f64_result(PyObject *a, PyObject *b) { return reached++, 0; }

/* Setters: what they got is in `last_set()`. */
static PyObject *last_set;
static int set(PyObject *tuple) {
  PyObject *before = last_set;
  last_set = tuple;
  Py_XDECREF(before);
  return tuple ? 0 : -1;
}
static int set1(PyObject *a) { return set(got(1, a, NULL, NULL)); }
static int set2(PyObject *a, PyObject *b) { return set(got(2, a, b, NULL)); }
static int set3(PyObject *a, PyObject *b, void *c) { return set(got(3, a, b, c)); }

/* Mismatched functions that call Python, which may suspend (JSPI). */
static PyObject *callback;
static PyObject *call_back(void) { return PyObject_CallNoArgs(callback); }
static PyObject *waits0(void) { return call_back(); }
static PyObject *waits1(PyObject *a) { return call_back(); }
static PyObject *waits2(PyObject *a, PyObject *b) { return call_back(); }
static PyObject *waits3(PyObject *a, PyObject *b, PyObject *c) { return call_back(); }
static PyObject *set_callback(PyObject *self, PyObject *function) {
  PyObject *before = callback;
  callback = Py_NewRef(function);
  Py_XDECREF(before);
  Py_RETURN_NONE;
}
#define WAITING(f) \
  {"noargs_" #f, FUNCTION(f), METH_NOARGS}, {"o_" #f, FUNCTION(f), METH_O},                      \
      {"varargs_" #f, FUNCTION(f), METH_VARARGS}, {"keywords_" #f, FUNCTION(f), FLAGS_KEYWORDS}

/* name_PARAMETERS for each way to be called; `more` adds METH_CLASS or METH_STATIC. */
#define METHODS(prefix, more)                                                                    \
  {prefix "noargs0", FUNCTION(takes0), METH_NOARGS | (more)},                                    \
  {prefix "noargs1", FUNCTION(takes1), METH_NOARGS | (more)},                                    \
  {prefix "noargs2", FUNCTION(takes2), METH_NOARGS | (more)},                                    \
  {prefix "noargs3", FUNCTION(takes3), METH_NOARGS | (more)},                                    \
  {prefix "o0", FUNCTION(takes0), METH_O | (more)},                                              \
  {prefix "o1", FUNCTION(takes1), METH_O | (more)},                                              \
  {prefix "o2", FUNCTION(takes2), METH_O | (more)},                                              \
  {prefix "o3", FUNCTION(takes3), METH_O | (more)},                                              \
  {prefix "varargs0", FUNCTION(takes0), METH_VARARGS | (more)},                                  \
  {prefix "varargs1", FUNCTION(takes1), METH_VARARGS | (more)},                                  \
  {prefix "varargs2", FUNCTION(takes2), METH_VARARGS | (more)},                                  \
  {prefix "varargs3", FUNCTION(takes3), METH_VARARGS | (more)},                                  \
  {prefix "keywords0", FUNCTION(takes0), FLAGS_KEYWORDS | (more)},                               \
  {prefix "keywords1", FUNCTION(takes1), FLAGS_KEYWORDS | (more)},                               \
  {prefix "keywords2", FUNCTION(takes2), FLAGS_KEYWORDS | (more)},                               \
  {prefix "keywords3", FUNCTION(takes3), FLAGS_KEYWORDS | (more)}

#define UNEXPECTED(entry)                                                                        \
  entry(four) entry(five) entry(no_result) entry(i64_parameter) entry(i64_result)                \
      entry(f32_parameter) entry(f32_result) entry(f64_parameter) entry(f64_result)

#define UNEXPECTED_METHOD(f)                                                                     \
  {#f "_noargs", FUNCTION(f), METH_NOARGS},                                                      \
  {#f "_o", FUNCTION(f), METH_O},                                                                \
  {#f "_varargs", FUNCTION(f), METH_VARARGS},                                                    \
  {#f "_keywords", FUNCTION(f), FLAGS_KEYWORDS},
#define UNEXPECTED_ATTRIBUTE(f) {#f, (getter)(void *)f, NULL, NULL, NULL},

static PyMethodDef thing_methods[] = {
    METHODS("", 0),
    METHODS("class_", METH_CLASS),
    METHODS("static_", METH_STATIC),
    UNEXPECTED(UNEXPECTED_METHOD)
    {NULL},
};

static PyGetSetDef thing_attributes[] = {
    {"get0", (getter)(void *)takes0, NULL, NULL, NULL},
    {"get1", (getter)(void *)takes1, NULL, NULL, NULL},
    {"get2", (getter)(void *)takes2, NULL, NULL, NULL},
    {"set1", (getter)(void *)takes1, (setter)(void *)set1, NULL, NULL},
    {"set2", (getter)(void *)takes1, (setter)(void *)set2, NULL, NULL},
    {"set3", (getter)(void *)takes1, (setter)(void *)set3, NULL, NULL},
    {"waits1", (getter)(void *)waits1, NULL, NULL, NULL},
    UNEXPECTED(UNEXPECTED_ATTRIBUTE)
    {NULL},
};

static int add_type(PyObject *module, const char *name, PyType_Slot *slots) {
  PyType_Spec spec = {name, 0, 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, slots};
  PyObject *type = PyType_FromSpec(&spec);
  int failed = !type || PyModule_AddType(module, (PyTypeObject *)type);
  Py_XDECREF(type);
  return failed;
}

#define CALLABLE(f) {"mismatched.call_" #f, (void *)f},
static const struct {
  const char *name;
  void *call;
} callables[] = {CALLABLE(takes0) CALLABLE(takes1) CALLABLE(takes2) CALLABLE(takes3) UNEXPECTED(CALLABLE)};

static PyObject *times_reached(PyObject *self, PyObject *none) { return PyLong_FromLong(reached); }
static PyObject *last_set_get(PyObject *self, PyObject *none) { return Py_NewRef(last_set ? last_set : Py_None); }

/* function_at(slot, flags): a built-in function whose pointer is the slot, whatever it holds. */
static PyObject *function_at(PyObject *self, PyObject *args) {
  unsigned long slot;
  int flags;
  if (!PyArg_ParseTuple(args, "ki", &slot, &flags)) return NULL;
  PyMethodDef *method = PyMem_Calloc(1, sizeof *method); /* as long as the process */
  if (!method) return PyErr_NoMemory();
  method->ml_name = "function_at";
  method->ml_meth = (PyCFunction)slot;
  method->ml_flags = flags;
  return PyCFunction_New(method, NULL);
}
static PyObject *slot_of(PyObject *self, PyObject *function) {
  return PyLong_FromUnsignedLong((unsigned long)PyCFunction_GetFunction(function));
}

static PyMethodDef functions[] = {
    METHODS("", 0),
    UNEXPECTED(UNEXPECTED_METHOD)
    WAITING(waits0),
    WAITING(waits1),
    WAITING(waits2),
    WAITING(waits3),
    {"set_callback", set_callback, METH_O},
    {"times_reached", times_reached, METH_NOARGS},
    {"last_set", last_set_get, METH_NOARGS},
    {"function_at", function_at, METH_VARARGS},
    {"slot_of", slot_of, METH_O},
    {NULL},
};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "mismatched", NULL, -1, functions};

PyMODINIT_FUNC PyInit_mismatched(void) {
  PyObject *module = PyModule_Create(&definition);
  if (!module) return NULL;
  PyType_Slot thing[] = {{Py_tp_methods, thing_methods}, {Py_tp_getset, thing_attributes}, {0}};
  int failed = add_type(module, "mismatched.Thing", thing);
  for (size_t i = 0; !failed && i < sizeof callables / sizeof *callables; i++) {
    PyType_Slot slots[] = {{Py_tp_call, callables[i].call}, {0}};
    failed = add_type(module, callables[i].name, slots);
  }
  PyObject *flags = failed ? NULL : Py_BuildValue("{s:i,s:i,s:i,s:i}", "noargs", METH_NOARGS, "o", METH_O, "varargs", METH_VARARGS, "keywords", FLAGS_KEYWORDS);
  if (!flags || PyModule_AddObjectRef(module, "FLAGS", flags)) {
    Py_DECREF(module);
    module = NULL;
  }
  Py_XDECREF(flags);
  return module;
}
