/* CPython main's trampoline with a counter: how often does a benchmark call it? */
static unsigned long long calls;
#define ON_CALL calls++
#include "main_trampoline.h"

/* calls() -> how many so far; its own call is one of them. */
static PyObject *get_calls(PyObject *self, PyObject *none) { return PyLong_FromUnsignedLongLong(calls); }

static PyMethodDef functions[] = {{"calls", get_calls, METH_NOARGS}, {NULL}};
static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "counting_trampoline", NULL, -1, functions};
PyMODINIT_FUNC PyInit_counting_trampoline(void) { return PyModule_Create(&definition); }
