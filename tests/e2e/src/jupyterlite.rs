//! A JupyterLite site, built without a server's help: everything that its notebooks load is a file of it.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use duct::cmd;
use serde_json::Value;
use xtask::{
    browser::driver,
    build::npm,
    tools::{
        files::{clear, copy, copy_all, digest, list, sha256},
        node::npm_install,
        pyodide, pypi,
    },
};

use crate::Bench;

/// The Pyodide that its kernel is made for, by its short version.
const PYODIDE: &str = "314";
/// What the kernel loads from Pyodide's own list of packages.
const LOADED: [&str; 3] = ["ipython", "jedi", "micropip"];

/// The folder of a site with Pyodide as it comes, or with what a reader copies from `examples/jupyterlite`.
pub fn site(bench: &Bench, attached: bool) -> Result<PathBuf> {
    let (workshop, cpython) = (&bench.workshop, &bench.cpython.source);
    // JupyterLite's build needs the library of SQLite, which they bring.
    driver::install(workshop)?;
    let pins = &workshop.pins;
    let programs = pypi::install_all(workshop, cpython, "JupyterLite", &pins.jupyterlite)?;
    let pyodide = pyodide::folder(workshop, PYODIDE)?;
    let lock: Value = serde_json::from_str(&fs::read_to_string(pyodide.join("pyodide-lock.json"))?)?;
    let packages = pypi::download_all(workshop, cpython, "IPython for Pyodide", &versions(&lock)?)?;
    let kernel = pypi::download_all(workshop, cpython, "JupyterLite's kernel", &pins.jupyterlite_kernel)?;
    let wheels = pypi::pyodide_wheels(workshop, cpython, PYODIDE)?;
    let example = workshop.root.join("examples/jupyterlite");
    let trampoline = npm::pack(workshop)?;

    let name = if attached { "JupyterLite site" } else { "JupyterLite site with stock Pyodide" };
    let folder = workshop.home.join(if attached { "jupyterlite/attached" } else { "jupyterlite/stock" });
    let output = folder.join("_output");
    let content = digest(&[example.clone(), trampoline.clone()])?;
    let key = format!("{} {pins:?} {}", folder.display(), if attached { &content } else { "" });
    workshop.steps.once(name, &key, |log| {
        clear(&folder)?;
        let target = folder.join("static/pyodide");
        copy_all(&pyodide, &target)?;
        add_packages(&lock, &packages, &target)?;
        for from in [&kernel, &wheels] {
            copy_all(from, &folder.join("pypi"))?;
        }
        copy(&example.join("jupyter-lite.json"), &folder.join("jupyter-lite.json"))?;
        if attached {
            fs::rename(target.join("pyodide.mjs"), target.join("stock.mjs"))?;
            copy(&example.join("static/pyodide/pyodide.mjs"), &target.join("pyodide.mjs"))?;
            let unpacked = workshop.home.join("jupyterlite/npm");
            clear(&unpacked)?;
            log.run(&npm_install(&unpacked, &[trampoline.display().to_string()]))?;
            copy_all(&unpacked.join("node_modules/pyem-trampoline"), &target.join("pyem-trampoline"))?;
        }
        let extensions = programs.join("share/jupyter/labextensions");
        let extensions =
            format!("--FederatedExtensionAddon.extra_labextensions_path={}", extensions.display());
        let build = cmd!(&workshop.build_python, "-m", "jupyterlite_core", "build", extensions);
        log.run(&build.dir(&folder).env("PYTHONPATH", &programs))
    })?;
    Ok(output)
}

/// The versions that Pyodide's list has of the packages that are loaded, and of what they depend on.
fn versions(lock: &Value) -> Result<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    let mut wanted: Vec<String> = LOADED.map(str::to_owned).into();
    while let Some(name) = wanted.pop() {
        // The list has names in the form of the keys, dependencies as they are written.
        let name = name.to_lowercase().replace('_', "-");
        let package = lock["packages"].get(&name).with_context(|| format!("Pyodide has no {name}"))?;
        let version = package["version"].as_str().context("a version")?.to_owned();
        if found.insert(name, version).is_none() {
            let depends = package["depends"].as_array().context("depends")?;
            wanted.extend(depends.iter().filter_map(|name| Some(name.as_str()?.to_owned())));
        }
    }
    Ok(found)
}

/// Puts packages beside Pyodide. It checks them by its list, where their digests replace those of its own builds.
fn add_packages(lock: &Value, packages: &Path, target: &Path) -> Result<()> {
    let mut lock = lock.clone();
    let listed = lock["packages"].as_object_mut().context("packages")?;
    for wheel in list(packages)? {
        let name = wheel.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let package = listed.values_mut().find(|package| package["file_name"] == *name);
        let package = package.with_context(|| format!("Pyodide's list has no file {name}"))?;
        package["sha256"] = sha256(&fs::read(&wheel)?).into();
        copy(&wheel, &target.join(name))?;
    }
    let file = target.join("pyodide-lock.json");
    ensure!(file.exists(), "{} is missing", file.display());
    Ok(fs::write(file, lock.to_string())?)
}
