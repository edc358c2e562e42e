/* Offenders that wait for a promise. The page's worker puts a suspending function in the place of
 * `suspend_fetch_js` where the engine has JSPI; where not, this one says so. */
#include <Python.h>
#include <emscripten.h>

/* A text that the caller frees: + and what came, or - and why nothing did. Null: no JSPI. The worker's
 * own returns a promise of it. */
EM_JS(char *, suspend_fetch_js, (const char *url), { return 0; });

/* fetch(url): declared with three parameters, and called with two (METH_O). */
static PyObject *fetch(PyObject *module, PyObject *url, PyObject *unused) {
  const char *text = PyUnicode_AsUTF8(url);
  if (!text) return NULL;
  char *answer = suspend_fetch_js(text);
  if (!answer) return PyErr_Format(PyExc_RuntimeError, "this engine has no JSPI: Python cannot wait for a promise");
  PyObject *result = answer[0] == '+' ? PyUnicode_FromString(answer + 1) : NULL;
  if (!result && !PyErr_Occurred()) PyErr_Format(PyExc_OSError, "%s: %s", text, answer + 1);
  free(answer);
  return result;
}

static PyMethodDef functions[] = {{"fetch", (PyCFunction)(void (*)(void))fetch, METH_O}, {NULL}};
static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "suspend", NULL, -1, functions};
PyMODINIT_FUNC PyInit_suspend(void) { return PyModule_Create(&definition); }
