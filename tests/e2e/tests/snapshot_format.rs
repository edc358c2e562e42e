//! The two readers of snapshot files: `xtask`'s and `npm/snapshot`'s, held together by vectors and by
//! thousands of damaged files.

use std::{
    fs,
    hash::{BuildHasher, Hasher, RandomState},
};

use anyhow::{Context, Result, ensure};
use duct::cmd;
use e2e::{Bench, NODE, with_bench};
use proptest::{
    collection::vec,
    prelude::*,
    sample::Index,
    strategy::ValueTree,
    test_runner::{RngSeed, TestRunner},
};
use serde_json::{Value, json};
use xtask::{
    build::snapshot::format::{Info, VERSION},
    engines,
};
use xxhash_rust::xxh32::xxh32;

/// In the form of the vectors and of `inspect.mjs`.
fn outcome(bytes: &[u8]) -> Value {
    match Info::read(bytes) {
        Err(error) => json!({ "error": error.code() }),
        Ok(info) => {
            let modules = info.side_modules.iter().map(|module| {
                json!({ "name": module.name, "tableBase": module.table_base, "memoryBase": module.memory_base })
            });
            let tables =
                info.value_tables.iter().map(|table| json!({ "name": table.name, "values": table.values }));
            let runs = info.runs.iter().map(|run| json!({ "page": run.page, "pages": run.pages }));
            json!({ "info": {
                "version": info.version,
                "build": info.build_id(),
                "memorySize": info.memory_size,
                "tableLength": info.table_length,
                "stackPointer": info.stack_pointer,
                "sideModules": modules.collect::<Vec<_>>(),
                "valueTables": tables.collect::<Vec<_>>(),
                "runs": runs.collect::<Vec<_>>(),
                "dataOffset": info.data_offset,
            } })
        }
    }
}

/// What JavaScript reports of each file.
fn outcomes_in_javascript(bench: &Bench, node: u32, files: &[Vec<u8>]) -> Result<Vec<Value>> {
    let mut corpus = Vec::new();
    for file in files {
        corpus.extend(u32::try_from(file.len())?.to_le_bytes());
        corpus.extend(file);
    }
    let path = bench.workshop.home.join(format!("corpus-{}", std::process::id()));
    fs::write(&path, corpus)?;
    let program = bench.node(node)?;
    let script = bench.workshop.root.join("tests/e2e/js/inspect.mjs");
    let text = cmd!(program, "--no-warnings", script, &path).read()?;
    fs::remove_file(&path)?;
    Ok(text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?)
}

/// What both readers report, which must be the same.
fn agreed(bench: &Bench, node: u32, files: &[Vec<u8>]) -> Result<Vec<Value>> {
    let here: Vec<Value> = files.iter().map(|file| outcome(file)).collect();
    let there = outcomes_in_javascript(bench, node, files)?;
    ensure!(here.len() == there.len(), "{} outcomes for {} files", there.len(), here.len());
    for ((file, here), there) in files.iter().zip(&here).zip(&there) {
        ensure!(here == there, "Rust says {here}, JavaScript {there} of {file:02x?}");
    }
    Ok(here)
}

/// The bytes of a vector's pieces.
fn bytes_of(pieces: &Value) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    for piece in pieces.as_array().context("pieces")? {
        match piece.as_str() {
            Some(hex) => {
                for at in (0..hex.len()).step_by(2) {
                    bytes.push(u8::from_str_radix(&hex[at..at + 2], 16)?);
                }
            }
            None => {
                let field = |name: &str| piece[name].as_u64().context("a number");
                bytes.resize(bytes.len() + field("times")? as usize, u8::try_from(field("byte")?)?);
            }
        }
    }
    Ok(bytes)
}

