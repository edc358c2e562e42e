//! The `SystemError` for a function that cannot be called.

use core::ffi::CStr;

use crate::{
    Path, Resolution, Signature,
    abi::{PyErr_Format, PyExc_SystemError, PyObject, pyem_describe_with_js, pyem_table_size},
    setter,
};

/// Sets the error that says what is known of `slot`, and returns what the caller takes for a
/// failure: null, or -1 where it called a setter.
///
/// The text begins as that of python/cpython#128628.
///
/// # Safety
///
/// * The thread may set a Python error.
/// * `a`, `b` and `c` are the arguments of the call.
#[cold]
#[inline(never)]
pub(crate) unsafe fn raise(
    slot: usize,
    a: *mut PyObject,
    b: *mut PyObject,
    c: *mut PyObject,
) -> *mut PyObject {
    // SAFETY: the arguments are those of the call. It goes first: it must not see the error.
    let failure = unsafe { setter::failure(slot, a, b, c) };
    // SAFETY: the caller may set a Python error.
    unsafe { set_error(slot) };
    failure
}

/// # Safety
///
/// * The thread may set a Python error.
unsafe fn set_error(slot: usize) {
    let size = pyem_table_size();
    let found = Resolution::from_bits(pyem_describe_with_js(slot));
    let path = name(found.path()).as_ptr();
    // SAFETY: each format names just the arguments passed (PyErr_Format: `%zu` is size_t, `%d`
    // int, `%s` a C string); PyExc_SystemError is set up before any call of a C function.
    unsafe {
        let error = PyExc_SystemError;
        if slot == 0 {
            let format = c"Handler has unexpected call signature: null pointer (path %s)";
            PyErr_Format(error, format.as_ptr(), path);
        } else if slot >= size {
            let format = c"Handler has unexpected call signature: slot %zu is outside the function table of %zu slots (path %s)";
            PyErr_Format(error, format.as_ptr(), slot, size, path);
        } else if found.signature() == Signature::UNKNOWN {
            let format = c"Handler has unexpected call signature: slot %zu is empty (path %s)";
            PyErr_Format(error, format.as_ptr(), slot, path);
        } else {
            let parameters = i32::from(found.parameters().unwrap_or(0));
            let types = if parameters <= 3 {
                c" that are not all i32, or with a result that is not one i32"
            } else {
                c""
            };
            let format = c"Handler has unexpected call signature: slot %zu holds a function of %d parameters%s (path %s)";
            PyErr_Format(error, format.as_ptr(), slot, parameters, types.as_ptr(), path);
        }
    }
}

/// [`Path::name`] for C.
const fn name(path: Path) -> &'static CStr {
    match path {
        Path::WasmGc => c"wasm-gc",
        Path::Reflection => c"reflection",
        Path::Probe => c"probe",
    }
}
