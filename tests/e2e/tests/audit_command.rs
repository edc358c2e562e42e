//! `pyem-trampoline audit` of the packed npm package: reports, exit statuses, bad input.

use std::{env, fs, os::unix::fs::symlink, process::ExitCode};

use anyhow::{Context, Result, ensure};
use duct::cmd;
use e2e::{
    Bench, NODE,
    audit_command::{audit, files, home, named, odd, pack_wheel, tag},
    trial,
};
use libtest_mimic::Trial;
use serde_json::{Value, json};
use xtask::{
    engines,
    tools::{
        files::clear,
        pyodide::{self, CURRENT, OLDER},
        pypi,
    },
};

fn main() -> ExitCode {
    let code = e2e::run(trials());
    // What the tests have installed.
    fs::remove_dir_all(home()).ok();
    code
}

fn trials() -> Result<Vec<Trial>> {
    let [oldest, _] = engines::oldest_and_newest_node()?;
    Ok(vec![
        trial("wheels_of_pypi", wheels_of_pypi),
        trial(format!("unpacked::node-{oldest}"), move |bench| unpacked(bench, oldest)),
        trial("imports_that_fail_and_trap", imports_that_fail_and_trap),
        trial("a_failed_import_alone", a_failed_import_alone),
        trial("bad_packages", bad_packages),
        trial("odd_packages", odd_packages),
        trial("nothing_to_audit", nothing_to_audit),
        trial("arguments", arguments),
        trial("which_pyodide", which_pyodide),
    ])
}

fn wheels_of_pypi(bench: &Bench) -> Result<()> {
    let files = files(bench)?;
    let folder = files.wheels.display().to_string();
    // By npx, which finds the package's `bin`.
    let bin = bench.node(NODE)?.parent().context("a folder")?.display().to_string();
    let path = format!("{bin}:{}", env::var("PATH")?);
    let output = cmd!("npx", "--no", "pyem-trampoline", "audit", &folder)
        .dir(&files.folder)
        .env("PATH", path)
        .stderr_null()
        .read()?;
    let pins = &bench.workshop.pins;
    let about =
        format!("Pyodide {}, CPython {}.", pins.pyodide[CURRENT], pins.pyodide_platforms[CURRENT].python);
    for text in [
        about.as_str(),
        "bitarray 3.12.3: bitarray._bitarray, bitarray._util: 18 handled\n",
        "handled  bitarray.bitarray.tolist ",
        "msgpack 1.2.4: msgpack._cmsgpack: all functions have their types\n",
        "xxhash 4.1.0: xxhash._xxhash: 20 handled\n",
        "METH_NOARGS has to be\n  C         PyObject *f(PyObject *self, PyObject *Py_UNUSED(ignored))\n",
        "  Cython    `def` ",
        "  pybind11  `def` ",
    ] {
        ensure!(output.contains(text), "{text:?} is not in:\n{output}");
    }
    // CPython's own are not the wheels'.
    ensure!(!output.contains("methodcaller"), "{output}");

    let outcome = audit(bench, NODE, &[&folder, "--json", "--fail-on", "handled"])?;
    outcome.is(1, &["importing bitarray._util\n"])?;
    let report = outcome.json()?;
    ensure!(report["pyodide"] == bench.workshop.pins.pyodide[CURRENT].as_str(), "{report}");
    let packages = report["packages"].as_array().context("packages")?;
    let names: Vec<_> = packages.iter().map(|each| each["package"].as_str().unwrap_or_default()).collect();
    ensure!(names == ["apsw", "bitarray", "msgpack", "simplejson", "xxhash"], "{names:?}");
    let bitarray = &packages[1];
    ensure!(bitarray["version"] == bench.workshop.pins.pyodide_wheels["bitarray"].as_str(), "{bitarray}");
    ensure!(bitarray["error"].is_null() && bitarray["failed"] == Value::Array(Vec::new()), "{bitarray}");
    let finding = &bitarray["findings"][0];
    for key in ["module", "name", "slot", "declared", "expected", "tableSlot", "verdict", "left", "advice"] {
        ensure!(finding.get(key).is_some(), "no {key}: {finding}");
    }
    ensure!(finding["declared"]["parameters"].as_array().is_some_and(|all| all.len() == 1), "{finding}");
    Ok(())
}

