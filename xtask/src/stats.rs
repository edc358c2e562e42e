//! Numbers of measurements.

use anyhow::{Context, Result};

/// The middle one; of an even number, the upper of the two.
pub fn median(mut values: Vec<f64>) -> Result<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().context("no samples")
}
