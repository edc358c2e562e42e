/* The part of the generated modules wrongs.c that is not generated: tests/e2e/src/wrongs/source.rs. */
#include <Python.h>
#include <stdint.h>

#define FUNCTION(f) ((PyCFunction)(void (*)(void))(f))

/* Right slots, for types that would not call the wrong one without. */
static int traverse(PyObject *self, visitproc visit, void *arg) {
  Py_VISIT(Py_TYPE(self));
  return 0;
}
static PyObject *itself(PyObject *self) { return Py_NewRef(self); }
static PyObject *end(PyObject *self) { return NULL; }
static int fill(PyObject *self, Py_buffer *view, int flags) {
  return PyBuffer_FillInfo(view, self, "x", 1, 1, flags);
}

static int add(PyObject *module, const char *name, PyObject *object) {
  int result = object ? PyObject_SetAttrString(module, name, object) : -1;
  Py_XDECREF(object);
  return result;
}

/* Each adds an attribute that is named by what follows the dot. */
#define TYPE(full, more, slots)                                                                      \
  static PyType_Spec spec = {full, sizeof(PyObject), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | (more), slots}; \
  PyObject *type = PyType_FromSpec(&spec);                                                           \
  if (add(module, (full) + sizeof("wrongs.") - 1, type) < 0) return -1;

#ifndef Py_LIMITED_API
/* What CPython's own deallocator of heap types calls. */
static void end_life(PyObject *self) {
  if (PyObject_CallFinalizerFromDealloc(self) < 0) return;
  if (Py_TYPE(self)->tp_del) Py_TYPE(self)->tp_del(self);
  Py_TYPE(self)->tp_free(self);
}

#define HEAD(full, more)                                                              \
  PyVarObject_HEAD_INIT(NULL, 0).tp_name = full, .tp_basicsize = sizeof(PyObject), \
      .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | (more)

#define READY(name) \
  if (PyType_Ready((PyTypeObject *)type) < 0 || add(module, name, Py_NewRef(type)) < 0) return -1;
#endif

/* A slot without a number here, by its word in PyTypeObject. Before 3.15 other things come after the 52nd. */
#define WORD(word, function) \
  if ((word) < 52 || Py_Version >= 0x030F0000) ((void **)type)[word] = (void *)(function);

/* The garbage collector is not to see it until it has been mended. */
#define MODULE(name, definition)                           \
  PyObject *made = PyModule_Create(&definition);           \
  if (!made) return -1;                                    \
  PyObject_GC_UnTrack(made);                               \
  if (add(module, name, made) < 0) return -1;

#define SPECIFIED(name, full, definition)                                                \
  PyObject *spec = specification(full);                                                  \
  PyObject *made = spec ? PyModule_FromDefAndSpec(&definition, spec) : NULL;             \
  Py_XDECREF(spec);                                                                      \
  if (add(module, name, made) < 0) return -1;

#define CAPSULE(name, full, destructor) \
  if (add(module, name, PyCapsule_New((void *)1, full, (PyCapsule_Destructor)(void *)(destructor))) < 0) return -1;

static PyObject *specification(const char *name) {
  PyObject *machinery = PyImport_ImportModule("importlib.machinery");
  PyObject *spec = machinery ? PyObject_CallMethod(machinery, "ModuleSpec", "sO", name, Py_None) : NULL;
  Py_XDECREF(machinery);
  return spec;
}

static unsigned calls[];

/* How often the function of this number has been called. An assignment that CPython's trampoline refused seems to
 * succeed: the error is raised here. */
static PyObject *count(PyObject *self, PyObject *number) {
  if (PyErr_Occurred()) return NULL;
  return PyLong_FromUnsignedLong(calls[PyLong_AsLong(number)]);
}

/* A new module of the same definition, which the garbage collector sees. */
static PyObject *again(PyObject *self, PyObject *module) { return PyModule_Create(PyModule_GetDef(module)); }

/* Runs the functions of Py_mod_exec. */
static PyObject *execute(PyObject *self, PyObject *module) {
  return PyModule_ExecDef(module, PyModule_GetDef(module)) < 0 ? NULL : Py_NewRef(Py_None);
}

/* Makes a module, for which it calls the function of Py_mod_create. */
static PyObject *make(PyObject *self, PyObject *module) {
  PyObject *spec = specification(PyModule_GetName(module));
  PyObject *made = spec ? PyModule_FromDefAndSpec(PyModule_GetDef(module), spec) : NULL;
  Py_XDECREF(spec);
  return made;
}

/* A new capsule with the name and the destructor of another. */
static PyObject *copy(PyObject *self, PyObject *capsule) {
  return PyCapsule_New((void *)1, PyCapsule_GetName(capsule), PyCapsule_GetDestructor(capsule));
}

/* A function that is bound to an object. */
static PyObject *bind(PyObject *self, PyObject *object) {
  static PyMethodDef bound = {"bound", bind, METH_O, NULL};
  return PyCFunction_New(&bound, object);
}

/* What `yield from` does, by CPython's own function. */
static PyObject *send(PyObject *self, PyObject *object) {
  PyObject *result = NULL;
  return PyIter_Send(object, Py_None, &result) == PYGEN_ERROR ? NULL : result;
}

#define COMMON                                                                                \
  {"count", count, METH_O, NULL}, {"again", again, METH_O, NULL}, {"execute", execute, METH_O, NULL}, \
  {"make", make, METH_O, NULL}, {"bind", bind, METH_O, NULL},                                 \
  {"copy", copy, METH_O, NULL}, {"send", send, METH_O, NULL},

#define START                                                                                      \
  static PyModuleDef_Slot start[] = {{Py_mod_exec, create}, {0, NULL}};                            \
  static PyModuleDef definition = {PyModuleDef_HEAD_INIT, .m_name = "wrongs", .m_methods = functions, .m_slots = start}; \
  PyMODINIT_FUNC PyInit_wrongs(void) { return PyModuleDef_Init(&definition); }