#[test]
fn both_readers_know_the_vectors() {
    with_bench(|bench| {
        let text = fs::read_to_string(bench.workshop.root.join("tests/vectors/snapshots.json"))?;
        let vectors: Vec<Value> = serde_json::from_str(&text)?;
        let files = vectors.iter().map(|vector| bytes_of(&vector["pieces"])).collect::<Result<Vec<_>>>()?;
        for node in engines::oldest_and_newest_node()? {
            for (vector, found) in vectors.iter().zip(agreed(bench, node, &files)?) {
                let name = &vector["name"];
                let wanted = if vector["info"].is_null() {
                    json!({ "error": vector["error"] })
                } else {
                    json!({ "info": vector["info"] })
                };
                ensure!(found == wanted, "{name}: {found}, not {wanted}");
            }
        }
        Ok(())
    });
}

fn seal(file: &mut [u8]) {
    if let Some(end) = file.len().checked_sub(4) {
        let checksum = xxh32(&file[..end], 0);
        file[end..].copy_from_slice(&checksum.to_le_bytes());
    }
}

prop_compose! {
    /// A file that can be read: side modules, tables of values, and runs with gaps between them.
    fn valid()(
        build in any::<[u8; 32]>(),
        table in any::<u32>(),
        stack in any::<u32>(),
        modules in vec((".{0,9}", any::<u32>(), any::<u32>()), 0..4),
        tables in vec((".{0,9}", vec(0u8..5, 0..9)), 0..3),
        gaps_and_pages in vec((0u32..4, 1u32..3, any::<u8>()), 0..4),
        spare in 0u32..20,
    ) -> Vec<u8> {
        let mut content = Vec::new();
        for (name, table_base, memory_base) in &modules {
            let length = u32::try_from(name.len()).expect("a short name");
            for number in [length, *table_base, *memory_base] {
                content.extend(number.to_le_bytes());
            }
            content.extend(name.as_bytes());
            content.resize(content.len().next_multiple_of(4), 0);
        }
        for (name, values) in &tables {
            for bytes in [name.as_bytes(), values] {
                content.extend(u32::try_from(bytes.len()).expect("short").to_le_bytes());
            }
            for bytes in [name.as_bytes(), values] {
                content.extend(bytes);
                content.resize(content.len().next_multiple_of(4), 0);
            }
        }
        let mut page = 0;
        for (gap, pages, _) in &gaps_and_pages {
            page += gap;
            content.extend(page.to_le_bytes());
            content.extend(pages.to_le_bytes());
            page += pages;
        }
        for (_, pages, byte) in &gaps_and_pages {
            content.resize(content.len() + *pages as usize * 4096, *byte);
        }
        let mut file = b"PYEMSNAP".to_vec();
        let length = u32::try_from(76 + content.len()).expect("a small file");
        file.extend(2u32.to_le_bytes());
        file.extend(length.to_le_bytes());
        file.extend(build);
        let [modules, tables, runs] = [modules.len(), tables.len(), gaps_and_pages.len()]
            .map(|count| u32::try_from(count).expect("few"));
        for number in [page.div_ceil(16) + spare, table, stack, modules, tables, runs] {
            file.extend(number.to_le_bytes());
        }
        file.extend(content);
        file.extend([0; 4]);
        seal(&mut file);
        file
    }
}

/// Says how to repeat a failure.
fn random_files() -> TestRunner {
    let mut config = ProptestConfig::default();
    if config.rng_seed == RngSeed::Random {
        config.rng_seed = RngSeed::Fixed(RandomState::new().build_hasher().finish());
    }
    println!("to repeat it: PROPTEST_RNG_SEED={}", config.rng_seed);
    TestRunner::new(config)
}

/// What happens to files, and what a wrong or hostile writer does.
#[derive(Clone, Debug)]
enum Damage {
    Flip(Index, u8),
    Cut(Index),
    Append(Vec<u8>),
    /// A field of the header or lists becomes some number, and the checksum is made to fit.
    Overwrite(Index, u32),
}

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        (any::<Index>(), 0u8..8).prop_map(|(at, bit)| Damage::Flip(at, bit)),
        any::<Index>().prop_map(Damage::Cut),
        vec(any::<u8>(), 1..9).prop_map(Damage::Append),
        (any::<Index>(), prop_oneof![0u32..80, any::<u32>(), Just(u32::MAX)])
            .prop_map(|(at, number)| Damage::Overwrite(at, number)),
    ]
}

