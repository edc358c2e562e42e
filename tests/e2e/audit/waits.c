/* A side module with a mismatched slot that no trampoline covers, and which calls Python: it may suspend (JSPI). */
#define Py_LIMITED_API 0x030C0000
#include <Python.h>

static PyObject *callback;
static PyObject *next(void) { return PyObject_CallNoArgs(callback); }
static PyObject *set_callback(PyObject *self, PyObject *function) {
  PyObject *before = callback;
  callback = Py_NewRef(function);
  Py_XDECREF(before);
  return Py_NewRef(Py_None);
}

static PyType_Slot slots[] = {{Py_tp_iternext, (void *)next}, {0, NULL}};
static PyType_Spec spec = {"waits.Waits", sizeof(PyObject), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, slots};
static PyMethodDef functions[] = {{"set_callback", set_callback, METH_O, NULL}, {0}};

static int create(PyObject *module) {
  PyObject *type = PyType_FromSpec(&spec);
  int result = type ? PyObject_SetAttrString(module, "Waits", type) : -1;
  Py_XDECREF(type);
  return result;
}

static PyModuleDef_Slot start[] = {{Py_mod_exec, create}, {0, NULL}};
static PyModuleDef definition = {PyModuleDef_HEAD_INIT, .m_name = "waits", .m_methods = functions, .m_slots = start};
PyMODINIT_FUNC PyInit_waits(void) { return PyModuleDef_Init(&definition); }
