/* CPython's `_operator`, linked before the one in its library, with `operator.methodcaller` mended: its tp_clear returns
 * nothing, and the garbage collector calls tp_clear for an int (python/cpython#156762). The macro renames the function
 * where it is defined and called; the slot holds the name alone. */
#define Py_BUILD_CORE_BUILTIN 1
#include <Python.h>

static int methodcaller_clear(PyObject *self);
#define methodcaller_clear(self) clear_fields(self)
#include "_operator.c"
#undef methodcaller_clear

static int methodcaller_clear(PyObject *self) {
  clear_fields((methodcallerobject *)self);
  return 0;
}
