//! What linking us costs: bytes, time of the hook, and time of a first resolution, by table size.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use duct::cmd;
use serde_json::Value;
use wasm_encoder::{
    CodeSection, ConstExpr, ElementSection, Elements, EntityType, Function, FunctionSection, GlobalType,
    ImportSection, Module, RefType, TableType, TypeSection, ValType,
};

use super::record::Record;
use crate::{
    Workshop,
    build::{
        archive::{self, adaptor::types_of_callees},
        cpython::Cpython,
        link::{Link, Trampoline, Way},
        python,
    },
    engines::{self, Engine},
    tools::{
        files::{clear, digest},
        javascript, node,
    },
};

pub mod table;

/// Functions in the table at start-up, which the hook resolves; as many are added later, which first calls resolve. The
/// cache has 65,536 bytes.
const TABLES: [usize; 3] = [1_000, 10_000, 100_000];

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// How many of the tables, the small ones first.
    tables: usize,
    /// Fresh processes for each.
    processes: u32,
}

/// Enough for a record.
pub const FULL: Size = Size { tables: TABLES.len(), processes: 7 };
/// Enough to see that it runs.
pub const QUICK: Size = Size { tables: 1, processes: 1 };

/// Measures, and gives the records: one of sizes, and one of each Node and path.
pub fn measure(
    workshop: &Workshop,
    engines: &[Engine],
    size: Size,
    keep: impl Fn(&Record) -> Result<()>,
) -> Result<Vec<Record>> {
    let mut records = vec![sizes(workshop)?];
    keep(&records[0])?;
    let folder = program(workshop)?;
    let Size { tables, processes } = size;
    for (major, path) in places(engines)? {
        let (text, path) = (major.to_string(), path.name());
        let program = node::program(&workshop.home, &workshop.pins, &text)?;
        let mut record = Record::new(workshop, "cost", "Node", &workshop.pins.node[&text], path, "ns")?;
        for _ in 0..processes {
            for count in &TABLES[..tables] {
                let driver = workshop.root.join("benches/js/cost.mjs");
                let flags = python::v8_flags(major, Some(path))?;
                let mut arguments: Vec<_> = flags.iter().map(Into::into).collect();
                arguments.extend([
                    driver.into_os_string(),
                    folder.clone().into(),
                    count.to_string().into(),
                    path.into(),
                ]);
                let output = cmd(&program, arguments).read()?;
                let times: BTreeMap<String, Value> =
                    serde_json::from_str(&output).with_context(|| format!("parse {output}"))?;
                ensure!(times["path"] == path, "Node {major} took {}, not {path}", times["path"]);
                let numbers = times.into_iter().filter_map(|(name, time)| Some((name, vec![time.as_f64()?])));
                record.add(&format!("{count} slots"), numbers.collect());
            }
        }
        keep(&record)?;
        records.push(record);
    }
    Ok(records)
}

/// Each Node with each path that can be forced there.
pub fn places(engines: &[Engine]) -> Result<Vec<(u32, engines::Path)>> {
    let asked = engines::all()?.into_iter().filter(|entry| engines.contains(&entry.engine));
    Ok(asked
        .filter_map(|entry| {
            let major = entry.engine.node()?;
            Some(entry.paths().map(move |path| (major, path)).collect::<Vec<_>>())
        })
        .flatten()
        .collect())
}

/// Links the program without CPython, and the modules that fill its table.
fn program(workshop: &Workshop) -> Result<PathBuf> {
    let archive = archive::build(workshop)?;
    let folder = workshop.home.join("cost");
    let benches = workshop.root.join("benches/c");
    let inputs = [archive.clone(), workshop.root.join("include"), benches.join("cost.c")];
    let key = format!("{} {} {TABLES:?} {}", folder.display(), workshop.emscripten.version, digest(&inputs)?);
    workshop.steps.once("link of the cost program", &key, |log| {
        clear(&folder)?;
        let text = |path: &Path| path.display().to_string();
        let include = format!("-I{}", workshop.root.join("include").display());
        let source = text(&benches.join("cost.c"));
        let arguments = [
            "-O2",
            "-sMODULARIZE",
            "-sEXPORT_ES6",
            "-sALLOW_TABLE_GROWTH",
            "-sEXPORTED_RUNTIME_METHODS=wasmTable",
            &include,
            &source,
            &text(&archive),
            "-o",
            &text(&folder.join("cost.mjs")),
        ];
        log.run(&workshop.emscripten.command("emcc", arguments))?;
        for count in TABLES {
            fs::write(folder.join(format!("fill-{count}.wasm")), fill(count))?;
        }
        Ok(())
    })?;
    Ok(folder)
}

