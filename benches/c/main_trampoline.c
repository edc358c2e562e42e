/* CPython main's trampoline, and a module by whose presence the interpreter is known. */
#include "main_trampoline.h"

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "main_trampoline", NULL, -1, NULL};
PyMODINIT_FUNC PyInit_main_trampoline(void) { return PyModule_Create(&definition); }
