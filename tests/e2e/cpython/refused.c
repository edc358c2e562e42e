/* Types of every make whose functions cannot be called, and doors to them that run no Python code
 * of their own: what a caller gets, and the error that is then set, are reported as they are. */
#include <Python.h>
#include <stddef.h>

#define FUNCTION(f) ((PyCFunction)(void (*)(void))(f))

/* Four parameters are one too many. The bodies differ, so that no linker makes one of two. */
static int reached;
#define MISMATCHED(name, number)                                                                 \
  static PyObject *name(PyObject *a, PyObject *b, void *c, void *d) {                            \
    return reached += number, d ? a : c ? b : NULL;                                              \
  }
MISMATCHED(get_plain, 1)
MISMATCHED(set_plain, 2)
MISMATCHED(get_closed, 3)
MISMATCHED(set_closed, 4)
MISMATCHED(both, 5)
MISMATCHED(both_closed, 6)
MISMATCHED(noargs, 7)
MISMATCHED(o, 8)
MISMATCHED(varargs, 9)
MISMATCHED(keywords, 10)
MISMATCHED(class_method, 11)
MISMATCHED(call, 12)
MISMATCHED(method_elsewhere, 13)
MISMATCHED(by_hand, 14)
MISMATCHED(noargs_closed, 15)
MISMATCHED(keywords_closed, 16)
MISMATCHED(call_closed, 17)
MISMATCHED(static_method, 18)
MISMATCHED(fastcall, 19)
MISMATCHED(keywords_as_closure, 20)

static int key; /* a closure */

#define SETS(f, closure) {"set_" #f, NULL, (setter)(void *)f, NULL, closure}
static PyGetSetDef attributes[] = {
    /* Its closure is a dictionary. */
    {"set_keywords_as_closure", NULL, (setter)(void *)keywords_as_closure, NULL, NULL},
    {"plain", (getter)(void *)get_plain, (setter)(void *)set_plain, NULL, NULL},
    {"closed", (getter)(void *)get_closed, (setter)(void *)set_closed, NULL, &key},
    {"both", (getter)(void *)both, (setter)(void *)both, NULL, NULL},
    {"both_closed", (getter)(void *)both_closed, (setter)(void *)both_closed, NULL, &key},
    SETS(noargs, NULL),
    SETS(o, NULL),
    SETS(varargs, NULL),
    SETS(keywords, NULL),
    SETS(class_method, NULL),
    SETS(static_method, NULL),
    SETS(fastcall, NULL),
    SETS(call, NULL),
    SETS(method_elsewhere, NULL),
    SETS(noargs_closed, &key),
    SETS(keywords_closed, &key),
    SETS(call_closed, &key),
    {NULL},
};

static PyMethodDef methods[] = {
    {"noargs", FUNCTION(noargs), METH_NOARGS},
    {"o", FUNCTION(o), METH_O},
    {"varargs", FUNCTION(varargs), METH_VARARGS},
    {"keywords", FUNCTION(keywords), METH_VARARGS | METH_KEYWORDS},
    {"keywords_as_closure", FUNCTION(keywords_as_closure), METH_VARARGS | METH_KEYWORDS},
    {"class_method", FUNCTION(class_method), METH_O | METH_CLASS},
    {"static_method", FUNCTION(static_method), METH_O | METH_STATIC},
    {"fastcall", FUNCTION(fastcall), METH_FASTCALL},
    {"noargs_closed", FUNCTION(noargs_closed), METH_NOARGS},
    {"keywords_closed", FUNCTION(keywords_closed), METH_VARARGS | METH_KEYWORDS},
    {NULL},
};

/* Its functions are the setters of other types. */
static PyMethodDef other_methods[] = {
    {"method_elsewhere", FUNCTION(method_elsewhere), METH_O},
    {NULL},
};

