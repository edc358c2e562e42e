/* Lets Python rewrite function-table slots as JavaScript does: by emscripten's addFunction and removeFunction, and
 * by the table's own `set`. */
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
/* Puts the function of one slot into another, and frees the first. */
EM_JS(void, slots_move_js, (int from, int to), {
  wasmTable.set(to, wasmTable.get(from));
  removeFunction(from);
});
EM_JS_DEPS(slots, "$addFunction,$removeFunction,$wasmTable");

static PyObject *add(PyObject *self, PyObject *args) {
  int parameters, value, kind;
  if (!PyArg_ParseTuple(args, "iii", &parameters, &value, &kind)) return NULL;
  return PyLong_FromLong(slots_add_js(parameters, value, kind));
}
static PyObject *remove_(PyObject *self, PyObject *slot) {
  slots_remove_js((int)PyLong_AsLong(slot));
  Py_RETURN_NONE;
}

static PyObject *move(PyObject *self, PyObject *args) {
  int from, to;
  if (!PyArg_ParseTuple(args, "ii", &from, &to)) return NULL;
  slots_move_js(from, to);
  Py_RETURN_NONE;
}

static PyMethodDef functions[] = {
    {"add", add, METH_VARARGS}, {"remove", remove_, METH_O}, {"move", move, METH_VARARGS}, {NULL}};
static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "slots", NULL, -1, functions};
PyMODINIT_FUNC PyInit_slots(void) { return PyModule_Create(&definition); }
