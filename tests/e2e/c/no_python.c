/* What the trampoline uses of CPython when it refuses a call, for a program without Python that has none refused. */
#define OBJECT(name) int name;
#define FUNCTION(name, parameters) int name parameters { return 0; }
OBJECT(PyCFunction_Type)
OBJECT(PyExc_SystemError)
OBJECT(PyGetSetDescr_Type)
OBJECT(PyMethodDescr_Type)
FUNCTION(PyErr_Format, (void *exception, const char *format, ...))
FUNCTION(PyErr_GetRaisedException, (void))
FUNCTION(PyTuple_GetItem, (void *tuple, int index))
FUNCTION(PyTuple_Size, (void *tuple))
FUNCTION(PyType_IsSubtype, (void *type, void *base))
void PyErr_SetRaisedException(void *error) {}
void PyException_SetContext(void *error, void *context) {}
void PyUnstable_GC_VisitObjects(void *visitor, void *argument) {}