fn apply(mut file: Vec<u8>, damage: &Damage) -> Vec<u8> {
    match damage {
        Damage::Flip(at, bit) => {
            let at = at.index(file.len());
            file[at] ^= 1 << bit;
        }
        Damage::Cut(at) => file.truncate(at.index(file.len())),
        Damage::Append(more) => file.extend(more),
        Damage::Overwrite(at, number) => {
            // Behind the magic, mostly before the pages.
            let at = 8 + 4 * at.index((file.len().min(140) - 8) / 4);
            file[at..at + 4].copy_from_slice(&number.to_le_bytes());
            seal(&mut file);
        }
    }
    file
}

#[test]
fn both_readers_say_the_same_of_damaged_files() {
    with_bench(|bench| {
        let mut runner = random_files();
        let mut draw = |strategy: &BoxedStrategy<(Vec<u8>, Damage)>| -> Result<(Vec<u8>, Damage)> {
            let tree = strategy.new_tree(&mut runner).map_err(|reason| anyhow::anyhow!("{reason}"))?;
            Ok(tree.current())
        };
        let strategy = (valid(), damage()).boxed();
        let (mut whole, mut damaged, mut kinds) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..2_000 {
            let (file, damage) = draw(&strategy)?;
            damaged.push(apply(file.clone(), &damage));
            whole.push(file);
            kinds.push(damage);
        }
        for (file, found) in whole.iter().zip(agreed(bench, NODE, &whole)?) {
            ensure!(found["info"].is_object(), "{found}: {file:02x?}");
        }
        for (kind, found) in kinds.iter().zip(agreed(bench, NODE, &damaged)?) {
            let may_be_whole = matches!(kind, Damage::Overwrite(..));
            ensure!(may_be_whole || found["error"].is_string(), "{kind:?} goes unseen: {found}");
        }
        Ok(())
    });
}

#[test]
fn both_readers_see_every_flipped_bit() {
    with_bench(|bench| {
        let text = fs::read_to_string(bench.workshop.root.join("tests/vectors/snapshots.json"))?;
        let vectors: Vec<Value> = serde_json::from_str(&text)?;
        // With side modules, and without pages.
        let vector = vectors.iter().find(|vector| vector["info"]["sideModules"][1].is_object());
        let file = bytes_of(&vector.context("a vector with side modules")?["pieces"])?;
        let flipped: Vec<Vec<u8>> = (0..file.len() * 8)
            .map(|bit| {
                let mut flipped = file.clone();
                flipped[bit / 8] ^= 1 << (bit % 8);
                flipped
            })
            .collect();
        for (bit, found) in agreed(bench, NODE, &flipped)?.iter().enumerate() {
            ensure!(found["error"].is_string(), "bit {bit}: {found}");
        }
        Ok(())
    });
}

#[test]
fn another_version_is_reported_with_what_helps() {
    let mut file = valid().new_tree(&mut random_files()).expect("a file").current();
    for (version, help) in [(VERSION - 1, "take a new snapshot"), (VERSION + 1, "take a newer pyem")] {
        file[8..12].copy_from_slice(&version.to_le_bytes());
        let error = Info::read(&file).expect_err("another version").to_string();
        assert!(error.contains(help), "{error}");
    }
}

#[test]
fn every_flipped_bit_of_random_files_is_seen() {
    let mut runner = random_files();
    for _ in 0..3 {
        let file = valid().new_tree(&mut runner).expect("a file").current();
        for bit in 0..file.len() * 8 {
            let mut flipped = file.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(Info::read(&flipped).is_err(), "bit {bit} of {file:02x?}");
        }
    }
}
