//! Finds C functions whose WebAssembly type is not the one that CPython calls them with.
//!
//! CPython calls C through about ninety kinds of typed pointers: the slots of types, methods, getters, what a
//! module defines. On WebAssembly a call through a pointer of another type traps. This crate knows where the
//! pointers lie and which type each has to have, walks them, and describes what is wrong, how it can be mended in
//! place, and how in the source.
//!
//! It reads an [`Image`]: memory, and the types of the functions in the table. A running interpreter is one; files
//! can be another. It runs nothing and allocates nothing in the image.

#![forbid(unsafe_code)]

mod advice;
mod entries;
mod finding;
mod image;
mod layout;
mod likely;
mod methods;
mod proof;
mod report;
mod slots;
mod trampoline;
mod walk;
mod wasm;

pub mod repair;

pub use advice::{Advice, advice};
pub use finding::{Finding, Report, Verdict};
pub use image::{Image, Roots, Signature};
pub use layout::{Anchors, Error, Facts, Layout};
pub use likely::likely_slots;
pub use methods::{METHOD_KINDS, MethodKind, method_kind};
pub use report::table;
pub use slots::{ALL_TABLES, Callee, ITERITEM, Returns, Slot, SlotTable};
pub use trampoline::Trampoline;
pub use walk::audit;
pub use wasm::{FunctionType, ValueType};
