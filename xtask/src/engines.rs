//! The engines of `tests/engines.toml`, from which tests, benchmarks and README's table are made.

use std::{fmt, path::PathBuf, str::FromStr};

use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use serde::Deserialize;

use crate::{
    Workshop,
    browser::driver::Browser,
    tools::{node, pyodide},
};

mod seen;

pub use seen::{Seen, begin, publish, record, record_attached};

/// Compiled in: a change of the file rebuilds this program.
const MATRIX: &str = include_str!("../../tests/engines.toml");

/// An engine of this machine. In the file, on the command line and in names of tests: `node-24`, `firefox`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Engine {
    /// V8, by Node's major version.
    Node(u32),
    /// One of the browsers.
    Browser(Browser),
    /// Cloudflare's runtime.
    Workerd,
    /// V8.
    Deno,
    /// JavaScriptCore.
    Bun,
}

impl Engine {
    /// The name in tables and records, the same for all versions of Node.
    pub fn name(self) -> &'static str {
        match self {
            Self::Node(_) => "Node",
            Self::Browser(browser) => browser.name(),
            Self::Workerd => "workerd",
            Self::Deno => "Deno",
            Self::Bun => "Bun",
        }
    }

    /// Program and arguments that run a script, if it is started by a command.
    pub fn command(self, workshop: &Workshop) -> Result<Vec<PathBuf>> {
        Ok(match self {
            Self::Node(major) => vec![node::program(&workshop.home, &workshop.pins, major)?],
            Self::Deno => {
                let program = pyodide::runtime(workshop, "deno", "@deno/linux-x64-glibc", "deno")?;
                vec![program, "run".into(), "--allow-all".into(), "--quiet".into()]
            }
            Self::Bun => vec![pyodide::runtime(workshop, "bun", "@oven/bun-linux-x64", "bin/bun")?],
            Self::Browser(_) | Self::Workerd => bail!("{self} runs no script by a command"),
        })
    }

    /// The name in tables that tell versions of Node apart.
    pub fn label(self) -> String {
        self.node().map_or_else(|| self.name().to_owned(), |major| format!("Node {major}"))
    }

    /// The version of what [`Engine::command`] starts.
    pub fn version(self, workshop: &Workshop) -> Result<String> {
        if let Self::Node(major) = self {
            return node::versions(&workshop.home, &workshop.pins, major);
        }
        let pinned = workshop.pins.runtimes.get(&self.to_string());
        pinned.cloned().with_context(|| format!("no {self} is pinned in toolchain.toml"))
    }

    /// The major version, if it is a Node.
    pub fn node(self) -> Option<u32> {
        if let Self::Node(major) = self { Some(major) } else { None }
    }

    /// The browser, if it is one.
    pub fn browser(self) -> Option<Browser> {
        if let Self::Browser(browser) = self { Some(browser) } else { None }
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Node(major) => write!(f, "node-{major}"),
            _ => f.write_str(&self.name().to_lowercase().replace(' ', "-")),
        }
    }
}

impl FromStr for Engine {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        if let Some(major) = text.strip_prefix("node-") {
            return Ok(Self::Node(major.parse().with_context(|| format!("{major} is no major version"))?));
        }
        let others =
            Browser::ALL.map(Self::Browser).into_iter().chain([Self::Workerd, Self::Deno, Self::Bun]);
        let found = others.into_iter().find(|engine| engine.to_string() == text);
        found.with_context(|| format!("{text} is no engine of tests/engines.toml"))
    }
}

impl TryFrom<String> for Engine {
    type Error = anyhow::Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

/// The way in which a slot is resolved, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Path {
    /// By the adaptor.
    WasmGc,
    /// By JavaScript, from the types that the engine reports.
    Reflection,
    /// By JavaScript, from what links.
    Probe,
}

impl Path {
    pub const ALL: [Self; 3] = [Self::WasmGc, Self::Reflection, Self::Probe];

    /// The value of the option `path`.
    pub fn name(self) -> &'static str {
        match self {
            Self::WasmGc => "wasm-gc",
            Self::Reflection => "reflection",
            Self::Probe => "probe",
        }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Whether an engine can do something.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ability {
    /// Without a flag.
    Yes,
    /// With this flag.
    Flag(String),
    /// No, for this reason. A test asserts it.
    Missing(String),
    /// It is not tested, for this reason.
    Untested(String),
}

/// What is known of one engine.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Entry {
    #[serde(rename = "name")]
    pub engine: Engine,
    wasm_gc: Ability,
    reflection: Ability,
    probe: Ability,
    /// Whether WebAssembly can wait for promises.
    pub jspi: Ability,
    /// Whether workers of a cross-origin isolated page share memory.
    pub shared_memory: Ability,
    /// Whether only stock Pyodide is tested on it.
    #[serde(default)]
    attach_only: bool,
}

impl Entry {
    /// Whether the engine can take a path.
    pub fn path(&self, path: Path) -> &Ability {
        match path {
            Path::WasmGc => &self.wasm_gc,
            Path::Reflection => &self.reflection,
            Path::Probe => &self.probe,
        }
    }

    /// The path that is live unless one is forced.
    pub fn default_path(&self) -> Path {
        let live = Path::ALL.into_iter().find(|&path| *self.path(path) == Ability::Yes);
        live.unwrap_or(Path::Probe)
    }

    /// The paths that can be forced.
    pub fn paths(&self) -> impl Iterator<Item = Path> {
        let can = |path: &Path| matches!(self.path(*path), Ability::Yes | Ability::Flag(_));
        Path::ALL.into_iter().filter(can)
    }
}

/// The engines of the interpreters that the project builds, in the order of the tables.
pub fn all() -> Result<Vec<Entry>> {
    Ok(listed()?.into_iter().filter(|entry| !entry.attach_only).collect())
}

/// The engines that the trampoline is attached in.
pub fn attached() -> Result<Vec<Entry>> {
    // Python in workerd requires files that it has no place for.
    Ok(listed()?.into_iter().filter(|entry| entry.engine != Engine::Workerd).collect())
}

fn listed() -> Result<Vec<Entry>> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Matrix {
        engine: Vec<Entry>,
    }
    let matrix: Matrix = toml::from_str(MATRIX).context("parse tests/engines.toml")?;
    Ok(matrix.engine)
}

/// The major versions of Node, oldest first.
pub fn nodes() -> Result<Vec<u32>> {
    let mut nodes: Vec<u32> = all()?.iter().filter_map(|entry| entry.engine.node()).collect();
    nodes.sort_unstable();
    Ok(nodes)
}

/// The first and the last of them.
pub fn oldest_and_newest_node() -> Result<[u32; 2]> {
    let nodes = nodes()?;
    let ends = nodes.first().zip(nodes.last()).context("tests/engines.toml has no Node")?;
    Ok([*ends.0, *ends.1])
}

pub fn browsers() -> Result<Vec<Browser>> {
    Ok(all()?.iter().filter_map(|entry| entry.engine.browser()).collect())
}

/// The engines that the benchmarks measure.
pub fn measured() -> Result<Vec<Engine>> {
    Ok(all()?.iter().map(|entry| entry.engine).filter(|&engine| engine != Engine::Workerd).collect())
}

pub fn entry(engine: Engine) -> Result<Entry> {
    let found = all()?.into_iter().find(|entry| entry.engine == engine);
    found.with_context(|| format!("{engine} is not in tests/engines.toml"))
}
