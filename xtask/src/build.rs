//! What the project builds: the archive, CPython, interpreters, snapshots, the page, a Worker.

pub mod archive;
pub mod attach;
pub mod audit;
pub mod check;
pub mod cpython;
pub mod extension;
pub mod headers;
pub mod interpreter;
pub mod link;
pub mod npm;
pub mod page;
pub mod pool;
pub mod python;
pub mod side_module;
pub mod snapshot;
pub mod upstream;
pub mod workerd;
