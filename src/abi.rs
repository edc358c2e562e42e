//! Every symbol that crosses the C ABI: what we define, what we need, what `shim.c` holds.
//!
//! The names without `pyem_` are CPython's. They are the union of what its
//! `Python/emscripten_trampoline.c` defines from 3.13 on (3.13.5 is tested);
//! `shim.c` has the data among them. The `__wrap_` names are for `--wrap`.

use core::{
    ffi::{c_char, c_int, c_void},
    sync::atomic::{AtomicU8, AtomicU32},
};

use crate::dispatch;

/// CPython's `PyObject`. Only pointers to it are passed on.
pub type PyObject = c_void;

/// What CPython believes a callee to be: `PyCFunctionWithKeywords`.
///
/// The pointer is a slot of the function table. The function in it may have any signature;
/// it must not be called through this type before the signature is known.
pub type Handler = Option<unsafe extern "C" fn(*mut PyObject, *mut PyObject, *mut PyObject) -> *mut PyObject>;

/// The bytes of [`pyem_signature_cache`]; slots at or beyond are resolved at each call.
pub const CACHE_LENGTH: usize = 1 << 16;

/// A function from slot to [`crate::Resolution`].
///
/// # Safety
///
/// * It must not run the function in the slot.
pub type Resolver = unsafe extern "C" fn(slot: usize) -> u32;

/// What the hook reads before C runs. `shim.c` has the one value and the other declaration.
#[repr(C)]
pub struct Abi {
    /// Raised when a field changes.
    pub version: u32,
    /// The slot of `pyem_resolve_fallback`, into which the hook puts the adaptor.
    pub resolver: Resolver,
    pub cache: *const AtomicU8,
    pub cache_length: u32,
    pub adaptor: *const u8,
    pub adaptor_length: u32,
    pub resolutions: *const AtomicU32,
}

const _: () = assert!(
    size_of::<Abi>() == 3 * size_of::<u32>() + 4 * size_of::<usize>() || cfg!(not(target_os = "emscripten"))
);

// SAFETY: shim.c defines these with the same types; its EM_JS imports are called through it.
// CPython defines the `Py…` names as declared here (Include/pyerrors.h).
unsafe extern "C" {
    pub safe static pyem_trampoline_abi: Abi;
    pub safe static pyem_signature_cache: [AtomicU8; CACHE_LENGTH];
    pub safe static pyem_resolutions: [AtomicU32; 3];

    /// Asks JavaScript for the resolution of a slot; installs the adaptor if the hook did not.
    pub safe fn pyem_resolve_with_js(slot: usize) -> u32;
    /// Asks JavaScript what an unexpected slot holds, for the message. Installs nothing.
    pub safe fn pyem_describe_with_js(slot: usize) -> u32;
    /// The number of slots in the function table.
    pub safe fn pyem_table_size() -> usize;

    pub static PyExc_SystemError: *mut PyObject;
    pub static mut PyType_Type: PyObject;
    pub static mut PyGetSetDescr_Type: PyObject;
    pub static mut PyMethodDescr_Type: PyObject;
    pub fn PyErr_Clear();
    pub fn PyErr_Format(exception: *mut PyObject, format: *const c_char, ...) -> *mut PyObject;
    pub fn PyDict_Next(
        dict: *mut PyObject,
        position: *mut isize,
        key: *mut *mut PyObject,
        value: *mut *mut PyObject,
    ) -> c_int;
    pub fn PyObject_GetAttrString(object: *mut PyObject, name: *const c_char) -> *mut PyObject;
    pub fn PyObject_IsInstance(object: *mut PyObject, type_: *mut PyObject) -> c_int;
    pub fn PyObject_Type(object: *mut PyObject) -> *mut PyObject;
    pub fn PyTuple_GetItem(tuple: *mut PyObject, index: isize) -> *mut PyObject;
    pub fn PyTuple_Size(tuple: *mut PyObject) -> isize;
    pub fn PyType_GetDict(type_: *mut PyObject) -> *mut PyObject;
    pub fn PyType_GetSlot(type_: *mut PyObject, slot: c_int) -> *mut c_void;
    pub fn Py_DecRef(object: *mut PyObject);
}

/// CPython's `PyMethodDescrObject` and `PyGetSetDescrObject` (Include/cpython/descrobject.h, the
/// same from 3.13 on, in builds with the GIL and without `Py_TRACE_REFS`): an object, what it belongs
/// to, its two names, its definition.
#[repr(C)]
pub struct Descriptor {
    object: [usize; 2],
    owner_and_names: [usize; 3],
    pub definition: Definition,
}

/// The last field of a [`Descriptor`], by the descriptor's type.
#[repr(C)]
pub union Definition {
    pub method: *const MethodDef,
    pub attribute: *const GetSetDef,
}

/// The beginning of CPython's `PyMethodDef`.
#[repr(C)]
pub struct MethodDef {
    name: *const c_char,
    pub function: *const c_void,
}

/// CPython's `PyGetSetDef`.
#[repr(C)]
pub struct GetSetDef {
    name: *const c_char,
    pub get: *const c_void,
    pub set: *const c_void,
    doc: *const c_char,
    pub closure: *mut c_void,
}

/// Defines functions that are the dispatch under another name.
macro_rules! trampolines {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        ///
        /// # Safety
        ///
        /// Those of [`crate::call`].
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
    /// [`crate::call`]
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
    c_int::from(dispatch::known_or_resolved(func).to_byte())
}

/// CPython calls it while it initialises; upstream asks JavaScript there. We have nothing to do,
/// and leave `_PyRuntime` alone: `Py_Initialize` after `Py_Finalize` resets it.
#[cfg_attr(target_os = "emscripten", unsafe(no_mangle))]
pub extern "C" fn _Py_EmscriptenTrampoline_Init(_runtime: *mut c_void) {}

/// `--wrap=_Py_EmscriptenTrampoline_Init`
#[cfg_attr(target_os = "emscripten", unsafe(no_mangle))]
pub extern "C" fn __wrap__Py_EmscriptenTrampoline_Init(_runtime: *mut c_void) {}
