//! A snapshot of any engine and path is right on any other.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use duct::cmd;
use e2e::{Bench, OURS, with_bench};
use serde_json::Value;
use xtask::{
    build::{
        link::{RUNTIME_METHODS, Trampoline},
        python::Run,
        snapshot::Embedder,
    },
    tools::node,
};

/// An engine, the forced path, and the path that must be live.
#[derive(Clone, Copy, Debug)]
struct Place {
    node: u32,
    force: Option<&'static str>,
    live: &'static str,
}

const PLACES: [Place; 8] = [
    Place { node: 20, force: None, live: "probe" },
    Place { node: 22, force: None, live: "wasm-gc" },
    Place { node: 24, force: None, live: "wasm-gc" },
    Place { node: 26, force: None, live: "wasm-gc" },
    Place { node: 26, force: Some("wasm-gc"), live: "wasm-gc" },
    Place { node: 24, force: Some("probe"), live: "probe" },
    Place { node: 24, force: Some("reflection"), live: "reflection" },
    Place { node: 26, force: Some("probe"), live: "probe" },
];

impl Place {
    fn run(&self, folder: &Path) -> Run {
        let mut run = Run::new(folder, self.node);
        run.path = self.force.map(str::to_owned);
        run
    }

    fn file(&self, bench: &Bench, name: &str) -> PathBuf {
        let path = self.force.unwrap_or("default");
        bench.workshop.home.join(format!("{name}-{}-{path}.snapshot", self.node))
    }
}

fn embedder(bench: &Bench) -> Embedder<'_> {
    Embedder { workshop: &bench.workshop, cpython: &bench.cpython }
}

/// Takes a snapshot at each place.
fn take_everywhere(bench: &Bench, folder: &Path, name: &str, source: &str) -> Result<Vec<(Place, PathBuf)>> {
    let mut all = Vec::new();
    for place in PLACES {
        let file = place.file(bench, name);
        let live = embedder(bench).take(&place.run(folder), &file, source)?.read()?;
        ensure!(live.lines().next() == Some(place.live), "{place:?}: {live}");
        all.push((place, file));
    }
    Ok(all)
}

/// Runs one of the Python tests in a restored interpreter. The table does not grow.
fn test_restored(bench: &Bench, place: Place, folder: &Path, file: &Path, test: &str) -> Result<()> {
    let script = bench.sources().join(test).display().to_string();
    let source = format!(
        "import atexit, os, runpy, sys\n\
         os.environ['PYEM_EXPECT'] = {:?}\n\
         sys.argv = [{script:?}]\n\
         length = offenders.table_length()\n\
         atexit.register(lambda: print('table grew by', offenders.table_length() - length))\n\
         runpy.run_path({script:?}, run_name='__main__')\n",
        place.live
    );
    let output = embedder(bench)
        .restore(&place.run(folder), file, &source)?
        .stderr_to_stdout()
        .stdout_capture()
        .unchecked()
        .run()?;
    let text = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.success(), "{place:?} from {}: {text}", file.display());
    ensure!(text.contains("\nOK\n") && !text.contains("Ran 0 "), "{text}");
    ensure!(test != "test_offenders.py" || text.contains("table grew by 0\n"), "{text}");
    Ok(())
}

const PATH: &str = "import offenders\nprint(offenders.live_path())\n";

#[test]
fn a_snapshot_of_each_engine_and_path_is_right_on_each_other() {
    with_bench(|bench| {
        let folder = bench.link("offenders", OURS, &["offenders"], &[])?;
        // Calls on the taker's path come before, so that its cache is in the snapshot.
        let warm = format!("{PATH}import asyncio, json, re, dataclasses, unittest\noffenders.noargs1()\n");
        let taken = take_everywhere(bench, &folder, "matrix", &warm)?;
        for (taker, file) in &taken {
            for place in PLACES {
                eprintln!("  run     taken on {taker:?}, restored on {place:?}");
                test_restored(bench, place, &folder, file, "test_offenders.py")?;
            }
        }
        Ok(())
    });
}

