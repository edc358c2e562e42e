/* A module by whose presence the interpreter without trampoline is known. */
#include <Python.h>

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "no_trampoline", NULL, -1, NULL};
PyMODINIT_FUNC PyInit_no_trampoline(void) { return PyModule_Create(&definition); }
