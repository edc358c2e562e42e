//! The `SystemError` for a function that cannot be called.

use core::ffi::CStr;

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
    /// `PyErr_Format`, which takes a C `int` for `%d`, a `size_t` for `%zu`, a C string for `%s`.
    macro_rules! set {
        ($format:expr, $($argument:expr),*) => {{
            // SAFETY: CPython sets the pointer up before it calls any function of C.
            let error = unsafe { PyExc_SystemError };
            // SAFETY: the thread holds the GIL; the format names just the arguments passed.
            unsafe { PyErr_Format(error, CStr::as_ptr($format), $($argument),*) };
        }};
    }

    let size = pyem_table_size();
    let found = Resolution::from_bits(pyem_describe_with_js(slot));
    let path = found.path().name().as_ptr();
    // The texts begin as that of python/cpython#128628.
    if slot == 0 {
        set!(c"Handler has unexpected call signature: null pointer (path %s)", path);
    } else if slot >= size {
        set!(
            c"Handler has unexpected call signature: slot %zu is outside the function table of %zu slots (path %s)",
            slot, size, path
        );
    } else if found.signature() == Signature::UNKNOWN {
        set!(c"Handler has unexpected call signature: slot %zu is empty (path %s)", slot, path);
    } else {
        let parameters = i32::from(found.parameters().unwrap_or(0));
        let types = if parameters <= 3 {
            c" that are not all i32, or with a result that is not one i32"
        } else {
            c""
        };
        set!(
            c"Handler has unexpected call signature: slot %zu holds a function of %d parameters%s (path %s)",
            slot,
            parameters,
            types.as_ptr(),
            path
        );
    }
}
