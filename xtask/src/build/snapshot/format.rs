//! The reader of snapshot files: docs/snapshot-format.md, and npm/snapshot/format.mjs in JavaScript.

use thiserror::Error;
use xxhash_rust::xxh32::xxh32;

use crate::tools::files::hex;

/// The format that is read.
pub const VERSION: u32 = 2;
/// The unit in which memory is stored.
pub const PAGE: u64 = 4096;
const MAGIC: &[u8] = b"PYEMSNAP";
const WASM_PAGE: u64 = 65536;
const HEADER: usize = 72;
/// How many JavaScript values a file can name: null, undefined, false, true, globalThis.
const VALUES: u8 = 5;
const CHECKSUM: usize = 4;

/// The header of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Info {
    /// The version of the format.
    pub version: u32,
    /// SHA-256 of the wasm file.
    pub build: [u8; 32],
    /// In bytes.
    pub memory_size: u64,
    /// Slots of the function table.
    pub table_length: u32,
    /// Its value between two calls.
    pub stack_pointer: u32,
    /// In load order.
    pub side_modules: Vec<SideModule>,
    /// Those that the wasm file exports beside the function table.
    pub value_tables: Vec<ValueTable>,
    /// The pages between them are zero.
    pub runs: Vec<Run>,
    /// Where the pages of the first run begin in the file.
    pub data_offset: usize,
}

/// A dynamic library that was loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SideModule {
    /// The name by which it was loaded.
    pub name: String,
    /// Its first slot.
    pub table_base: u32,
    /// Its first byte.
    pub memory_base: u32,
}

/// A table of JavaScript values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueTable {
    /// The name of its export.
    pub name: String,
    /// A byte for each slot: 0 null, 1 undefined, 2 false, 3 true, 4 `globalThis`.
    pub values: Vec<u8>,
}

/// Pages that are next to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// The first one's number.
    pub page: u32,
    /// How many; never 0.
    pub pages: u32,
}

/// Why bytes are no snapshot that can be read. The codes are those of `SnapshotError` in JavaScript.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ReadError {
    /// The bytes are of another kind of file.
    #[error("not-a-snapshot: these bytes do not begin as a snapshot does: pass a file of takeSnapshot")]
    NotASnapshot,
    /// The format is that of another release.
    #[error("other-version: it has format {0}, and this program reads {VERSION}: {advice}", advice = advice(*.0))]
    OtherVersion(u32),
    /// The end is missing.
    #[error("truncated: {0} bytes are too few: copy the file again")]
    Truncated(usize),
    /// A byte was damaged, or the file was written wrongly.
    #[error("corrupt: {0}: copy the file again, or take a new snapshot")]
    Corrupt(&'static str),
}

/// What helps against a file of another version.
fn advice(version: u32) -> &'static str {
    if version > VERSION { "take a newer pyem-trampoline" } else { "take a new snapshot" }
}

impl ReadError {
    /// The `code` of JavaScript's `SnapshotError`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotASnapshot => "not-a-snapshot",
            Self::OtherVersion(_) => "other-version",
            Self::Truncated(_) => "truncated",
            Self::Corrupt(_) => "corrupt",
        }
    }
}

impl Info {
    /// Checks form and checksum.
    pub fn read(bytes: &[u8]) -> Result<Self, ReadError> {
        let begin = &bytes[..bytes.len().min(MAGIC.len())];
        if begin.is_empty() || !MAGIC.starts_with(begin) {
            return Err(ReadError::NotASnapshot);
        }
        let truncated = ReadError::Truncated(bytes.len());
        let header = |at: usize| number(bytes, at).ok_or(truncated.clone());
        let version = header(8)?;
        if version != VERSION {
            return Err(ReadError::OtherVersion(version));
        }
        if bytes.len() < HEADER + CHECKSUM {
            return Err(truncated);
        }
        let length = header(12)? as usize;
        if length > bytes.len() {
            return Err(truncated);
        }
        let end = bytes.len() - CHECKSUM;
        let content = &bytes[..end];
        if length != bytes.len() || !length.is_multiple_of(4) || header(end)? != xxh32(content, 0) {
            return Err(ReadError::Corrupt("its checksum is wrong"));
        }
        Self::read_content(content, version)
    }

    /// A hostile writer can make the checksum right, so every field is checked.
    fn read_content(content: &[u8], version: u32) -> Result<Self, ReadError> {
        let mut reader = Reader { left: &content[16..] };
        let mut build = [0; 32];
        build.copy_from_slice(reader.take(32)?);
        let memory_size = u64::from(reader.number()?) * WASM_PAGE;
        let (table_length, stack_pointer) = (reader.number()?, reader.number()?);
        let (modules, tables, run_count) = (reader.number()?, reader.number()?, reader.number()?);
        let mut side_modules = Vec::new();
        for _ in 0..modules {
            let size = reader.number()? as usize;
            let (table_base, memory_base) = (reader.number()?, reader.number()?);
            side_modules.push(SideModule { name: reader.text(size)?, table_base, memory_base });
        }
        let mut value_tables = Vec::new();
        for _ in 0..tables {
            let (size, slots) = (reader.number()? as usize, reader.number()? as usize);
            let (name, values) = (reader.text(size)?, reader.padded(slots)?.to_owned());
            if values.iter().any(|&value| value >= VALUES) {
                return Err(ReadError::Corrupt("its tables hold unknown values"));
            }
            value_tables.push(ValueTable { name, values });
        }
        let mut runs = Vec::new();
        let (mut free, mut stored) = (0, 0);
        for _ in 0..run_count {
            let run = Run { page: reader.number()?, pages: reader.number()? };
            if u64::from(run.page) < free || run.pages == 0 {
                return Err(ReadError::Corrupt("its pages are out of order"));
            }
            free = u64::from(run.page) + u64::from(run.pages);
            stored += u64::from(run.pages);
            runs.push(run);
        }
        if free * PAGE > memory_size {
            return Err(ReadError::Corrupt("its pages are outside its memory"));
        }
        if reader.left.len() as u64 != stored * PAGE {
            return Err(ReadError::Corrupt("its pages are not those of its list"));
        }
        let data_offset = content.len() - reader.left.len();
        Ok(Self {
            version,
            build,
            memory_size,
            table_length,
            stack_pointer,
            side_modules,
            value_tables,
            runs,
            data_offset,
        })
    }

    /// The number of pages in the file.
    pub fn pages(&self) -> u64 {
        self.runs.iter().map(|run| u64::from(run.pages)).sum()
    }

    /// What `buildId` returns in JavaScript.
    pub fn build_id(&self) -> String {
        hex(&self.build)
    }
}

struct Reader<'a> {
    left: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, size: usize) -> Result<&'a [u8], ReadError> {
        let too_long = ReadError::Corrupt("its lists are longer than the file");
        let (taken, left) = self.left.split_at_checked(size).ok_or(too_long)?;
        self.left = left;
        Ok(taken)
    }

    /// Bytes that are followed by zeros up to a multiple of 4.
    fn padded(&mut self, size: usize) -> Result<&'a [u8], ReadError> {
        Ok(self.take(size.next_multiple_of(4))?.get(..size).unwrap_or_default())
    }

    fn text(&mut self, size: usize) -> Result<String, ReadError> {
        Ok(String::from_utf8_lossy(self.padded(size)?).into_owned())
    }

    fn number(&mut self) -> Result<u32, ReadError> {
        Ok(number(self.take(4)?, 0).unwrap_or_default())
    }
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    let field = bytes.get(at..at + 4)?;
    Some(u32::from_le_bytes(field.try_into().ok()?))
}
