//! CPython four ways: the same libraries and flags, another trampoline.

use std::{
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};

use crate::{
    Workshop,
    build::{
        archive,
        check::{Linked, Live},
        cpython::Cpython,
        link::{Link, Trampoline, Way},
        upstream,
    },
};

/// The files of CPython that have call sites.
const CALL_SITES: [&str; 4] =
    ["Objects/call.c", "Objects/descrobject.c", "Objects/methodobject.c", "Python/ceval.c"];

/// Whose trampoline an interpreter has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variant {
    /// Our archive, named first.
    Ours,
    /// CPython's own.
    Stock,
    /// The design of CPython's main branch, in an object that is named first.
    Main,
    /// The call sites compiled without: the limit.
    None,
    /// Like `Main`, but counting its calls. It is not measured.
    Counting,
}

impl Variant {
    /// Those that are measured, in the order of the tables.
    pub const MEASURED: [Self; 4] = [Self::None, Self::Ours, Self::Main, Self::Stock];

    /// For people and records.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Stock => "stock",
            Self::Main => "CPython main",
            Self::None => "no trampoline",
            Self::Counting => "counting",
        }
    }

    /// The module that this one alone has (benches/python/measure.py), or a dash.
    pub fn mark(self) -> &'static str {
        match self {
            Self::Ours | Self::Stock => "-",
            Self::Main => "main_trampoline",
            Self::None => "no_trampoline",
            Self::Counting => "counting_trampoline",
        }
    }

    /// Links it, and checks that no other trampoline is in it.
    pub fn build(self, workshop: &Workshop, cpython: &Cpython) -> Result<PathBuf> {
        let archive = archive::build(workshop)?;
        let name = format!("bench-python-{}", self.name().replace(' ', "-"));
        let trampoline = match self {
            Self::Ours => Trampoline::Ours(Way::ArchiveFirst),
            _ => Trampoline::Stock,
        };
        let sources = workshop.root.join("benches/c");
        let mark = self.mark();
        let mut link = Link::new(&name, trampoline);
        if self != Self::Ours && self != Self::Stock {
            let generated = workshop.home.join("bench").join(mark);
            fs::create_dir_all(&generated)?;
            let mut files = vec![sources.join(format!("{mark}.c"))];
            if self == Self::None {
                files.extend(call_sites(cpython, &sources, &generated)?);
            } else {
                files.push(upstream_module(&generated)?);
            }
            link = link.extension(mark, &files);
        }
        let folder = link.build(workshop, cpython, &archive)?;
        let live = Linked::read(&folder.join("python.wasm"))?.live;
        let call_sites =
            fs::read_to_string(folder.join("python.mjs.symbols"))?.contains("_PyEM_TrampolineCall");
        let expected = match self {
            Self::Ours => (Live::Ours, true),
            Self::Stock => (Live::Upstream, true),
            // Their imports have names of their own.
            Self::Main | Self::Counting => (Live::Neither, true),
            Self::None => (Live::Neither, false),
        };
        ensure!((live, call_sites) == expected, "{}: {live:?}, call sites: {call_sites}", self.name());
        Ok(folder)
    }
}

/// CPython's files with the call sites, behind a header that takes the trampoline out of them. Linked
/// first, they keep the library's own objects out.
fn call_sites(cpython: &Cpython, sources: &Path, generated: &Path) -> Result<Vec<PathBuf>> {
    let header = fs::read_to_string(sources.join("no_trampoline.h"))?;
    CALL_SITES
        .iter()
        .map(|file| {
            let source = cpython.source.join(file);
            let copy = generated.join(source.file_name().context("a file")?);
            fs::write(&copy, format!("{header}#include \"{}\"\n", source.display()))?;
            Ok(copy)
        })
        .collect()
}

/// The wasm module as C.
fn upstream_module(generated: &Path) -> Result<PathBuf> {
    let bytes = upstream::encode();
    let mut text = format!("const int upstream_module_length = {};\n", bytes.len());
    text += "const unsigned char upstream_module[] = {";
    for byte in bytes {
        write!(text, "{byte},")?;
    }
    text += "};\n";
    let module = generated.join("module.c");
    fs::write(&module, text)?;
    Ok(module)
}
