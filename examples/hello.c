/* greet() is called with two arguments and declared with none: elsewhere that works, on
 * WebAssembly it traps, unless the call goes through a trampoline. */
#include <Python.h>

static PyObject *greet(void) { return PyUnicode_FromString("hello from a mismatched function"); }

static PyMethodDef functions[] = {{"greet", (PyCFunction)(void (*)(void))greet, METH_NOARGS}, {NULL}};
static struct PyModuleDef hello = {PyModuleDef_HEAD_INIT, "hello", NULL, 0, functions};
PyMODINIT_FUNC PyInit_hello(void) { return PyModule_Create(&hello); }
