//! The names by which the mechanism is called, from C and from Rust.
//!
//! Those without `pyem_` are CPython's. They are the functions among the union of what its
//! `Python/emscripten_trampoline.c` defines from 3.13 on (3.13.5 is tested); the data is in
//! `shim.c`. The `__wrap_` names are for `--wrap`.

use core::ffi::{c_int, c_void};

use crate::{
    Signature,
    cpython::{Handler, PyObject},
    dispatch,
};

/// Calls the function behind `func` with the first 0 to 3 of the arguments: as many as it takes.
///
/// A function of another signature, an empty slot, a null pointer and a pointer outside the
/// function table are not called: a Python `SystemError` is set and null returned, or -1 where the call is
/// that of a setter of `a`. An error that was set before becomes its context.
///
/// # Safety
///
/// * The function in the slot may be called with these arguments.
/// * The thread holds the GIL.
/// * The arguments are those that CPython passes: `a`, if not null, is an object.
#[inline]
pub unsafe fn call(func: Handler, a: *mut PyObject, b: *mut PyObject, c: *mut PyObject) -> *mut PyObject {
    // SAFETY: the caller meets the same duties.
    unsafe { pyem_trampoline_call(func, a, b, c) }
}

/// The signature of the function behind `func`, from the cache or the resolver.
///
/// [`Signature::UNKNOWN`] means that there is no function.
#[inline]
pub fn signature_of(func: Handler) -> Signature {
    Signature::from_byte(pyem_trampoline_signature(func) as u8)
}

/// Defines functions that are the dispatch under another name.
macro_rules! trampolines {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        ///
        /// # Safety
        ///
        /// Those of [`call`].
        #[cfg_attr(target_os = "emscripten", unsafe(no_mangle))]
        pub unsafe extern "C" fn $name(
            func: Handler,
            a: *mut PyObject,
            b: *mut PyObject,
            c: *mut PyObject,
        ) -> *mut PyObject {
            // SAFETY: the caller meets the duties of `call`, as said above.
            unsafe { dispatch::dispatch(func, a, b, c) }
        }
    )*};
}

trampolines! {
    /// [`call`]
    pyem_trampoline_call
    /// CPython from 3.14 on.
    _PyEM_TrampolineCall
    /// CPython 3.13 on engines with type reflection.
    _PyEM_TrampolineCall_Reflection
    /// CPython 3.13 on other engines; there an import from JavaScript.
    _PyEM_TrampolineCall_JavaScript
    /// `--wrap=_PyEM_TrampolineCall`
    __wrap__PyEM_TrampolineCall
    /// `--wrap=_PyEM_TrampolineCall_Reflection`
    __wrap__PyEM_TrampolineCall_Reflection
    /// `--wrap=_PyEM_TrampolineCall_JavaScript`
    __wrap__PyEM_TrampolineCall_JavaScript
}

/// The signature byte of a slot; see `pyem_trampoline.h`.
#[cfg_attr(target_os = "emscripten", unsafe(no_mangle))]
pub extern "C" fn pyem_trampoline_signature(func: Handler) -> c_int {
    c_int::from(dispatch::signature(func).to_byte())
}

/// CPython calls it while it initialises; upstream asks JavaScript there. We have nothing to do,
/// and leave `_PyRuntime` alone: `Py_Initialize` after `Py_Finalize` resets it.
#[cfg_attr(target_os = "emscripten", unsafe(no_mangle))]
pub extern "C" fn _Py_EmscriptenTrampoline_Init(_runtime: *mut c_void) {}

/// `--wrap=_Py_EmscriptenTrampoline_Init`
#[cfg_attr(target_os = "emscripten", unsafe(no_mangle))]
pub extern "C" fn __wrap__Py_EmscriptenTrampoline_Init(_runtime: *mut c_void) {}
