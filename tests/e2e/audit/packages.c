/* Extension modules of packages that are audited: each is compiled from this file, and exports its own PyInit. */
#define Py_LIMITED_API 0x030C0000
#include <Python.h>

static PyObject *new_module(PyModuleDef *definition) { return PyModuleDef_Init(definition); }

/* Right, but for a method without its second parameter and a tp_clear without a result. Its type has a name without a
 * module. */
static PyObject *noargs(PyObject *self) { return Py_NewRef(Py_None); }
static void clear(PyObject *self) {}
static int traverse(PyObject *self, visitproc visit, void *arg) { return 0; }
static PyMethodDef functions[] = {{"noargs", (PyCFunction)(void (*)(void))noargs, METH_NOARGS, NULL}, {0}};
static PyType_Slot cleared[] = {{Py_tp_clear, (void *)clear}, {Py_tp_traverse, (void *)traverse}, {0, NULL}};
static PyType_Spec nameless = {"Nameless", sizeof(PyObject), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, cleared};

static int add_type(PyObject *module, PyType_Spec *spec, PyObject **type) {
  *type = PyType_FromSpec(spec);
  return *type ? PyObject_SetAttrString(module, "Type", *type) : -1;
}
static int fill_mixed(PyObject *module) {
  PyObject *type;
  return add_type(module, &nameless, &type);
}
static PyModuleDef_Slot mixed_slots[] = {{Py_mod_exec, fill_mixed}, {0, NULL}};
static PyModuleDef mixed = {PyModuleDef_HEAD_INIT, .m_name = "mixed", .m_methods = functions, .m_slots = mixed_slots};
PyMODINIT_FUNC PyInit_mixed(void) { return new_module(&mixed); }

/* The garbage collector visits its object, by a function without a result. */
static void visited(PyObject *self, visitproc visit, void *arg) {}
static PyType_Slot traversed[] = {{Py_tp_traverse, (void *)visited}, {0, NULL}};
static PyType_Spec visits_spec = {"visits.Type", sizeof(PyObject), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, traversed};
static int fill_visits(PyObject *module) {
  PyObject *type;
  if (add_type(module, &visits_spec, &type) < 0) return -1;
  PyObject *object = PyObject_CallNoArgs(type);
  return object ? PyObject_SetAttrString(module, "object", object) : -1;
}
static PyModuleDef_Slot visits_slots[] = {{Py_mod_exec, fill_visits}, {0, NULL}};
static PyModuleDef visits = {PyModuleDef_HEAD_INIT, .m_name = "visits", .m_slots = visits_slots};
PyMODINIT_FUNC PyInit_visits(void) { return new_module(&visits); }

/* Its type has one of CPython's own functions in a slot for others, the name of a module that is not at the top, and a method
 * whose flags have become none. */
static PyMethodDef changed[] = {{"changed", (PyCFunction)(void (*)(void))noargs, METH_NOARGS, NULL}, {0}};
static PyType_Slot borrowed[] = {{Py_tp_new, (void *)PyType_GenericAlloc}, {Py_tp_methods, changed}, {0, NULL}};
static PyType_Spec borrows_spec = {"borrows.Type", sizeof(PyObject), 0, Py_TPFLAGS_DEFAULT, borrowed};
static int fill_borrows(PyObject *module) {
  PyObject *type;
  int result = add_type(module, &borrows_spec, &type);
  changed[0].ml_flags = METH_NOARGS | METH_O;
  return result;
}
static PyModuleDef_Slot borrows_slots[] = {{Py_mod_exec, fill_borrows}, {0, NULL}};
static PyModuleDef borrows = {PyModuleDef_HEAD_INIT, .m_name = "borrows", .m_slots = borrows_slots};
PyMODINIT_FUNC PyInit_borrows(void) { return new_module(&borrows); }

/* Its import traps: CPython calls this with another type. */
static void execute(PyObject *module) {}
static PyModuleDef_Slot traps_slots[] = {{Py_mod_exec, (void *)execute}, {0, NULL}};
static PyModuleDef traps = {PyModuleDef_HEAD_INIT, .m_name = "traps", .m_slots = traps_slots};
PyMODINIT_FUNC PyInit_traps(void) { return new_module(&traps); }

/* Its import fails. */
PyMODINIT_FUNC PyInit_fails(void) {
  PyErr_SetString(PyExc_ImportError, "this module wants something else");
  return NULL;
}
