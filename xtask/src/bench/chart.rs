//! What a chart holds. Observable Plot draws it in Node: benches/js/charts.mjs.

use serde::Serialize;

/// One bar with its spread.
#[derive(Clone, Debug, Serialize)]
pub struct Bar {
    /// Bars of a group stand together: an engine.
    pub group: String,
    /// What is compared within the group: a design.
    pub name: String,
    /// Its length.
    pub value: f64,
    /// The lower end of the spread.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

#[derive(Clone, Debug, Serialize)]
pub struct Chart {
    /// Its file, without the ending.
    pub file: String,
    pub title: String,
    /// The unit of the bars' lengths.
    pub unit: String,
    pub bars: Vec<Bar>,
}
