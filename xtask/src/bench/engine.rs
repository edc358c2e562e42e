//! Where something is measured.

use std::str::FromStr;

use anyhow::{Context, Result};

use crate::browser::driver::Browser;

/// An engine of this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// V8, by Node's major version.
    Node(u32),
    /// One of the browsers.
    Browser(Browser),
}

impl Engine {
    /// All, in the order of the tables.
    pub const ALL: [Self; 7] = [
        Self::Node(20),
        Self::Node(22),
        Self::Node(24),
        Self::Node(26),
        Self::Browser(Browser::Chromium),
        Self::Browser(Browser::Firefox),
        Self::Browser(Browser::WebKit),
    ];

    /// Each Node.
    pub fn nodes() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|engine| matches!(engine, Self::Node(_)))
    }

    /// As records have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Node(_) => "Node",
            Self::Browser(browser) => browser.name(),
        }
    }
}

impl FromStr for Engine {
    type Err = anyhow::Error;

    /// `node-24`, `firefox`
    fn from_str(text: &str) -> Result<Self> {
        let name = |engine: Self| match engine {
            Self::Node(major) => format!("node-{major}"),
            Self::Browser(browser) => browser.name().to_lowercase(),
        };
        let known = || Self::ALL.map(name).join(", ");
        let found = Self::ALL.into_iter().find(|&engine| name(engine) == text);
        found.with_context(|| format!("the engines are {}", known()))
    }
}