/// A module that puts `count` functions into an imported table, of five types in turn.
fn fill(count: usize) -> Vec<u8> {
    let (mut types, mut functions, mut codes) =
        (TypeSection::new(), FunctionSection::new(), CodeSection::new());
    types_of_callees(&mut types);
    types.ty().function([ValType::F64], [ValType::I32]);
    let mut imports = ImportSection::new();
    let table = TableType {
        element_type: RefType::FUNCREF,
        table64: false,
        minimum: count as u64,
        maximum: None,
        shared: false,
    };
    imports.import("e", "t", EntityType::Table(table));
    let first = GlobalType { val_type: ValType::I32, mutable: false, shared: false };
    imports.import("e", "first", EntityType::Global(first));
    for index in 0..count {
        functions.function((index % 5) as u32);
        let mut code = Function::new([]);
        code.instructions().i32_const(index as i32).end();
        codes.function(&code);
    }
    let indices: Vec<u32> = (0..count as u32).collect();
    let mut elements = ElementSection::new();
    elements.active(None, &ConstExpr::global_get(0), Elements::Functions((&indices).into()));
    let mut module = Module::new();
    module.section(&types).section(&imports).section(&functions).section(&elements).section(&codes);
    module.finish()
}

/// Bytes of CPython with each trampoline, and of what is in ours.
fn sizes(workshop: &Workshop) -> Result<Record> {
    let cpython = Cpython::build(workshop)?;
    let archive = archive::build(workshop)?;
    let version = &workshop.emscripten.version;
    let mut record = Record::new(workshop, "size", "emscripten", version, "all", "bytes")?;
    for (name, trampoline) in [("ours", Trampoline::Ours(Way::ArchiveFirst)), ("stock", Trampoline::Stock)] {
        let folder = Link::new(name, trampoline).build(workshop, &cpython, &archive)?;
        let glue = folder.join("python.mjs");
        let minified =
            cmd!(javascript::esbuild(workshop)?, "--minify", "--format=esm", "--log-level=error", &glue)
                .read()?;
        let bytes = [
            ("wasm", fs::metadata(folder.join("python.wasm"))?.len()),
            ("JavaScript", fs::metadata(&glue)?.len()),
            ("JavaScript, minified", minified.len() as u64),
        ];
        record.add(name, bytes.map(|(name, size)| (name.to_owned(), vec![size as f64])).into());
    }
    let adaptor = fs::metadata(workshop.root.join("dist/adaptor.wasm"))?.len();
    let listing =
        cmd!(workshop.emscripten.llvm.join("llvm-nm"), "--format=posix", "--print-size", &archive).read()?;
    record.add(
        "in the archive",
        [("adaptor".to_owned(), vec![adaptor as f64]), (".bss".to_owned(), vec![bss(&listing)?])].into(),
    );
    Ok(record)
}

/// The bytes of zeroed data, the cache and the counts, from lines like `NAME b ADDRESS SIZE`.
fn bss(listing: &str) -> Result<f64> {
    let mut bytes = 0;
    for name in ["pyem_signature_cache", "pyem_resolutions"] {
        let line = listing.lines().find(|line| line.starts_with(&format!("{name} ")));
        let line = line.with_context(|| format!("no {name} in the archive"))?;
        let size = line.split_whitespace().nth(3).with_context(|| format!("no size: {line}"))?;
        bytes += u64::from_str_radix(size, 16)?;
    }
    Ok(bytes as f64)
}
