//! What `cargo xtask` does, as a library: the end-to-end tests call the same functions.

pub mod archive;
pub mod bench;
pub mod browsers;
pub mod check;
pub mod cpython;
pub mod debian;
pub mod demo;
pub mod emscripten;
pub mod engines;
pub mod link;
pub mod markdown;
pub mod node;
pub mod page;
pub mod pins;
pub mod python;
pub mod regress;
pub mod rust_target;
pub mod serve;
pub mod snapshot;
pub mod stats;
pub mod steps;
pub mod suite;
pub mod upstream;
pub mod web;
pub mod workerd;
pub mod workshop;

pub use workshop::Workshop;
