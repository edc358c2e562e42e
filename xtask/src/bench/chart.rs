//! What a chart holds. Observable Plot draws it in Node: benches/js/charts.mjs.

use serde::Serialize;

/// One bar with its spread.
#[derive(Clone, Debug, Serialize)]
pub struct Bar {
    /// What stands together: an engine.
    pub group: String,
    /// What is compared within.
    pub name: String,
    /// Its length.
    pub value: f64,
    /// The lower end of the spread.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// One picture.
#[derive(Clone, Debug, Serialize)]
pub struct Chart {
    /// Its file, without the ending.
    pub file: String,
    /// What it shows.
    pub title: String,
    /// Of the lengths.
    pub unit: String,
    /// In the order of the chart.
    pub bars: Vec<Bar>,
}
