//! What runs a benchmark, as the command line names it: `node-24`, `firefox`.

use std::{fmt, str::FromStr};

use anyhow::{Context, Error, Result};

use crate::browsers::Browser;

/// An engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// A pinned Node, by its major version.
    Node(u32),
    /// The machine's browser.
    Browser(Browser),
}

impl FromStr for Engine {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        if let Some(major) = text.strip_prefix("node-") {
            return Ok(Self::Node(major.parse().with_context(|| format!("a major version, not {major}"))?));
        }
        let browser = Browser::ALL.into_iter().find(|browser| browser.name().to_lowercase() == text);
        Ok(Self::Browser(browser.context("an engine is node-24, chromium, firefox or webkit")?))
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Node(major) => write!(f, "Node {major}"),
            Self::Browser(browser) => f.write_str(browser.name()),
        }
    }
}
