//! Numbers of measurements.

use anyhow::{Context, Result};

/// The middle one; of an even number, the upper of the two.
pub fn median(values: Vec<f64>) -> Result<f64> {
    Ok(quartiles(values)?[1])
}

/// The lower quartile, the median and the upper quartile.
pub fn quartiles(mut values: Vec<f64>) -> Result<[f64; 3]> {
    values.sort_by(f64::total_cmp);
    let at = |quarter: usize| values.get(values.len() * quarter / 4).copied().context("no samples");
    Ok([at(1)?, at(2)?, at(3)?])
}