/// An interpreter whose slots C and JavaScript rewrite.
fn link_slots(bench: &Bench) -> Result<PathBuf> {
    let methods = format!("{RUNTIME_METHODS},addFunction,removeFunction");
    bench.link("snapshot-slots", OURS, &["offenders", "slots"], &["-sALLOW_TABLE_GROWTH", &methods])
}

#[test]
fn slots_are_rewritten_after_the_snapshot() {
    with_bench(|bench| {
        let folder = link_slots(bench)?;
        let taken = take_everywhere(bench, &folder, "rewritten-later", PATH)?;
        for ((_, file), place) in taken.iter().zip(PLACES.into_iter().rev()) {
            test_restored(bench, place, &folder, file, "test_slots.py")?;
        }
        Ok(())
    });
}

#[test]
fn slots_were_rewritten_before_the_snapshot() {
    with_bench(|bench| {
        let folder = link_slots(bench)?;
        let script = |name: &str| {
            let path = bench.sources().join(name).display().to_string();
            format!("exec(open({path:?}).read())\n")
        };
        let before = bench.workshop.root.join("tests/e2e/js/slots-before.mjs");
        let fill = script("fill_slots.py");
        for taker in PLACES {
            let file = taker.file(bench, "rewritten-before");
            let length = embedder(bench).take(&taker.run(&folder), &file, &fill)?.read()?;
            for place in PLACES {
                let restored = embedder(bench)
                    .restore(&place.run(&folder), &file, &script("restored_slots.py"))?
                    .env("PYEM_BEFORE", &before)
                    .env("PYEM_SLOTS", length.trim())
                    .read()?;
                ensure!(restored == format!("{} 12", place.live), "{taker:?}, {place:?}: {restored}");
            }
        }
        Ok(())
    });
}

/// CPython 3.13 keeps in memory what the engine can do, and in JavaScript what it does about it.
#[test]
fn the_stock_trampoline_is_wrong_after_type_reflection() {
    with_bench(|bench| {
        let folder = bench.link("stock-snapshot", Trampoline::Stock, &["offenders"], &[])?;
        let source = "import offenders\nprint(len(offenders.noargs1()))";
        let [reflecting, plain] = [PLACES[6], PLACES[2]];
        for (taker, works) in [(reflecting, false), (plain, true)] {
            let file = taker.file(bench, "stock");
            embedder(bench).take(&taker.run(&folder), &file, source)?.read()?;
            for place in [reflecting, plain] {
                let restored = embedder(bench).restore(&place.run(&folder), &file, source)?;
                let output = restored.stderr_to_stdout().stdout_capture().unchecked().run()?;
                let text = String::from_utf8_lossy(&output.stdout);
                ensure!(output.status.success() == works, "{taker:?}, {place:?}: {text}");
                ensure!(works || text.contains("PyEM_CountArgs is not a function"), "{text}");
            }
        }
        Ok(())
    });
}

