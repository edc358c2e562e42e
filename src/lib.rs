#![doc = include_str!("../README.md")]
#![no_std]
#![warn(missing_docs)]

#[cfg(all(target_family = "wasm", not(target_os = "emscripten")))]
compile_error!(
    "pyem-trampoline is for wasm32-unknown-emscripten: other WebAssembly targets have no glue \
     code in which the preRun hook could run"
);
#[cfg(target_pointer_width = "16")]
compile_error!("pyem-trampoline needs pointers of at least 32 bits");

mod signature;

// On the host these are documentation only: there is no function table to call through.
#[cfg(any(target_os = "emscripten", doc))]
mod abi;
#[cfg(any(target_os = "emscripten", doc))]
mod cpython;
#[cfg(any(target_os = "emscripten", doc))]
mod dispatch;
#[cfg(any(target_os = "emscripten", doc))]
mod exports;
#[cfg(any(target_os = "emscripten", doc))]
mod fallback;
#[cfg(any(target_os = "emscripten", doc))]
mod mismatch;
#[cfg(all(target_os = "emscripten", feature = "staticlib"))]
mod panic;
#[cfg(any(target_os = "emscripten", doc))]
mod resolution;
#[cfg(any(target_os = "emscripten", doc))]
mod setter;

pub use crate::signature::Signature;
#[cfg(any(target_os = "emscripten", doc))]
pub use crate::{
    cpython::{Handler, PyObject},
    exports::{call, signature_of},
};
