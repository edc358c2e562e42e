/* What the archive needs of CPython when it refuses a call. No call is refused here. */
#include <stddef.h>

void *PyExc_SystemError;
char PyType_Type, PyGetSetDescr_Type, PyMethodDescr_Type;

#define NEVER(name, ...)                                                                         \
  void *name(__VA_ARGS__) { __builtin_trap(); }
void PyErr_Clear(void) { __builtin_trap(); }
void Py_DecRef(void *a) { __builtin_trap(); }
NEVER(PyErr_Format, void *a, const char *b, ...)
NEVER(PyDict_Next, void *a, ptrdiff_t *b, void **c, void **d)
NEVER(PyObject_GetAttrString, void *a, const char *b)
NEVER(PyObject_IsInstance, void *a, void *b)
NEVER(PyObject_Type, void *a)
NEVER(PyTuple_GetItem, void *a, ptrdiff_t b)
NEVER(PyTuple_Size, void *a)
NEVER(PyType_GetDict, void *a)
NEVER(PyType_GetSlot, void *a, int b)
