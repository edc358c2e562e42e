//! The ways to start the interpreter on the Nodes of `tests/engines.toml`.

use std::{fmt, path::Path as Folder};

use anyhow::Result;
use xtask::{
    build::python::Run,
    engines::{self, Ability, Path},
};

/// One of them. Its text is part of a trial's name: `node-20::probe::no-hook`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Case {
    /// The major version of Node.
    pub node: u32,
    /// The path that is forced.
    pub force: Option<Path>,
    /// Whether the hook runs in preRun.
    pub hook: bool,
    /// The path that must be live.
    pub live: Path,
}

impl Case {
    /// Runs an interpreter in this way.
    pub fn run(&self, folder: &Folder) -> Run {
        let mut run = Run::new(folder, self.node);
        run.path = self.force.map(|path| path.to_string());
        run.install = (!self.hook).then(|| "first-miss".to_owned());
        run
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.force.map_or("default", Path::name);
        write!(f, "node-{}::{path}{}", self.node, if self.hook { "" } else { "::no-hook" })
    }
}

/// Each Node with its default path and with each path forced, with the hook and without.
pub fn all() -> Result<Vec<Case>> {
    let mut cases = Vec::new();
    for entry in engines::all()? {
        let Some(node) = entry.engine.node() else { continue };
        let forced = entry.paths().map(|path| (Some(path), path));
        for (force, live) in [(None, entry.default_path())].into_iter().chain(forced) {
            cases.extend([true, false].map(|hook| Case { node, force, hook, live }));
        }
    }
    Ok(cases)
}

/// Those with the hook.
pub fn with_hook() -> Result<Vec<Case>> {
    Ok(all()?.into_iter().filter(|case| case.hook).collect())
}

/// Those with the hook that differ: none forces what is live anyway.
pub fn distinct() -> Result<Vec<Case>> {
    let nodes =
        engines::all()?.into_iter().filter_map(|entry| Some((entry.engine.node()?, entry.default_path())));
    let forced: Vec<_> = nodes.map(|(node, path)| (node, Some(path))).collect();
    Ok(with_hook()?.into_iter().filter(|case| !forced.contains(&(case.node, case.force))).collect())
}

/// As few of them as have each Node and each path: the newest Node is forced.
pub fn each_node_and_path() -> Result<Vec<Case>> {
    let [_, newest] = engines::oldest_and_newest_node()?;
    Ok(distinct()?.into_iter().filter(|case| case.force.is_none() || case.node == newest).collect())
}

/// Two that differ as much as Nodes do: the oldest and the newest, each with its default path.
pub fn oldest_and_newest() -> Result<Vec<Case>> {
    let nodes = engines::oldest_and_newest_node()?;
    let cases = with_hook()?.into_iter();
    Ok(cases.filter(|case| case.force.is_none() && nodes.contains(&case.node)).collect())
}

/// Those of the Nodes that have stack switching (JSPI).
pub fn with_jspi() -> Result<Vec<Case>> {
    let nodes: Vec<u32> = engines::all()?
        .iter()
        .filter(|entry| entry.jspi == Ability::Yes)
        .filter_map(|entry| entry.engine.node())
        .collect();
    Ok(with_hook()?.into_iter().filter(|case| nodes.contains(&case.node)).collect())
}