/// A folder that a wheel was unpacked into, and the folder of a package itself.
fn unpacked(bench: &Bench, node: u32) -> Result<()> {
    let files = files(bench)?;
    let (site, other) = (files.folder.join("site"), files.folder.join("other"));
    for (folder, wheel) in [(&site, "bitarray"), (&other, "xxhash")] {
        let wheel = named(&files.wheels, wheel)?;
        cmd!(&bench.workshop.build_python, "-m", "zipfile", "--extract", wheel, folder).run()?;
    }
    let package = other.join("xxhash").display().to_string();
    let outcome = audit(bench, node, &[&site.display().to_string(), &package, "--fail-on=traps"])?;
    outcome.is(0, &["bitarray 3.12.3: bitarray._bitarray, bitarray._util: 18 handled\n"])?;
    outcome.is(0, &["xxhash: xxhash._xxhash: 20 handled\n"])
}

/// Each is reported, and those behind them are audited: also one whose objects end Python if the garbage collector sees them.
fn imports_that_fail_and_trap(bench: &Bench) -> Result<()> {
    let files = files(bench)?;
    let msgpack = named(&files.wheels, "msgpack")?;
    let leaves = files.folder.join("leaves");
    clear(&leaves)?;
    fs::write(leaves.join("__init__.py"), "import os\nos._exit(3)\n")?;
    fs::copy(bench.workshop.home.join("audit/mixed.so"), leaves.join("mixed.so"))?;
    // It can do without the module that traps, and imports it before all others.
    let chain = files.folder.join("chain");
    clear(&chain)?;
    fs::write(chain.join("__init__.py"), "try:\n    from . import traps\nexcept ImportError:\n    pass\n")?;
    for name in ["mixed.so", "traps.so"] {
        fs::copy(bench.workshop.home.join("audit").join(name), chain.join(name))?;
    }
    let packages = [&files.own, &msgpack, &leaves, &chain].map(|path| path.display().to_string());
    let [own, msgpack, leaves, chain] = packages.each_ref().map(String::as_str);
    let outcome = audit(bench, NODE, &[own, msgpack, leaves, chain, "--json"])?;
    outcome.is(1, &[])?;
    let report = outcome.json()?;
    let all = |index: usize, list: &str, text: fn(&Value) -> String| -> Vec<String> {
        report["packages"][index][list].as_array().into_iter().flatten().map(text).collect()
    };
    let named =
        |each: &Value| format!("{} {} {}", each["name"], each["slot"], each["verdict"]).replace('"', "");
    let failed = |each: &Value| {
        let likely = each["likely"].as_array().into_iter().flatten().map(|each| each["slot"].to_string());
        let likely = likely.collect::<Vec<_>>().join(" ");
        format!("{} {} {} {likely}", each["module"], each["error"], each["fatal"]).replace('"', "")
    };
    let seen = |index| (all(index, "failed", failed), all(index, "findings", named));
    let trap = "traps RuntimeError: null function or function signature mismatch true Py_mod_exec";
    let error = "fails ImportError: this module wants something else false ";
    ensure!(seen(0) == (vec![error.into()], vec![]), "{report}");
    let two = ["Nameless tp_clear traps", "noargs METH_NOARGS handled"].map(str::to_owned);
    ensure!(seen(1) == (vec![], two.to_vec()), "{report}");
    ensure!(seen(2) == (vec![trap.into()], vec![]), "{report}");
    ensure!(seen(3) == (vec![], vec!["Type tp_traverse traps".into()]), "{report}");
    ensure!(report["packages"][4]["modules"] == json!(["msgpack._cmsgpack"]), "{report}");
    let exit = "leaves.mixed Exit: Program terminated with exit(3) true ";
    ensure!(seen(5) == (vec![exit.into()], vec![]), "{report}");
    ensure!(seen(6) == (vec![format!("chain.{trap}")], two.to_vec()), "{report}");
    Ok(())
}

fn a_failed_import_alone(bench: &Bench) -> Result<()> {
    let files = files(bench)?;
    let packages = [named(&files.own, "fails")?, named(&files.wheels, "msgpack")?];
    let [fails, msgpack] = packages.map(|path| path.display().to_string());
    let outcome = audit(bench, NODE, &[&fails, &msgpack, "--fail-on", "handled"])?;
    let error = "fails 1.0: nothing was imported\nnot imported: fails: ImportError: this module wants something else\n";
    outcome.is(3, &[error, "msgpack 1.2.4: msgpack._cmsgpack: all functions have their types\n"])
}

