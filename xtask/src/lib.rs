//! What `cargo xtask` does, as a library: the end-to-end tests call the same functions.
//!
//! `commands` use `bench`, `bench` uses `browser` and `build`, and all use `tools`.

pub mod bench;
pub mod browser;
pub mod build;
pub mod commands;
pub mod engines;
pub mod tools;

pub use tools::workshop::Workshop;
