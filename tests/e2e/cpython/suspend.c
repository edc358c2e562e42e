/* Mismatched functions that suspend: each waits for a JavaScript promise through a Suspending import. */
#include <Python.h>
#include <emscripten.h>

EM_ASYNC_JS(int, suspend_wait_js, (int value), {
  await new Promise((resolve) => setTimeout(resolve, 1));
  return value + 1;
});

static PyObject *wait_for(int value) { return PyLong_FromLong(suspend_wait_js(value)); }

static PyObject *wait0(void) { return wait_for(0); }
static PyObject *wait1(PyObject *a) { return wait_for(10); }
static PyObject *wait2(PyObject *a, PyObject *b) { return wait_for(20); }
static PyObject *wait3(PyObject *a, PyObject *b, PyObject *c) { return wait_for(30); }

#define FUNCTION(f) ((PyCFunction)(void (*)(void))(f))
static PyMethodDef functions[] = {
    {"noargs0", FUNCTION(wait0), METH_NOARGS},
    {"noargs1", FUNCTION(wait1), METH_NOARGS},
    {"o2", FUNCTION(wait2), METH_O},
    {"varargs3", FUNCTION(wait3), METH_VARARGS},
    {NULL},
};
static PyGetSetDef attributes[] = {{"get1", (getter)(void *)wait1, NULL, NULL, NULL}, {NULL}};
static PyType_Slot waiter[] = {
    {Py_tp_getset, attributes}, {Py_tp_call, (void *)wait0}, {Py_tp_methods, functions}, {0}};
static PyType_Spec waiter_spec = {"suspend.Waiter", sizeof(PyObject), 0, Py_TPFLAGS_DEFAULT, waiter};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "suspend", NULL, -1, functions};
PyMODINIT_FUNC PyInit_suspend(void) {
  PyObject *module = PyModule_Create(&definition);
  PyObject *type = module ? PyType_FromSpec(&waiter_spec) : NULL;
  if (!type || PyModule_AddType(module, (PyTypeObject *)type)) Py_CLEAR(module);
  Py_XDECREF(type);
  return module;
}