/// Each has its error, and the right one beside them is audited.
fn bad_packages(bench: &Bench) -> Result<()> {
    let files = files(bench)?;
    let folder = files.folder.join("bad");
    clear(&folder)?;
    let wheel = named(&files.wheels, "xxhash")?;
    let cut = folder.join(wheel.file_name().context("a name")?);
    let bytes = fs::read(&wheel)?;
    fs::write(&cut, &bytes[..bytes.len() / 2])?;
    let none = folder.join("none.whl");
    fs::write(&none, "text")?;
    let empty = folder.join("empty");
    fs::create_dir(&empty)?;
    let plain = folder.join("plain");
    fs::create_dir(&plain)?;
    fs::write(plain.join("plain.py"), "")?;
    let native = pack_wheel(bench, &folder, "native", "cp312-cp312-manylinux_2_17_x86_64", &[])?;
    let other = pypi::pyodide_wheels(&bench.workshop, &bench.cpython.source, OLDER)?;
    let older = named(&other, "xxhash")?;
    let pure = pack_wheel(bench, &folder, "pure", "py3-none-any", &[])?;
    let source = folder.join("a.tar.gz");
    fs::write(&source, "")?;
    let absent = folder.join("absent.whl");
    let good = named(&files.wheels, "msgpack")?;
    let paths = [&cut, &none, &empty, &plain, &native, &older, &pure, &source, &absent, &good];
    let paths = paths.map(|path| path.display().to_string());
    let outcome = audit(bench, NODE, &paths.each_ref().map(String::as_str))?;
    let takes = format!("and this Pyodide takes {}", tag(bench, CURRENT));
    let (older_tag, pins) = (tag(bench, OLDER), &bench.workshop.pins.pyodide_platforms);
    for text in [
        format!("-{}.whl: it is no wheel, or not all of one: ", tag(bench, CURRENT)),
        "none.whl: it is no wheel, or not all of one: ".to_owned(),
        "empty: the folder has neither wheels (.whl) nor extension modules (.so): it is empty\n".to_owned(),
        "plain: the folder has neither wheels (.whl) nor extension modules (.so)\n".to_owned(),
        format!(
            "it is built for cp312-cp312-manylinux_2_17_x86_64, {takes}: cibuildwheel --platform pyodide builds one"
        ),
        format!(
            "it is built for {older_tag}, {takes}: use Pyodide {OLDER}, which has CPython {}\n",
            pins[OLDER].python
        ),
        "pure 1.0: no extension modules\n".to_owned(),
        "a.tar.gz: it is no wheel: build one of these sources first\n".to_owned(),
        "absent.whl: there is no such file or folder\n".to_owned(),
        "msgpack 1.2.4: msgpack._cmsgpack: all functions have their types\n".to_owned(),
    ] {
        outcome.is(2, &[&text])?;
    }
    Ok(())
}

/// Nothing counts as audited that Python finds in another file, or not at all; a damaged wheel ends nothing else.
fn odd_packages(bench: &Bench) -> Result<()> {
    let paths = odd(bench)?;
    let mut arguments: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    arguments.push("--json".to_owned());
    let outcome = audit(bench, NODE, &arguments.iter().map(String::as_str).collect::<Vec<_>>())?;
    outcome.is(1, &["not the report\n"])?;
    let report = outcome.json()?;
    ensure!(report["unknown"] == 1, "{report}");
    for (index, (error, imported, findings)) in [
        ("", "twice.mixed", 2),
        ("the module twice.mixed is in a package before it, too", "", 0),
        ("mixed.cpython-312-wasm32-emscripten.so cannot be imported: this Pyodide takes *.cp", "", 0),
        ("", "1st.mixed", 2),
        ("another module has its name: <module 'hidden.mixed' from ", "", 0),
        ("", "talks.mixed", 2),
        ("ImportError: half ? a character", "", 0),
        ("", "", 0),
        (": no Pyodide that can be audited has CPython 3.10", "", 0),
        ("the path ../out.py leads out of it", "", 0),
        ("clash.py", "", 0),
        (": use Pyodide 0.25, which has CPython 3.11", "", 0),
        ("it is built for nothing, and this Pyodide takes cp", "", 0),
        ("", "", 0),
        ("it is no wheel, or not all of one: ", "", 0),
        ("", "package.borrows", 1),
    ]
    .into_iter()
    .enumerate()
    {
        let package = &report["packages"][index];
        let found = package["error"].as_str().or(package["failed"][0]["error"].as_str()).unwrap_or_default();
        ensure!(found.contains(error) && found.is_empty() == error.is_empty(), "{error}: {package}");
        let imported: Vec<_> = Some(imported).filter(|name| !name.is_empty()).into_iter().collect();
        ensure!(package["modules"] == json!(imported), "{package}");
        ensure!(package["findings"].as_array().is_some_and(|all| all.len() == findings), "{package}");
    }
    Ok(())
}

