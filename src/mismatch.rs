//! The `SystemError` for a function that cannot be called.

use crate::{
    abi::{pyem_describe_with_js, pyem_table_size},
    cpython::{
        PyErr_Format, PyErr_GetRaisedException, PyErr_SetRaisedException, PyExc_SystemError,
        PyException_SetContext, PyObject,
    },
    resolution::Resolution,
    setter,
    signature::Signature,
};

/// Sets the error that says what is known of `slot`, and returns what the caller takes for a
/// failure: null, or -1 where it called a setter. Runs no Python code.
///
/// An error that is set already becomes the context of the new one.
///
/// # Safety
///
/// * The thread holds the GIL.
/// * `a`, `b` and `c` are the arguments of the call; `a` is an object or null.
#[cold]
#[inline(never)]
pub(crate) unsafe fn raise(
    slot: usize,
    a: *mut PyObject,
    b: *mut PyObject,
    c: *mut PyObject,
) -> *mut PyObject {
    // SAFETY: the thread holds the GIL.
    let earlier = unsafe { PyErr_GetRaisedException() };
    // SAFETY: the thread holds the GIL.
    unsafe { set_error(slot) };
    if !earlier.is_null() {
        // SAFETY: the thread holds the GIL.
        let error = unsafe { PyErr_GetRaisedException() };
        // SAFETY: both are exceptions, `error` because one was just set; `earlier` is ours to give.
        unsafe { PyException_SetContext(error, earlier) };
        // SAFETY: it is an exception, and ours to give.
        unsafe { PyErr_SetRaisedException(error) };
    }
    // SAFETY: the caller meets the same duties.
    unsafe { setter::failure(slot, a, b, c) }
}

/// # Safety
///
/// * The thread holds the GIL, and no error is set.
unsafe fn set_error(slot: usize) {
    let size = pyem_table_size();
    let found = Resolution::from_bits(pyem_describe_with_js(slot));
    let path = found.path().name().as_ptr();
    let parameters = usize::from(found.parameters().unwrap_or(0));
    let types =
        if parameters <= 3 { c" that are not all i32, or with a result that is not one i32" } else { c"" };
    // The texts begin as that of python/cpython#128628.
    let (format, number) = if slot == 0 {
        (c"Handler has unexpected call signature (path %s): null pointer", 0)
    } else if slot >= size {
        (
            c"Handler has unexpected call signature (path %s): slot %zu is outside the function table of %zu slots",
            size,
        )
    } else if found.signature() == Signature::UNKNOWN {
        (c"Handler has unexpected call signature (path %s): slot %zu is empty", 0)
    } else {
        (
            c"Handler has unexpected call signature (path %s): slot %zu holds a function of %zu parameters%s",
            parameters,
        )
    };
    // SAFETY: CPython sets the pointer up before it calls any function of C.
    let error = unsafe { PyExc_SystemError };
    // SAFETY: the thread holds the GIL. Each format names the first of the arguments behind it: `%s`
    // is a C string, `%zu` a size_t.
    unsafe { PyErr_Format(error, format.as_ptr(), path, slot, number, types.as_ptr()) };
}
