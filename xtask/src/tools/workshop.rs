//! The tools and where they are: found on the machine, or installed into `.toolchain/`.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail, ensure};

use crate::tools::{
    debian::Debian,
    emscripten::Emscripten,
    node,
    pins::Pins,
    rust_target,
    steps::{Steps, at_once},
};

/// A project with its tools ready.
#[derive(Debug)]
pub struct Workshop {
    /// The project's folder.
    pub root: PathBuf,
    /// `.toolchain/`: everything that was installed or built, safe to delete.
    pub home: PathBuf,
    pub pins: Pins,
    pub steps: Steps,
    pub emscripten: Emscripten,
    /// The native Python of CPython's cross build.
    pub build_python: PathBuf,
    lock: Option<fs::File>,
}

impl Workshop {
    /// Finds or installs all that is needed to build.
    pub fn open() -> Result<Self> {
        let root = project_root()?;
        ensure_plain(&root)?;
        let home = root.join(".toolchain");
        fs::create_dir_all(&home).with_context(|| format!("create {}", home.display()))?;
        ensure!(
            cfg!(all(target_os = "linux", target_arch = "x86_64")),
            "the pinned tools are programs for x86-64 Linux: run this there"
        );
        let lock = lock(&home)?;
        let pins = Pins::read(&root)?;
        let steps = Steps::new(&home)?;
        let debian = Debian::new(&home, &pins);
        at_once(|| node::install(&steps, &home, &pins), || debian.install(&steps))?;
        let build_python = debian.build_python()?;
        let (emscripten, ()) = at_once(
            || Emscripten::find_or_install(&steps, &home, &pins, &debian),
            || rust_target::install(&steps, &home, &pins, &debian),
        )?;
        Ok(Self { root, home, pins, steps, emscripten, build_python, lock: Some(lock) })
    }

    /// The oldest emscripten that the archive is linked with. Only tests ask for it.
    pub fn oldest_emscripten(&self) -> Result<Emscripten> {
        Emscripten::install_oldest(&self.steps, &self.home, &self.pins, &self.build_python)
    }

    /// Lets other runs build: from here on this one only reads.
    pub fn unlock(&mut self) {
        self.lock = None;
    }
}

/// The workspace's folder.
pub fn project_root() -> Result<PathBuf> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = manifest.parent().context("xtask lies in the project's folder")?;
    Ok(root.to_owned())
}

/// CPython's configure and make split paths at spaces, and take some characters for their own: that would show after
/// minutes, in another's words.
pub fn ensure_plain(root: &Path) -> Result<()> {
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+@~".contains(c);
    let path = root.display().to_string();
    if let Some(c) = path.chars().find(|&c| !is_plain(c)) {
        bail!("CPython cannot be built in {path}, because of {c:?}: move the project to a path without it");
    }
    Ok(())
}

/// Two runs at once would build in the same folders: the second waits.
fn lock(home: &Path) -> Result<fs::File> {
    let path = home.join("lock");
    let file = fs::File::create(&path).with_context(|| format!("create {}", path.display()))?;
    if file.try_lock().is_err() {
        eprintln!("  wait    for another run (it holds {})", path.display());
        file.lock().with_context(|| format!("lock {}", path.display()))?;
    }
    Ok(file)
}