#define HEAP (Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE)
static PyObject *make_of(PyObject *metaclass, const char *name, unsigned flags, PyMethodDef *methods,
                         PyGetSetDef *attributes, void *call) {
  PyType_Slot slots[] = {{Py_tp_methods, methods}, {Py_tp_getset, attributes}, {call ? Py_tp_call : 0, call}, {0}};
  PyType_Spec spec = {name, sizeof(PyObject), 0, flags, slots};
  return PyType_FromMetaclass((PyTypeObject *)metaclass, NULL, &spec, NULL);
}
static PyObject *make(const char *name, unsigned flags, PyMethodDef *methods, PyGetSetDef *attributes, void *call) {
  return make_of(NULL, name, flags, methods, attributes, call);
}

static PyTypeObject static_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "refused.Static",
    .tp_basicsize = sizeof(PyObject),
    .tp_flags = HEAP,
    .tp_methods = methods,
    .tp_getset = attributes,
    .tp_call = (ternaryfunc)call,
};

/* A descriptor's type of C, which Python code cannot make. */
static PyTypeObject descriptor_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "refused.Descriptor",
    .tp_basicsize = sizeof(PyGetSetDescrObject),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_base = &PyGetSetDescr_Type,
};

/* Descriptors and functions that are in no table of a type. */
static PyGetSetDef attribute_by_hand = {"by_hand", NULL, (setter)(void *)by_hand, NULL, NULL};
static PyMethodDef method_by_hand = {"by_hand", FUNCTION(by_hand), METH_O};

static PyObject *descriptor_by_hand(PyObject *self, PyObject *type) {
  return PyDescr_NewGetSet((PyTypeObject *)type, &attribute_by_hand);
}
static PyObject *subclassed_descriptor(PyObject *self, PyObject *type) {
  PyGetSetDescrObject *descriptor = (PyGetSetDescrObject *)PyType_GenericAlloc(&descriptor_type, 0);
  if (descriptor && type != Py_None) { /* else it stays empty */
    descriptor->d_common.d_type = (PyTypeObject *)Py_NewRef(type);
    descriptor->d_common.d_name = PyUnicode_FromString("by_hand");
    descriptor->d_getset = &attribute_by_hand;
  }
  return (PyObject *)descriptor;
}
static PyObject *method_descriptor_by_hand(PyObject *self, PyObject *type) {
  return PyDescr_NewMethod((PyTypeObject *)type, &method_by_hand);
}
static PyObject *function_by_hand(PyObject *module, PyObject *self) {
  return PyCFunction_New(&method_by_hand, self);
}

static PyObject *new_type(PyObject *self, PyObject *none) {
  return make("refused.New", HEAP, methods, attributes, call);
}
static PyObject *new_type_of(PyObject *self, PyObject *metaclass) {
  return make_of(metaclass, "refused.New", HEAP, methods, attributes, call);
}
/* set_mro(type, tuple): what only C code can do. */
static PyObject *set_mro(PyObject *self, PyObject *args) {
  PyTypeObject *type;
  PyObject *mro;
  if (!PyArg_ParseTuple(args, "O!O!", &PyType_Type, &type, &PyTuple_Type, &mro)) return NULL;
  Py_XSETREF(type->tp_mro, Py_NewRef(mro));
  Py_RETURN_NONE;
}
/* An instance, without asking its type how to make one. */
static PyObject *allocate(PyObject *self, PyObject *type) {
  return PyType_GenericAlloc((PyTypeObject *)type, 0);
}

/* What a C caller sees: its result and the error that is set. */
static PyObject *seen(int result) {
  PyObject *error = PyErr_GetRaisedException();
  return Py_BuildValue("iN", result, error ? error : Py_NewRef(Py_None));
}
/* set(descriptor, object, [value]) as the type of the descriptor has it; no value is `del`. */
static PyObject *set(PyObject *self, PyObject *const *arguments, Py_ssize_t count) {
  PyObject *value = count > 2 ? arguments[2] : NULL;
  return seen(Py_TYPE(arguments[0])->tp_descr_set(arguments[0], arguments[1], value));
}
/* The same while another error is set. */
static PyObject *set_with_an_error(PyObject *self, PyObject *const *arguments, Py_ssize_t count) {
  PyErr_SetString(PyExc_KeyError, "before");
  return set(self, arguments, count);
}

