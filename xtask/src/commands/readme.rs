//! `cargo xtask readme`: the table of engines and the picture, from the last tests.

use anyhow::Result;

use crate::{Workshop, engines};

pub fn run() -> Result<()> {
    engines::publish(&Workshop::open()?)
}
