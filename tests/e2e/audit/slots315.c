/* 3.15's way to describe a module and a type, by slots that may be nested: each of its functions is wrong. */
#include <Python.h>

#define FUNCTION(f) ((PyCFunction)(void (*)(void))(f))

static unsigned calls[4];

static void clear(PyObject *module) { calls[0]++; }
static PyObject *method(PyObject *self) {
  calls[1]++;
  Py_RETURN_NONE;
}
static PyObject *next(void) {
  calls[2]++;
  return NULL;
}
static void state_free(void) { calls[3]++; }

/* Where the numbers of calls are: a function of the module would keep it alive. */
static PyObject *counts(PyObject *self, PyObject *none) { return PyLong_FromVoidPtr(calls); }

static PyObject *itself(PyObject *self) { return Py_NewRef(self); }
static PyMethodDef methods[] = {{"method", FUNCTION(method), METH_NOARGS, NULL}, {"counts", counts, METH_NOARGS, NULL}, {0}};

static int add_type(PyObject *module) {
  PySlot inner[] = {PySlot_FUNC(Py_tp_iter, itself), PySlot_FUNC(Py_tp_iternext, next), PySlot_END};
  PySlot slots[] = {
      PySlot_DATA(Py_tp_name, "slots315.Type"),
      PySlot_UINT64(Py_tp_flags, Py_TPFLAGS_DEFAULT),
      PySlot_DATA(Py_slot_subslots, inner),
      PySlot_END,
  };
  return PyModule_Add(module, "Type", PyType_FromSlots(slots));
}

PyABIInfo_VAR(abi);

PyMODEXPORT_FUNC PyModExport_slots315(void) {
  static PySlot inner[] = {
      PySlot_FUNC(Py_mod_state_clear, clear),
      PySlot_FUNC(Py_mod_state_free, state_free),
      PySlot_STATIC_DATA(Py_mod_methods, methods),
      PySlot_END,
  };
  static PySlot slots[] = {
      PySlot_STATIC_DATA(Py_mod_abi, &abi),
      PySlot_STATIC_DATA(Py_mod_name, "slots315"),
      PySlot_SIZE(Py_mod_state_size, 4),
      PySlot_DATA(Py_slot_subslots, inner),
      PySlot_FUNC(Py_mod_exec, add_type),
      PySlot_END,
  };
  return slots;
}
