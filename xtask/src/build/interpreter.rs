//! The interpreter of `cargo xtask demo`, of snapshots and of the Worker.

use std::path::PathBuf;

use anyhow::Result;

use super::{
    archive,
    cpython::Cpython,
    link::{Link, Trampoline, Way},
};
use crate::Workshop;

/// Links CPython with our archive and the mismatched functions of the tests, unless that was done before.
pub fn build(workshop: &Workshop, cpython: &Cpython) -> Result<PathBuf> {
    let archive = archive::build(workshop)?;
    let mismatched = workshop.root.join("tests/e2e/cpython/mismatched.c");
    Link::new("ours-mismatched", Trampoline::Ours(Way::ArchiveFirst))
        .extension("mismatched", &[mismatched])
        .build(workshop, cpython, &archive)
}