#[test]
fn a_refused_snapshot_leaves_the_instance_usable() {
    with_bench(|bench| {
        let folder = link_slots(bench)?;
        let run = Run::new(&folder, 24);
        let file = PLACES[2].file(bench, "refused");
        embedder(bench).take(&run, &file, "import offenders, slots")?.read()?;
        let program = node::program(&bench.workshop.home, &bench.workshop.pins, "24")?;
        let driver = bench.workshop.root.join("tests/e2e/js/refuse.mjs");
        let text = cmd!(program, "--no-warnings", driver, &folder, &file)
            .env("PYEM_LIB", bench.cpython.source.join("Lib"))
            .read()?;
        let outcomes: Vec<Value> = text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
        let expected = [
            ("text", "not-a-snapshot", "hand over what takeSnapshot gave"),
            ("nothing", "not-a-snapshot", "hand over what takeSnapshot gave"),
            ("older", "other-version", "it has format 1, and this code reads 2: take a new snapshot"),
            ("newer", "other-version", "take a newer pyem-trampoline"),
            ("half", "truncated", "copy the file again"),
            ("flipped", "corrupt", "take a new snapshot"),
            ("foreign", "foreign-build", "take a new snapshot with this build"),
            ("longer table", "table-length", "call addFunction as often"),
            ("side module", "side-modules", "libx.so (table 7, memory 8)"),
            ("no such table", "table-length", "it has the tables t, this instance none"),
            ("4 GB", "too-large", "-sMAXIMUM_MEMORY"),
            ("no build", "set-up", "buildId"),
            ("no memory", "set-up", "wasmMemory is not exported: link with -sEXPORTED_RUNTIME_METHODS="),
            ("no table", "set-up", "wasmTable is not exported: link with -sEXPORTED_RUNTIME_METHODS="),
            ("no growMemory", "set-up", "growMemory is not exported: link with -sEXPORTED_RUNTIME_METHODS="),
            ("no exports", "set-up", "wasmExports is not exported: link with -sEXPORTED_RUNTIME_METHODS="),
            ("no sbrk", "set-up", "_sbrk is not exported: link with -sEXPORTED_FUNCTIONS="),
            ("no stack pointer", "set-up", "_emscripten_stack_get_base is not exported: link with"),
            ("another digest", "digest", "not the file that you trust"),
            ("no digest", "set-up", "not a digest of 64 hexadecimal digits: yes"),
            ("an option that is none", "set-up", "there is no option sha265: the options are build, sha256"),
            ("taken inside a call", "inside-a-call", "between two calls"),
            ("restored inside a call", "inside-a-call", "between two calls"),
            ("inside a call, 50 frames up", "inside-a-call", "between two calls"),
            ("inside a call, with stacks of its own", "inside-a-call", "between two calls"),
            ("taken with an open file", "open-files", "close 3 (/kept-open)"),
            ("restored with an open file", "open-files", "close 3 (/kept-open)"),
            ("reseed without exports", "set-up", "-sEXPORTED_FUNCTIONS=_main,_PyRun_SimpleString"),
        ];
        ensure!(outcomes.len() == expected.len(), "{text}");
        for (outcome, (name, code, message)) in outcomes.iter().zip(expected) {
            let field = |field: &str| outcome[field].as_str().context("a text");
            ensure!(field("name")? == name && field("code")? == code, "{name}: {outcome}");
            ensure!(field("message")?.contains(message), "{name}: {outcome}");
            for kept in ["untouched", "works", "stacks"] {
                ensure!(outcome[kept] == true, "{name}: {outcome}");
            }
        }
        Ok(())
    });
}

/// A memory that grew, restored where it has to grow again and over one that was used; bytes from other places.
#[test]
fn grown_memories_are_restored() {
    with_bench(|bench| {
        let folder = link_slots(bench)?;
        for version in ["20", "24", "26"] {
            let program = node::program(&bench.workshop.home, &bench.workshop.pins, version)?;
            let driver = bench.workshop.root.join("tests/e2e/js/grown.mjs");
            let text = cmd!(program, "--no-warnings", "--stack-size=6500", driver, &folder)
                .env("PYEM_LIB", bench.cpython.source.join("Lib"))
                .read()?;
            let found: Value = serde_json::from_str(&text)?;
            let ways = ["module", "used", "other realm", "shared", "view"];
            for way in ways {
                ensure!(found["restored"][way] == true, "Node {version}, {way}: {text}");
            }
            let differing = &found["differing"];
            ensure!(differing["fresh"] == 0 && differing["used"] == 0, "memory is not what it was: {text}");
            ensure!(differing["used, before"].as_u64() > Some(1_000), "the instance was used: {text}");
            ensure!(found["below the stack pointer"] == 0, "dead stack is in the file: {text}");
        }
        Ok(())
    });
}
