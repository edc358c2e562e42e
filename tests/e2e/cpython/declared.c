/* How many parameters the C functions of built-in functions, methods and attributes are declared with, and how many
 * arguments CPython passes. */
#include <Python.h>
#include <pyem_trampoline.h>

static int add(PyObject *list, int passed, void *function) {
  int signature = pyem_trampoline_signature((pyem_handler)function);
  int declared = -1;
  for (int count = 0; count <= 3; count++) {
    if (signature == 1 << count) declared = count;
  }
  PyObject *row = Py_BuildValue("(ii)", passed, declared);
  int failed = !row || PyList_Append(list, row);
  Py_XDECREF(row);
  return failed;
}

static int add_method(PyObject *list, const PyMethodDef *method) {
  /* CPython calls functions of METH_FASTCALL through their own type. */
  if (method->ml_flags & METH_FASTCALL) return 0;
  return add(list, method->ml_flags & METH_KEYWORDS ? 3 : 2, (void *)method->ml_meth);
}

static int add_attribute(PyObject *list, const PyGetSetDef *attribute) {
  return (attribute->get && add(list, 2, (void *)attribute->get)) ||
         (attribute->set && add(list, 3, (void *)attribute->set));
}

/* functions_of(object) -> [(arguments that CPython passes, parameters that are declared, or -1 for another type)] */
static PyObject *functions_of(PyObject *self, PyObject *object) {
  PyObject *list = PyList_New(0);
  int failed = !list;
  if (!failed && PyCFunction_Check(object)) {
    failed = add_method(list, ((PyCFunctionObject *)object)->m_ml);
  } else if (!failed && (Py_IS_TYPE(object, &PyMethodDescr_Type) || Py_IS_TYPE(object, &PyClassMethodDescr_Type))) {
    failed = add_method(list, ((PyMethodDescrObject *)object)->d_method);
  } else if (!failed && Py_IS_TYPE(object, &PyGetSetDescr_Type)) {
    failed = add_attribute(list, ((PyGetSetDescrObject *)object)->d_getset);
  }
  if (failed) Py_CLEAR(list);
  return list;
}

static PyMethodDef functions[] = {{"functions_of", functions_of, METH_O}, {NULL}};
static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "declared", NULL, -1, functions};
PyMODINIT_FUNC PyInit_declared(void) { return PyModule_Create(&definition); }
