//! Snapshots as embedders use them: the documentation's example, randomness, the command line.

use std::{collections::BTreeSet, fs, os::unix::fs::symlink};

use anyhow::{Context, Result, ensure};
use duct::cmd;
use e2e::{Bench, NODE, with_bench};
use serde_json::Value;
use xtask::{
    build::{
        npm,
        python::Run,
        snapshot::{self, format::Info},
    },
    engines,
    tools::{files::clear, node::npm_install},
};

/// Everything that is random in Python, in the order of `HIDDEN_STATE`.
const RANDOM: &str = "
import json, multiprocessing.process, os, random, secrets, tempfile, uuid
print(json.dumps([
    multiprocessing.process.current_process().authkey.hex(), random.random(), random.getrandbits(64), next(tempfile._get_candidate_names()), uuid.uuid1().node,
    uuid.uuid1().hex, os.urandom(8).hex(), secrets.token_hex(8), random.SystemRandom().random(),
    uuid.uuid4().hex, hash('hash seed'),
]))";
/// How many of these come from state in memory.
const HIDDEN_STATE: usize = 5;
/// The hash seed, which stays.
const HASH: usize = 10;

/// What a restored instance draws.
fn draw(bench: &Bench, run: &Run, file: &std::path::Path, reseed: &str) -> Result<Vec<Value>> {
    let embedder = bench.embedder();
    let text = embedder.restore(run, file, RANDOM)?.env("PYEM_RESEED", reseed).read()?;
    Ok(serde_json::from_str(&text)?)
}

#[test]
fn restored_instances_share_no_randomness_but_the_hash_seed() {
    with_bench(|bench| {
        let folder = bench.mismatched()?;
        let run = Run::new(&folder, NODE);
        let file = bench.scratch("random.snapshot")?;
        let embedder = bench.embedder();
        // All of it was used, so that its state is in the snapshot.
        embedder.take(&run, &file, RANDOM)?.read()?;

        let [one, other] = [draw(bench, &run, &file, "off")?, draw(bench, &run, &file, "off")?];
        ensure!(
            one[..HIDDEN_STATE] == other[..HIDDEN_STATE],
            "the test sees what is shared: {one:?} {other:?}"
        );

        let [one, other] = [draw(bench, &run, &file, "on")?, draw(bench, &run, &file, "on")?];
        for (index, (a, b)) in one.iter().zip(&other).enumerate() {
            ensure!((a == b) == (index == HASH), "{index}: {a} and {b}");
        }
        Ok(())
    });
}

/// A folder of `sys.path` that was missing when the snapshot was taken, and the working directory.
#[test]
fn files_are_those_of_the_restoring_instance() {
    with_bench(|bench| {
        let folder = bench.mismatched()?;
        let run = Run::new(&folder, NODE);
        let embedder = bench.embedder();
        let file = bench.scratch("files.snapshot")?;
        let later = bench.scratch("later")?;
        clear(&later)?;
        fs::remove_dir(&later)?;
        let missing = format!(
            "import os, sys\nos.chdir('/')\nsys.path.append({later:?})\n\
             try: import came_later\nexcept ModuleNotFoundError: print(os.getcwd())",
        );
        let taken = embedder.take(&run, &file, &missing)?.read()?;
        ensure!(taken == "/", "{taken}");
        fs::create_dir(&later)?;
        fs::write(later.join("came_later.py"), "")?;
        let source = "import os\ntry: import came_later; print('found', os.getcwd())\n\
                      except ModuleNotFoundError: print('not found')";
        let restored = embedder.restore(&run, &file, source)?;
        let seen = restored.env("PYEM_RESEED", "off").read()?;
        ensure!(seen == "not found", "the test sees what Python keeps: {seen}");
        let found = embedder.restore(&run, &file, source)?.read()?;
        ensure!(found == format!("found {}", std::env::current_dir()?.display()), "{found}");
        Ok(())
    });
}

/// By the digest that a refusal names: those of Node's `crypto`, and published ones.
#[test]
fn digests_are_sha_256() {
    with_bench(|bench| {
        let driver = bench.workshop.root.join("tests/e2e/js/digests.mjs");
        for node in engines::nodes()? {
            let text = cmd!(bench.node(node)?, "--no-warnings", &driver).read()?;
            let found: Value = serde_json::from_str(&text)?;
            ensure!(found["wrong"] == serde_json::json!([]), "Node {node}: {text}");
            ensure!(found["right"].as_u64() > Some(300), "Node {node}: {text}");
        }
        Ok(())
    });
}

#[test]
fn the_environment_stays_out_of_snapshots() {
    with_bench(|bench| {
        let folder = bench.mismatched()?;
        let run = Run::new(&folder, NODE);
        let embedder = bench.embedder();
        let file = bench.scratch("environment.snapshot")?;
        let secret = "taken-with-a-secret";
        let take = |source: &str| -> Result<Vec<u8>> {
            let command = embedder.take(&run, &file, source)?;
            command.env("PYEM_TOKEN", secret).env("PYTHON_TOKEN", secret).read()?;
            Ok(fs::read(&file)?)
        };
        let holds = |bytes: &[u8]| bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
        ensure!(!holds(&take("pass")?), "the environment is in the snapshot");
        ensure!(holds(&take(&format!("kept = '{secret}'"))?), "the test sees what is there");
        Ok(())
    });
}

