//! How a mismatched function is put right in its source.

use crate::{Callee, Finding, Returns};

/// One sentence or declaration for each way in which extensions are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice {
    /// The declaration that CPython calls, in C.
    pub c: String,
    pub cython: String,
    pub pybind11: String,
}

/// How to mend a finding.
pub fn advice(finding: &Finding) -> Advice {
    let callee = &finding.callee;
    let c = declaration(callee);
    let name = callee.name;
    let is_method = name.starts_with("METH_") || name == "getter" || name == "setter";
    let cython = if is_method {
        format!(
            "`def` and properties have the right type; what is put into a table by a cast: `{}`",
            cython(callee)
        )
    } else {
        format!(
            "special methods have the right type; what is put into {name} by a cast: `{}`",
            cython(callee)
        )
    };
    let pybind11 = if is_method {
        "`def` and `def_property` have the right type; in a table of your own: as in C".to_owned()
    } else {
        format!(
            "in `py::custom_type_setup`: a lambda for {name} that has the type of the C declaration, without a cast"
        )
    };
    Advice { c, cython, pybind11 }
}

/// `PyObject *f(PyObject *self, PyObject *Py_UNUSED(ignored))`.
fn declaration(callee: &Callee) -> String {
    let parameters = parameters(callee.name).map_or_else(
        || {
            ["PyObject *self", "PyObject *other", "PyObject *third", "PyObject *fourth"]
                .iter()
                .take(callee.parameters)
                .copied()
                .collect::<Vec<_>>()
                .join(", ")
        },
        str::to_owned,
    );
    let result = match (callee.name, callee.returns) {
        ("am_send", _) => "PySendResult ",
        ("tp_hash", _) => "Py_hash_t ",
        ("sq_length" | "mp_length", _) => "Py_ssize_t ",
        ("_tp_iteritem", _) => "_PyObjectIndexPair ",
        (_, Returns::Nothing | Returns::Struct) => "void ",
        (_, Returns::Status | Returns::Number) => "int ",
        (_, Returns::Pointer) => "PyObject *",
    };
    format!("{result}f({parameters})")
}

/// The parameters where they are not objects throughout, or where their names say more.
fn parameters(name: &str) -> Option<&'static str> {
    Some(match name {
        "METH_NOARGS" => "PyObject *self, PyObject *Py_UNUSED(ignored)",
        "METH_O" => "PyObject *self, PyObject *arg",
        "METH_VARARGS" => "PyObject *self, PyObject *args",
        "METH_VARARGS|METH_KEYWORDS" => "PyObject *self, PyObject *args, PyObject *kwargs",
        "METH_FASTCALL" => "PyObject *self, PyObject *const *args, Py_ssize_t nargs",
        "METH_FASTCALL|METH_KEYWORDS" => {
            "PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames"
        }
        "METH_METHOD|METH_FASTCALL|METH_KEYWORDS" => {
            "PyObject *self, PyTypeObject *defining_class, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames"
        }
        "getter" => "PyObject *self, void *closure",
        "setter" => "PyObject *self, PyObject *value, void *closure",
        "tp_call" | "tp_init" => "PyObject *self, PyObject *args, PyObject *kwargs",
        "tp_new" => "PyTypeObject *type, PyObject *args, PyObject *kwargs",
        "tp_alloc" => "PyTypeObject *type, Py_ssize_t items",
        "tp_free" | "m_free" => "void *object",
        "tp_vectorcall" => "PyObject *callable, PyObject *const *args, size_t nargsf, PyObject *kwnames",
        "tp_getattr" => "PyObject *self, char *name",
        "tp_setattr" => "PyObject *self, char *name, PyObject *value",
        "tp_getattro" => "PyObject *self, PyObject *name",
        "tp_setattro" => "PyObject *self, PyObject *name, PyObject *value",
        "tp_traverse" | "m_traverse" | "capsule traverse" => "PyObject *self, visitproc visit, void *arg",
        "tp_richcompare" => "PyObject *self, PyObject *other, int op",
        "tp_descr_get" => "PyObject *self, PyObject *object, PyObject *type",
        "tp_descr_set" => "PyObject *self, PyObject *object, PyObject *value",
        "am_send" => "PyObject *self, PyObject *value, PyObject **result",
        "nb_power" | "nb_inplace_power" => "PyObject *self, PyObject *exponent, PyObject *modulus",
        "sq_repeat" | "sq_inplace_repeat" => "PyObject *self, Py_ssize_t count",
        "sq_item" | "_tp_iteritem" => "PyObject *self, Py_ssize_t index",
        "sq_ass_item" => "PyObject *self, Py_ssize_t index, PyObject *value",
        "mp_subscript" => "PyObject *self, PyObject *key",
        "mp_ass_subscript" => "PyObject *self, PyObject *key, PyObject *value",
        "bf_getbuffer" => "PyObject *self, Py_buffer *view, int flags",
        "bf_releasebuffer" => "PyObject *self, Py_buffer *view",
        "Py_mod_create" => "PyObject *spec, PyModuleDef *definition",
        "Py_mod_exec" | "m_clear" => "PyObject *module",
        "capsule destructor" => "PyObject *capsule",
        _ => return None,
    })
}

/// The same for Cython: with `object`, whose references it counts, where CPython owns and passes them so.
fn cython(callee: &Callee) -> String {
    let c = declaration(callee)
        .replace("Py_UNUSED(ignored)", "ignored")
        .replace("PyObject *const *", "PyObject **");
    match callee.returns {
        Returns::Pointer => {
            let objects = c.replace("PyObject **", "\0").replace("PyObject *", "object ");
            format!("cdef {}", objects.replace('\0', "PyObject **"))
        }
        _ => format!("cdef {c} noexcept"),
    }
}
