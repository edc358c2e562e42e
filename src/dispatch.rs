//! The mechanism: from a function pointer and three arguments to a call that cannot trap.
//!
//! `call_indirect` traps unless the callee has the caller's type, and much of what CPython calls
//! does not. A pointer is a slot of the function table, so [`dispatch`] looks up one byte per
//! slot, [`pyem_signature_cache`], and calls the function with as many arguments as it takes.
//!
//! The byte is 0 until the slot is resolved: by the hook before C runs, on engines without WebAssembly
//! GC, and else at the slot's first call. The resolver is a C function pointer that is constant, a field of
//! [`pyem_trampoline_abi`]: the slot of `pyem_resolve_fallback`. The preRun hook *replaces the
//! function in that slot* by the adaptor's `resolve`; where it cannot, the fallback itself runs.
//!
//! So the engine decides which bytes are known and when, and never what they are: a byte that is not
//! 0 is the same on every engine. That, and the constant pointer, is why a memory snapshot of one engine is
//! right on every other.
//!
//! When is a cached byte right? Element segments fill slots when a module is instantiated, and
//! never again. JavaScript rewrites slots, through `set` and `grow` of the table, which the hook wraps:
//! the byte is forgotten. (Where threads share the memory, and each has a table of its own, it becomes
//! [`Signature::UNCACHED`].) Were a byte wrong all the same, the engine's own check would trap; a call
//! with the wrong arguments cannot happen.

use core::{
    mem::transmute,
    ptr,
    sync::atomic::{AtomicU8, Ordering::Relaxed},
};

use crate::{
    abi::{CACHE_LENGTH, Resolver, pyem_resolutions, pyem_signature_cache, pyem_trampoline_abi},
    cpython::{Handler, PyObject},
    mismatch,
    resolution::Resolution,
    signature::Signature,
};

type Arity0 = unsafe extern "C" fn() -> *mut PyObject;
type Arity1 = unsafe extern "C" fn(*mut PyObject) -> *mut PyObject;
type Arity2 = unsafe extern "C" fn(*mut PyObject, *mut PyObject) -> *mut PyObject;
type Arity3 = unsafe extern "C" fn(*mut PyObject, *mut PyObject, *mut PyObject) -> *mut PyObject;

/// [`crate::signature_of`]
pub(crate) fn signature(func: Handler) -> Signature {
    let slot = slot_of(func);
    let known = cached(slot);
    if known.may_be_cached() { known } else { resolve(slot).signature() }
}

/// [`crate::call`], inlined into each exported name.
///
/// # Safety
///
/// * Those of [`crate::call`].
#[inline(always)]
pub(crate) unsafe fn dispatch(
    func: Handler,
    a: *mut PyObject,
    b: *mut PyObject,
    c: *mut PyObject,
) -> *mut PyObject {
    let slot = slot_of(func);
    // SAFETY: the byte is that of the slot; the rest is the caller's, as said above.
    match unsafe { call_as(cached(slot), slot, a, b, c) } {
        Some(result) => result,
        None => {
            // SAFETY: the static is initialised.
            let out_of_line = unsafe { ptr::read_volatile(&raw const OUT_OF_LINE) };
            // SAFETY: the caller meets the same duties.
            unsafe { out_of_line(slot, a, b, c) }
        }
    }
}

/// [`resolve_and_call`], by a pointer that no optimiser sees through. Called directly it has one
/// caller, so Binaryen would inline it and make the hot path slower (benches/README.md).
static OUT_OF_LINE: unsafe extern "C" fn(
    usize,
    *mut PyObject,
    *mut PyObject,
    *mut PyObject,
) -> *mut PyObject = resolve_and_call;

/// The rest of a call whose slot is not in the cache, or holds no callable signature.
///
/// It is called through [`OUT_OF_LINE`].
///
/// # Safety
///
/// * Those of [`crate::call`].
#[cold]
#[inline(never)]
unsafe extern "C" fn resolve_and_call(
    slot: usize,
    a: *mut PyObject,
    b: *mut PyObject,
    c: *mut PyObject,
) -> *mut PyObject {
    let resolution = resolve(slot);
    // SAFETY: the resolver has just returned this slot's signature; the rest is the caller's.
    match unsafe { call_as(resolution.signature(), slot, a, b, c) } {
        Some(result) => result,
        // SAFETY: the caller holds the GIL and gives the arguments of the call.
        None => unsafe { mismatch::raise(slot, a, b, c) },
    }
}

/// Calls the function in `slot` as `signature` has it, or returns `None`.
///
/// # Safety
///
/// * `signature` is that of the slot or not callable, else the call traps.
/// * The function may be called with these arguments.
#[inline(always)]
unsafe fn call_as(
    signature: Signature,
    slot: usize,
    a: *mut PyObject,
    b: *mut PyObject,
    c: *mut PyObject,
) -> Option<*mut PyObject> {
    macro_rules! call {
        ($type:ty, $($argument:ident),*) => {{
            // SAFETY: on this target a function pointer is the number of its slot, and a callable
            // signature means that the slot is not 0.
            let function = unsafe { transmute::<usize, $type>(slot) };
            // SAFETY: the caller vouches for the signature and for the arguments.
            Some(unsafe { function($($argument),*) })
        }};
    }
    if signature.has(Signature::ARITY_2) {
        return call!(Arity2, a, b);
    }
    if signature.has(Signature::ARITY_3) {
        return call!(Arity3, a, b, c);
    }
    if signature.has(Signature::ARITY_1) {
        return call!(Arity1, a);
    }
    if signature.has(Signature::ARITY_0) {
        return call!(Arity0,);
    }
    None
}

fn slot_of(func: Handler) -> usize {
    func.map_or(0, |func| func as usize)
}

/// The cache's byte for a slot, if it has one. Relaxed: under pthreads each value is right by
/// itself, and a lost store only means that a slot is resolved twice.
#[inline(always)]
fn byte_of(slot: usize) -> Option<&'static AtomicU8> {
    if slot < CACHE_LENGTH { pyem_signature_cache.get(slot) } else { None }
}

#[inline(always)]
fn cached(slot: usize) -> Signature {
    match byte_of(slot) {
        Some(byte) => Signature::from_byte(byte.load(Relaxed)),
        None => Signature::UNKNOWN,
    }
}

/// Asks the resolver, counts the answer under its path, and caches it where it stays right.
fn resolve(slot: usize) -> Resolution {
    let resolver = &raw const pyem_trampoline_abi.resolver;
    // SAFETY: the field is initialised and aligned. Volatile: the pointer is constant, the
    // function in its slot is not, so the call must stay indirect. (emcc's
    // `directize-initial-contents-immutable` would make it a direct call of the fallback.)
    let resolver: Resolver = unsafe { ptr::read_volatile(resolver) };
    // SAFETY: fallback and adaptor take any number, and run nothing.
    let resolution = Resolution::from_bits(unsafe { resolver(slot) });

    if let Some(count) = pyem_resolutions.get(resolution.path() as usize) {
        count.store(count.load(Relaxed).wrapping_add(1), Relaxed);
    }
    if let Some(byte) = byte_of(slot)
        && resolution.signature().may_be_cached()
    {
        // Only if it is unknown still: another thread may have written its slot meanwhile, for which the hook
        // puts `UNCACHED` there.
        let signature = resolution.signature().to_byte();
        let _ = byte.compare_exchange(Signature::UNKNOWN.to_byte(), signature, Relaxed, Relaxed);
    }
    resolution
}
