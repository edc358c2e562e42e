/* What the archive needs of CPython when it refuses a call. No call is refused here. */
#include <stddef.h>

void *PyExc_SystemError;
char PyCFunction_Type, PyGetSetDescr_Type, PyMethodDescr_Type;

#define NEVER(result, name, ...)                                                                 \
  result name(__VA_ARGS__) { __builtin_trap(); }
NEVER(void *, PyErr_Format, void *a, const char *b, ...)
NEVER(void *, PyErr_GetRaisedException, void)
NEVER(void, PyErr_SetRaisedException, void *a)
NEVER(void, PyException_SetContext, void *a, void *b)
NEVER(void *, PyTuple_GetItem, void *a, ptrdiff_t b)
NEVER(ptrdiff_t, PyTuple_Size, void *a)
NEVER(int, PyType_IsSubtype, void *a, void *b)
NEVER(void, PyUnstable_GC_VisitObjects, int (*a)(void *, void *), void *b)