#[test]
fn the_hash_seed_is_chosen_when_the_snapshot_is_taken() {
    with_bench(|bench| {
        let folder = bench.mismatched()?;
        let run = Run::new(&folder, NODE);
        let embedder = bench.embedder();
        let mut hashes = BTreeSet::new();
        for seed in ["1", "2", "random", "random"] {
            let file = bench.scratch("hash.snapshot")?;
            embedder.take(&run, &file, "pass")?.env("PYTHONHASHSEED", seed).read()?;
            hashes.insert(embedder.restore(&run, &file, "print(hash('a'))")?.read()?);
        }
        ensure!(hashes.len() == 4, "{hashes:?}");
        Ok(())
    });
}

/// The example of docs/snapshots.md in a folder with the files that it names, and the package installed.
#[test]
fn the_example_of_the_documentation_restores() {
    with_bench(|bench| {
        let root = &bench.workshop.root;
        let text = fs::read_to_string(root.join("docs/snapshots.md"))?;
        let example = text.split("```js\n").nth(1).context("docs/snapshots.md has an example")?;
        let (example, _) = example.split_once("```").context("the example ends")?;
        let printed = example
            .lines()
            .find_map(|line| line.split_once("// prints ")?.1.into())
            .context("the example says what it prints")?;

        let python = bench.mismatched()?;
        let folder = bench.scratch("readme")?;
        clear(&folder)?;
        for (from, name) in
            [(python.join("python.mjs"), "python.mjs"), (python.join("python.wasm"), "python.wasm")]
        {
            symlink(fs::canonicalize(from)?, folder.join(name))?;
        }
        let package = npm::pack(&bench.workshop)?.display().to_string();
        npm_install(&folder, &[package]).stdout_null().run()?;
        // NODEFS does not follow a link at its root: hard links.
        cmd!("cp", "-rl", bench.cpython.source.join("Lib"), folder.join("Lib")).run()?;
        fs::write(folder.join("example.mjs"), example)?;
        let program = bench.node(NODE)?;
        let text =
            cmd!(program, "--no-warnings", "--preserve-symlinks", "example.mjs").dir(&folder).read()?;
        ensure!(text == printed, "{text}, not {printed}");
        Ok(())
    });
}

#[test]
fn a_snapshot_is_hardly_larger_than_what_is_in_it() {
    with_bench(|bench| {
        let folder = bench.mismatched()?;
        let run = Run::new(&folder, NODE);
        let embedder = bench.embedder();
        // By another program: how many pages of the memory are not zero.
        let counter = bench.workshop.root.join("tests/e2e/js/count-pages.mjs");
        let source = format!("import {}", snapshot::IMPORTS.join(", "));
        let file = bench.scratch("counted.snapshot")?;
        let counted = embedder.take(&run, &file, &source)?.env("PYEM_AFTER", &counter).read()?;
        let live: u64 = counted.trim().parse().with_context(|| counted.clone())?;
        let pages = Info::read(&fs::read(&file)?)?.pages();
        // Some are dead stack.
        ensure!(pages <= live && pages + 64 > live, "{pages} stored, {live} are not zero");
        ensure!(fs::metadata(&file)?.len() * 10 <= live * 4096 * 11, "1.1 times at most");

        let file = snapshot::take(embedder, &run, snapshot::FILE, &snapshot::IMPORTS.map(str::to_owned))?;
        let bytes = fs::read(&file)?;
        let info = Info::read(&bytes)?;
        let mut zero = 0;
        for page in bytes[info.data_offset..bytes.len() - 4].chunks(4096) {
            zero += usize::from(page.iter().all(|&byte| byte == 0));
        }
        ensure!(zero == 0, "{zero} pages of zeros are stored");
        let stored = info.pages() * 4096;
        ensure!(bytes.len() as u64 * 10 <= stored * 11, "{} bytes for {stored}", bytes.len());

        let text = snapshot::describe(&file)?;
        let build = fs::read_to_string(folder.join("python.build"))?;
        ensure!(text.contains(&format!("build        {build}\n")), "{text}");
        ensure!(text.contains("memory       33554432 bytes\n"), "{text}");

        let wrong = snapshot::take(embedder, &run, snapshot::FILE, &["os; print()".to_owned()]);
        ensure!(format!("{:#}", wrong.err().context("an error")?).contains("is no module's name"));
        let missing = snapshot::take(embedder, &run, snapshot::FILE, &["no_such_module".to_owned()]);
        ensure!(
            format!("{:#}", missing.err().context("an error")?).contains("No module named 'no_such_module'")
        );
        ensure!(fs::read(&file)? == bytes, "the snapshot that was there stays");
        Ok(())
    });
}