fn nothing_to_audit(bench: &Bench) -> Result<()> {
    let folder = files(bench)?.folder.join("pure");
    clear(&folder)?;
    let pure = pack_wheel(bench, &folder, "pure", "py3-none-any", &[])?.display().to_string();
    let outcome = audit(bench, NODE, &[&pure])?;
    outcome.is(
        2,
        &["pure 1.0: no extension modules\n", "nothing was audited: no package has an extension module\n"],
    )?;
    // Pyodide is not started for it.
    let outcome = audit(bench, NODE, &["absent.whl", "--json"])?;
    outcome.is(2, &["\"error\": \"there is no such file or folder\""])
}

fn arguments(bench: &Bench) -> Result<()> {
    audit(bench, NODE, &["--help"])?.is(0, &["Exit status: "])?;
    audit(bench, NODE, &[])?.is(2, &["name at least one wheel or folder"])?;
    audit(bench, NODE, &["--fail-on", "never", "a.whl"])?
        .is(2, &["--fail-on never: there are traps, refused, handled"])?;
    audit(bench, NODE, &["--jsn", "a.whl"])?.is(2, &["--jsn", "pyem-trampoline audit WHEEL_OR_FOLDER"])
}

fn which_pyodide(bench: &Bench) -> Result<()> {
    let files = files(bench)?;
    let wheel = named(&files.wheels, "msgpack")?.display().to_string();
    audit(bench, NODE, &[&wheel, "--pyodide", CURRENT])?.is(0, &[&format!("Pyodide {CURRENT}.")])?;
    let version = &bench.workshop.pins.pyodide[CURRENT];
    let missing = format!("Pyodide 0.28 is not installed here (only {version}): npm install pyodide@0.28");
    audit(bench, NODE, &[&wheel, "--pyodide", "0.28"])?.is(2, &[&missing])?;
    let folder = pyodide::folder(&bench.workshop, OLDER)?.display().to_string();
    audit(bench, NODE, &[&wheel, "--pyodide", &folder])?
        .is(2, &[&format!("use Pyodide {CURRENT}, which has CPython ")])?;
    audit(bench, NODE, &[&wheel, "--pyodide", "./own"])?
        .is(2, &["there is no Pyodide in ./own: pyodide.mjs is missing"])?;
    // Another beside it, under another name.
    let alias = files.folder.join("node_modules/pyodide-older");
    symlink(pyodide::folder(&bench.workshop, OLDER)?, &alias)?;
    let older = pypi::pyodide_wheels(&bench.workshop, &bench.cpython.source, OLDER)?;
    let older = named(&older, "msgpack")?.display().to_string();
    let outcome = audit(bench, NODE, &[&older, "--pyodide", OLDER]);
    fs::remove_file(&alias)?;
    outcome?.is(0, &[&format!("Pyodide {}, CPython ", bench.workshop.pins.pyodide[OLDER])])?;
    // Where none is installed, the wheel's name says which.
    let (here, away) = (files.folder.join("node_modules/pyodide"), files.folder.join("away"));
    fs::rename(&here, &away)?;
    let outcome = audit(bench, NODE, &[&wheel]);
    fs::rename(&away, &here)?;
    let advice = format!("npm install pyodide@{CURRENT}, or name its folder by --pyodide");
    outcome?.is(2, &[&format!("Pyodide is not installed here: {advice}")])
}
