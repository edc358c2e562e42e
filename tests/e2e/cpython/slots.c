/* Lets Python rewrite function-table slots by emscripten's addFunction and removeFunction. */
#include <Python.h>
#include <emscripten.h>

/* For the JavaScript functions: their result is a Python int. */
EMSCRIPTEN_KEEPALIVE PyObject *slots_int(int value) { return PyLong_FromLong(value); }

/* A function of `parameters` parameters that gives `value`; kinds: see KINDS in test_slots.py. */
EM_JS(int, slots_add_js, (int parameters, int value, int kind), {
  const signatures = ['i' + 'i'.repeat(parameters), 'v' + 'i'.repeat(parameters),
                      'j' + 'i'.repeat(parameters), 'i' + 'f'.repeat(parameters),
                      'i' + 'd'.repeat(parameters)];
  return addFunction((...got) => {
    if (kind !== 0 || got.length !== parameters) throw new Error('called with a wrong signature');
    return _slots_int(value);
  }, signatures[kind]);
});
EM_JS(void, slots_remove_js, (int slot), { removeFunction(slot); });
EM_JS_DEPS(slots, "$addFunction,$removeFunction");

static PyObject *add(PyObject *self, PyObject *args) {
  int parameters, value, kind;
  if (!PyArg_ParseTuple(args, "iii", &parameters, &value, &kind)) return NULL;
  return PyLong_FromLong(slots_add_js(parameters, value, kind));
}
static PyObject *remove_(PyObject *self, PyObject *slot) {
  slots_remove_js((int)PyLong_AsLong(slot));
  Py_RETURN_NONE;
}

static PyMethodDef functions[] = {{"add", add, METH_VARARGS}, {"remove", remove_, METH_O}, {NULL}};
static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "slots", NULL, -1, functions};
PyMODINIT_FUNC PyInit_slots(void) { return PyModule_Create(&definition); }
