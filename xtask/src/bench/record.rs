//! What one run measured: a file that holds every sample, and what anyone needs to do it again.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use duct::cmd;
use serde::{Deserialize, Serialize};

use crate::{
    Workshop,
    tools::{files::list, today},
};

/// Samples of one variant, by case.
pub type Cases = BTreeMap<String, Vec<f64>>;

/// One run of one part on one engine.
///
/// The samples of a variant's case stand in the order of the rounds: the n-th of each was measured
/// in the same round, so that ratios of them mean something on a noisy machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// A [`Part`](super::Part); `pyodide-` with the short version; `size`, which is of the part `cost`.
    pub part: String,
    /// [`Engine::name`](crate::engines::Engine::name); `emscripten` for sizes.
    pub engine: String,
    /// The engine's version, as it reports it.
    pub version: String,
    /// The path that was live; `default` for pools, `all` for sizes.
    pub path: String,
    /// The day, in UTC.
    pub date: String,
    /// The commit, with `-dirty` if something else than records was changed.
    pub commit: String,
    /// The processor's model, and how many there are.
    pub cpu: String,
    /// Tools and their versions, rounds, calls.
    pub conditions: BTreeMap<String, String>,
    /// The unit of all samples: `ns`, `ms`, `bytes`.
    pub unit: String,
    /// By variant, then by case.
    pub samples: BTreeMap<String, Cases>,
}

impl Record {
    /// A record without samples.
    pub fn new(
        workshop: &Workshop,
        part: &str,
        engine: &str,
        version: &str,
        path: &str,
        unit: &str,
    ) -> Result<Self> {
        let root = &workshop.root;
        let conditions = [
            ("emscripten", workshop.emscripten.version.clone()),
            ("Rust", workshop.pins.rust.tested.clone()),
            ("CPython", workshop.pins.cpython.version.clone()),
        ];
        Ok(Self {
            part: part.into(),
            engine: engine.into(),
            version: version.into(),
            path: path.into(),
            date: today()?,
            commit: commit(root)?,
            cpu: cpu()?,
            conditions: conditions.map(|(name, value)| (name.to_owned(), value)).into(),
            unit: unit.into(),
            samples: BTreeMap::new(),
        })
    }

    /// Adds the samples of one process.
    pub fn add(&mut self, variant: &str, cases: Cases) {
        let known = self.samples.entry(variant.to_owned()).or_default();
        for (case, samples) in cases {
            known.entry(case).or_default().extend(samples);
        }
    }

    /// Writes it into a folder. A later run on this engine has the same name.
    pub fn write(&self, folder: &Path) -> Result<PathBuf> {
        fs::create_dir_all(folder)?;
        let major = self.version.split('.').next().unwrap_or_default();
        let Self { part, engine, path, .. } = self;
        let file = folder.join(format!("{part}-{engine}-{major}-{path}.json").to_lowercase());
        fs::write(&file, serde_json::to_string_pretty(self)? + "\n")?;
        Ok(file)
    }

    /// The records of a part: Node first, the others by name.
    pub fn of_part<'r>(records: &'r [Self], part: &str) -> Vec<&'r Self> {
        let mut records: Vec<&Self> = records.iter().filter(|record| record.part == part).collect();
        records.sort_by_key(|record| (record.engine != "Node", &record.engine, &record.version));
        records
    }

    /// All records of a folder, in the order of their names.
    pub fn read_all(folder: &Path) -> Result<Vec<Self>> {
        let files = list(folder)?;
        let json = files.iter().filter(|file| file.extension().is_some_and(|extension| extension == "json"));
        json.map(|file| {
            serde_json::from_str(&fs::read_to_string(file)?)
                .with_context(|| format!("parse {}", file.display()))
        })
        .collect()
    }
}

/// The commit, with `-dirty` if something else than records was changed.
fn commit(root: &Path) -> Result<String> {
    // The clone may be another user's.
    let git =
        |arguments: &[&str]| cmd("git", [&["-c", "safe.directory=*"], arguments].concat()).dir(root).read();
    let name = git(&["describe", "--always", "--exclude=*"])?;
    let changed = git(&["status", "--porcelain", "--", ".", ":!benches/record"])?;
    Ok(if changed.is_empty() { name } else { name + "-dirty" })
}

/// How many processors there are, and their model.
pub fn cpu() -> Result<String> {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = text.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let count = std::thread::available_parallelism()?;
    Ok(format!("{count} x {}", model.map_or("unknown", |(_, name)| name)))
}
