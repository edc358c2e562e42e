//! Whether a call that cannot be made is that of a setter.
//!
//! CPython calls setters, which return `int`, through the trampoline of functions that return
//! `PyObject *` (`descr_set_trampoline_call`). Null is 0 there, which means success: the error
//! would be left behind and come up in whatever Python runs next. A setter has to answer -1, and
//! only the descriptor knows that it is one: we look for it where CPython found it, in the
//! dictionaries of the object's types.

use core::{
    ffi::{c_int, c_void},
    ptr::null_mut,
};

use crate::abi::{
    Descriptor, Py_DecRef, PyDict_Next, PyErr_Clear, PyGetSetDescr_Type, PyMethodDescr_Type, PyObject,
    PyObject_GetAttrString, PyObject_IsInstance, PyObject_Type, PyTuple_GetItem, PyTuple_Size,
    PyType_GetDict, PyType_GetSlot, PyType_Type,
};

/// `Py_tp_call` of CPython's `typeslots.h`; part of the stable ABI.
const PY_TP_CALL: c_int = 50;

/// -1 if the call `slot(a, b, c)` is that of a setter of `a`, else null.
///
/// Where one function is both a setter and something else, the arguments decide; where they
/// cannot, it is not taken for a setter, because -1 is no `PyObject *`.
///
/// # Safety
///
/// * The thread holds the GIL, and no error is set.
/// * `a`, `b` and `c` are the arguments of CPython's call.
pub(crate) unsafe fn failure(
    slot: usize,
    a: *mut PyObject,
    b: *mut PyObject,
    c: *mut PyObject,
) -> *mut PyObject {
    if a.is_null() {
        return null_mut();
    }
    // SAFETY: `a` is an object: it is the first argument of each kind of call.
    let is_setter = unsafe { is_setter(slot, a, b, c) };
    if is_setter { usize::MAX as *mut PyObject } else { null_mut() }
}

/// # Safety
///
/// * Those of [`failure`]; `a` is an object.
unsafe fn is_setter(slot: usize, a: *mut PyObject, b: *mut PyObject, c: *mut PyObject) -> bool {
    // SAFETY: plain uses of CPython's C API: `type_` and `mro` are owned until they are released
    // below; `__mro__` of a type is a tuple of types.
    unsafe {
        let type_ = PyObject_Type(a);
        let mut found = false;
        if PyType_GetSlot(type_, PY_TP_CALL) as usize != slot {
            let mro = PyObject_GetAttrString(type_, c"__mro__".as_ptr());
            if mro.is_null() {
                PyErr_Clear();
            } else {
                found = mro_has_setter(mro, slot, b, c);
                Py_DecRef(mro);
            }
        }
        Py_DecRef(type_);
        found
    }
}

/// # Safety
///
/// * `mro` is a tuple of types.
unsafe fn mro_has_setter(mro: *mut PyObject, slot: usize, b: *mut PyObject, c: *mut PyObject) -> bool {
    let mut found = false;
    // SAFETY: the index is within the tuple; a type has a dictionary, which is owned until it
    // is released, and which nothing changes meanwhile: no Python code runs in this loop.
    unsafe {
        for index in 0..PyTuple_Size(mro) {
            let type_ = PyTuple_GetItem(mro, index);
            if PyObject_IsInstance(type_, &raw mut PyType_Type) != 1 {
                continue;
            }
            let dict = PyType_GetDict(type_);
            let mut position = 0;
            let mut value = null_mut();
            while PyDict_Next(dict, &mut position, null_mut(), &mut value) != 0 {
                match role(value, slot, b, c) {
                    Role::Setter => found = true,
                    Role::Object => {
                        Py_DecRef(dict);
                        return false;
                    }
                    Role::Other => {}
                }
            }
            Py_DecRef(dict);
        }
    }
    found
}

/// What the call is, as far as one descriptor tells.
enum Role {
    /// The descriptor's setter.
    Setter,
    /// The descriptor's method or getter: it returns an object.
    Object,
    /// Nothing of this descriptor's.
    Other,
}

/// What the call is to a value of a type's dictionary.
///
/// # Safety
///
/// * `value` is an object.
unsafe fn role(value: *mut PyObject, slot: usize, b: *mut PyObject, c: *mut PyObject) -> Role {
    // SAFETY: `value` is an object, and a descriptor of the two types is laid out as
    // `Descriptor` has it, its last field pointing to a static definition.
    unsafe {
        let type_ = PyObject_Type(value);
        Py_DecRef(type_); // the value keeps it alive
        let descriptor = value.cast::<Descriptor>();
        if type_ == &raw mut PyMethodDescr_Type {
            let method = (*descriptor).definition.method;
            if (*method).function as usize == slot {
                return Role::Object;
            }
        } else if type_ == &raw mut PyGetSetDescr_Type {
            let attribute = (*descriptor).definition.attribute;
            let closure: *mut c_void = (*attribute).closure;
            if (*attribute).get as usize == slot && b == closure && c.is_null() {
                return Role::Object;
            }
            if (*attribute).set as usize == slot && c == closure {
                return Role::Setter;
            }
        }
    }
    Role::Other
}
