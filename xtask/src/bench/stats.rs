//! Statistics of measurements.

use std::fmt;

use anyhow::{Context, Result};

/// The middle one; of an even number, the lower of the two, as the page has it (demo/page/page.mjs).
pub fn median(values: Vec<f64>) -> Result<f64> {
    Ok(Spread::of(values)?.median)
}

/// The middle of many values, and between which two the middle half of them lies.
#[derive(Clone, Copy, Debug)]
pub struct Spread {
    /// A quarter is below.
    pub lower: f64,
    /// As [`median`].
    pub median: f64,
    /// A quarter is above.
    pub upper: f64,
}

impl Spread {
    /// Of values in any order.
    pub fn of(mut values: Vec<f64>) -> Result<Self> {
        values.sort_by(f64::total_cmp);
        let at = |quarter: usize| {
            values.get(values.len().saturating_sub(1) * quarter / 4).copied().context("no samples")
        };
        Ok(Self { lower: at(1)?, median: at(2)?, upper: at(3)? })
    }
}

impl fmt::Display for Spread {
    /// Three digits that count are enough for a noisy machine.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = match self.median {
            0.0..10.0 => 2,
            10.0..100.0 => 1,
            _ => 0,
        };
        let Self { lower, median, upper } = self;
        write!(f, "{median:.digits$} ({lower:.digits$}–{upper:.digits$})")
    }
}
