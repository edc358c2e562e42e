/* A mismatched function that waits for a promise. The page's worker puts a suspending function in the
 * place of `suspend_fetch_js` where the engine has JSPI; where not, this one answers. */
#include <Python.h>
#include <emscripten.h>

enum { FETCHED, FAILED, NO_JSPI };

/* Puts a text, which the caller frees, and its length there: what came, or why nothing did. A null text:
 * no memory. The worker's own returns a promise of the same number, which is never rejected. */
EM_JS(int, suspend_fetch_js, (const char *url, char **text, size_t *length), { return 2; });

/* fetch(url): declared with three parameters, and called with two (METH_O). */
static PyObject *fetch(PyObject *module, PyObject *url, PyObject *unused) {
  const char *address = PyUnicode_AsUTF8(url);
  if (!address) return NULL;
  char *text = NULL;
  size_t length = 0;
  int outcome = suspend_fetch_js(address, &text, &length);
  if (outcome == NO_JSPI)
    return PyErr_Format(PyExc_RuntimeError, "this engine has no JSPI: Python cannot wait for a promise");
  if (!text) return PyErr_NoMemory();
  PyObject *result = NULL;
  if (outcome == FETCHED) result = PyUnicode_FromStringAndSize(text, (Py_ssize_t)length);
  else PyErr_Format(PyExc_OSError, "%s: %s", address, text);
  free(text);
  return result;
}

static PyMethodDef functions[] = {{"fetch", (PyCFunction)(void (*)(void))fetch, METH_O}, {NULL}};
static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "suspend", NULL, -1, functions};
PyMODINIT_FUNC PyInit_suspend(void) { return PyModule_Create(&definition); }
