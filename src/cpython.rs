//! CPython's objects, as far as they are read, and the functions that are called.
//!
//! The layouts are those of CPython from 3.13 on, in builds with the GIL and without
//! `Py_TRACE_REFS`: Include/object.h, Include/cpython/object.h, methodobject.h, descrobject.h.

use core::ffi::{c_char, c_int, c_void};

/// CPython's `PyObject`. Only pointers to it are passed on.
pub type PyObject = c_void;

/// What CPython believes a callee to be: `PyCFunctionWithKeywords`.
///
/// The pointer is a slot of the function table. The function in it may have any signature;
/// it must not be called through this type before the signature is known.
pub type Handler = Option<unsafe extern "C" fn(*mut PyObject, *mut PyObject, *mut PyObject) -> *mut PyObject>;

/// The beginning of every object.
#[repr(C)]
pub struct Object {
    reference_count: usize,
    /// What `type()` of C returns; no Python code can answer in its place.
    pub type_: *const TypeObject,
}

/// CPython's `PyTypeObject` up to `tp_mro`.
#[repr(C)]
pub struct TypeObject {
    to_call: [usize; 16],
    pub call: *const c_void,
    to_flags: [usize; 4],
    pub flags: usize,
    to_methods: [usize; 7],
    /// Null, or an array that ends with a definition without a name.
    pub methods: *const MethodDef,
    members: usize,
    /// The same of attributes.
    pub attributes: *const GetSetDef,
    pub base: *const TypeObject,
    to_mro: [usize; 10],
    /// A tuple of types; null while the type is being made.
    pub mro: *mut PyObject,
}

/// The bit of `tp_flags` that types of types have.
pub const TPFLAGS_TYPE_SUBCLASS: usize = 1 << 31;

/// CPython's `PyMethodDef`.
#[repr(C)]
pub struct MethodDef {
    pub name: *const c_char,
    pub function: *const c_void,
    pub flags: c_int,
    doc: *const c_char,
}

pub const METH_KEYWORDS: c_int = 0x02;
pub const METH_NOARGS: c_int = 0x04;
pub const METH_CLASS: c_int = 0x10;
pub const METH_STATIC: c_int = 0x20;
pub const METH_FASTCALL: c_int = 0x80;

/// CPython's `PyGetSetDef`.
#[repr(C)]
pub struct GetSetDef {
    pub name: *const c_char,
    pub get: *const c_void,
    pub set: *const c_void,
    doc: *const c_char,
    pub closure: *mut c_void,
}

/// CPython's `PyMethodDescrObject` and `PyGetSetDescrObject`.
#[repr(C)]
pub struct Descriptor {
    object: Object,
    pub owner: *const TypeObject,
    names: [usize; 2],
    pub definition: Definition,
}

/// The last field of a [`Descriptor`], by the descriptor's type; null while it is being made.
#[repr(C)]
#[derive(Clone, Copy)]
pub union Definition {
    pub method: *const MethodDef,
    pub attribute: *const GetSetDef,
}

/// The beginning of CPython's `PyCFunctionObject`.
#[repr(C)]
pub struct BuiltinFunction {
    object: Object,
    pub definition: *const MethodDef,
    pub self_: *mut PyObject,
}

/// What [`PyUnstable_GC_VisitObjects`] calls with each object; 0 ends the visit.
pub type Visitor = unsafe extern "C" fn(object: *mut PyObject, argument: *mut c_void) -> c_int;

// SAFETY: CPython defines these so: Include/pyerrors.h, tupleobject.h, object.h, cpython/objimpl.h.
unsafe extern "C" {
    pub static PyExc_SystemError: *mut PyObject;
    pub static PyCFunction_Type: TypeObject;
    pub static PyGetSetDescr_Type: TypeObject;
    pub static PyMethodDescr_Type: TypeObject;

    pub fn PyErr_Format(exception: *mut PyObject, format: *const c_char, ...) -> *mut PyObject;
    pub fn PyErr_GetRaisedException() -> *mut PyObject;
    pub fn PyErr_SetRaisedException(error: *mut PyObject);
    pub fn PyException_SetContext(error: *mut PyObject, context: *mut PyObject);
    pub fn PyTuple_GetItem(tuple: *mut PyObject, index: isize) -> *mut PyObject;
    pub fn PyTuple_Size(tuple: *mut PyObject) -> isize;
    pub fn PyType_IsSubtype(type_: *const TypeObject, base: *const TypeObject) -> c_int;
    pub fn PyUnstable_GC_VisitObjects(visitor: Visitor, argument: *mut c_void);
}