/* pyem_trampoline_call(set_closed, object, value, closure) with its closure or another one. */
extern void *pyem_trampoline_call(void *function, PyObject *a, PyObject *b, void *c);
static PyObject *call_with_closure(PyObject *self, PyObject *object) {
  return seen((int)pyem_trampoline_call((void *)set_closed, object, object, &key));
}
static PyObject *call_with_another_closure(PyObject *self, PyObject *object) {
  return seen((int)pyem_trampoline_call((void *)set_closed, object, object, &reached));
}
static PyObject *call_null(PyObject *self, PyObject *object) {
  return seen((int)pyem_trampoline_call(NULL, object, object, NULL));
}
static PyObject *call_with_closure_as_keywords(PyObject *self, PyObject *function) {
  PyObject *arguments = PyTuple_New(0);
  PyObject *result = PyObject_Call(function, arguments, attributes[0].closure);
  Py_DECREF(arguments);
  return result;
}

/* The names that CPython's versions call us by, each with a function that takes one argument. */
extern PyObject *_PyEM_TrampolineCall(void *function, PyObject *a, PyObject *b, PyObject *c);
extern PyObject *_PyEM_TrampolineCall_JavaScript(void *function, PyObject *a, PyObject *b, PyObject *c);
extern PyObject *_PyEM_TrampolineCall_Reflection(void *function, PyObject *a, PyObject *b, PyObject *c);
static PyObject *takes1(PyObject *a) { return Py_NewRef(a); }
static PyObject *call_by_every_name(PyObject *self, PyObject *a) {
  return Py_BuildValue("NNN", _PyEM_TrampolineCall((void *)takes1, a, self, self),
                       _PyEM_TrampolineCall_JavaScript((void *)takes1, a, self, self),
                       _PyEM_TrampolineCall_Reflection((void *)takes1, a, self, self));
}
static PyObject *times_reached(PyObject *self, PyObject *none) { return PyLong_FromLong(reached); }

static PyMethodDef functions[] = {
    {"descriptor_by_hand", descriptor_by_hand, METH_O},
    {"subclassed_descriptor", subclassed_descriptor, METH_O},
    {"method_descriptor_by_hand", method_descriptor_by_hand, METH_O},
    {"function_by_hand", function_by_hand, METH_O},
    {"new_type", new_type, METH_NOARGS},
    {"new_type_of", new_type_of, METH_O},
    {"set_mro", set_mro, METH_VARARGS},
    {"allocate", allocate, METH_O},
    {"set", (PyCFunction)(void (*)(void))set, METH_FASTCALL},
    {"set_with_an_error", (PyCFunction)(void (*)(void))set_with_an_error, METH_FASTCALL},
    {"call_with_closure", call_with_closure, METH_O},
    {"call_with_another_closure", call_with_another_closure, METH_O},
    {"call_null", call_null, METH_O},
    {"call_with_closure_as_keywords", call_with_closure_as_keywords, METH_O},
    {"call_by_every_name", call_by_every_name, METH_O},
    {"times_reached", times_reached, METH_NOARGS},
    {NULL},
};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "refused", NULL, -1, functions};

static int add(PyObject *module, PyObject *type) {
  int failed = !type || PyModule_AddType(module, (PyTypeObject *)type);
  Py_XDECREF(type);
  return failed;
}

PyMODINIT_FUNC PyInit_refused(void) {
  PyObject *module = PyModule_Create(&definition);
  if (!module) return NULL;
  attributes[0].closure = Py_BuildValue("{s:i}", "key", 1);
  if (!attributes[0].closure || PyType_Ready(&descriptor_type) || PyModule_AddType(module, &static_type) ||
      add(module, make("refused.Heap", HEAP, methods, attributes, NULL)) ||
      add(module, make("refused.Callable", HEAP, methods, attributes, call)) ||
      add(module, make("refused.ClosedCallable", HEAP, methods, attributes, call_closed)) ||
      add(module, make("refused.Immutable", HEAP | Py_TPFLAGS_IMMUTABLETYPE, methods, attributes, NULL)) ||
      add(module, make("refused.Other", HEAP, other_methods, NULL, NULL))) {
    Py_CLEAR(module);
  }
  return module;
}
