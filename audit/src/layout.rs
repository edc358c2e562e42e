//! Where CPython keeps what, by version, and the proof that the image does.
//!
//! Source: CPython's headers of 3.11 to 3.15: `Include/cpython/object.h`, `tupleobject.h`, `methodobject.h`,
//! `descrobject.h`, `unicodeobject.h`, `Include/internal/pycore_moduleobject.h`; `Objects/capsule.c`.

use std::fmt;

use crate::{
    Image, Slot,
    slots::{ALL_TABLES, SlotTable},
};

// Members of PyTypeObject.
pub const TP_NAME: u32 = 12;
pub const TP_BASICSIZE: u32 = 16;
pub const TP_ITEMSIZE: u32 = 20;
pub const TP_FLAGS: u32 = 84;
pub const TP_WEAKLISTOFFSET: u32 = 104;
pub const TP_METHODS: u32 = 116;
pub const TP_GETSET: u32 = 124;
pub const TP_BASE: u32 = 128;
pub const TP_DICTOFFSET: u32 = 144;
pub const TP_BASES: u32 = 168;
pub const TP_MRO: u32 = 172;
/// Of every object.
pub const OB_TYPE: u32 = 4;
/// Of objects of variable size.
pub const OB_SIZE: u32 = 8;
// Members of PyCFunctionObject.
pub const M_ML: u32 = 8;
pub const M_SELF: u32 = 12;
pub const M_MODULE: u32 = 16;
// Members of the descriptors.
pub const D_TYPE: u32 = 8;
/// `d_method`, `d_getset` and `d_base`.
pub const D_TABLE: u32 = 20;
pub const D_WRAPPED: u32 = 24;
/// Of `struct wrapperbase`.
pub const WRAPPER_OFFSET: u32 = 4;
/// Of `PyModuleObject`.
pub const MD_DICT: u32 = 8;
/// Of `PyCapsule`.
pub const CAPSULE_NAME: u32 = 12;

/// How one version of CPython lays its objects out on wasm32.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    pub minor: u8,
    /// `sizeof(PyTypeObject)`.
    pub type_size: u32,
    /// `sizeof(PyHeapTypeObject)`, which is `type.__basicsize__`.
    pub heap_type_size: u32,
    /// Where a tuple's items begin.
    pub tuple_items: u32,
    /// Where the text of a compact ASCII string begins.
    pub ascii: u32,
    /// Where a module keeps its definition.
    pub module_def: u32,
    /// Whether a module has a flag that it has a definition, and copies of its functions, as from 3.15 on.
    pub module_copies: bool,
    /// Whether capsules may have functions for the garbage collector.
    pub capsule_gc: bool,
}

const LAYOUTS: [Layout; 5] = [
    Layout::new(11, 204, 452, 12, 24, 12),
    Layout::new(12, 208, 460, 12, 20, 12),
    Layout::new(13, 208, 464, 12, 20, 12),
    Layout::new(14, 208, 468, 16, 20, 12),
    Layout::new(15, 212, 472, 16, 20, 44),
];

/// What the interpreter says of itself.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    pub major: u8,
    pub minor: u8,
    /// `Py_GIL_DISABLED`.
    pub free_threaded: bool,
    /// `Py_TRACE_REFS`.
    pub trace_refs: bool,
    pub anchors: Anchors,
}

/// Addresses and numbers by which the layout is checked, all from Python: `id(…)`, and attributes of `type`.
#[derive(Clone, Debug, Default)]
pub struct Anchors {
    /// `type` and `object`.
    pub type_: u32,
    pub object: u32,
    /// `type.__basicsize__`, `__itemsize__`, `__flags__`, `__dictoffset__`, `__weakrefoffset__`.
    pub basicsize: u32,
    pub itemsize: u32,
    pub flags: u32,
    pub dictoffset: u32,
    pub weakrefoffset: u32,
    /// `type.__mro__`, which is `(type, object)`, and `type.__bases__`.
    pub mro: u32,
    pub bases: u32,
    /// `str` and `str.join`.
    pub str_: u32,
    pub join: u32,
    /// `type.__dict__['__abstractmethods__']`.
    pub getset: u32,
    /// `len` and `builtins`.
    pub len: u32,
    pub builtins: u32,
    /// `builtins.__dict__`.
    pub builtins_dict: u32,
    /// `builtins.__name__`.
    pub builtins_name: u32,
    /// Slot wrappers of built-in types: each proves the offset of one slot.
    pub wrappers: Vec<u32>,
    /// `_datetime.datetime_CAPI`; 0 where that is not imported.
    pub capsule: u32,
}

/// Why an image cannot be audited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// A build whose layout is not supported.
    Unsupported(String),
    /// The image contradicts the layout of its version.
    Layout(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsupported(what) => write!(f, "{what} cannot be audited"),
            Self::Layout(what) => {
                write!(f, "this CPython lays its objects out in another way than its version does: {what}")
            }
        }
    }
}

impl std::error::Error for Error {}

impl Layout {
    const fn new(
        minor: u8,
        type_size: u32,
        heap_type_size: u32,
        tuple_items: u32,
        ascii: u32,
        module_def: u32,
    ) -> Self {
        Self {
            minor,
            type_size,
            heap_type_size,
            tuple_items,
            ascii,
            module_def,
            module_copies: minor >= 15,
            capsule_gc: minor >= 13,
        }
    }

    /// The layout of a version, after the image has proved that it has it.
    ///
    /// # Errors
    ///
    /// An unknown version or build, or an image that contradicts.
    pub fn checked(image: &impl Image, facts: &Facts) -> Result<Self, Error> {
        let layout = Self::of(facts)?;
        layout.check(image, &facts.anchors)?;
        Ok(layout)
    }

    /// The layout of a version.
    ///
    /// # Errors
    ///
    /// An unknown version or build.
    pub fn of(facts: &Facts) -> Result<Self, Error> {
        let Facts { major, minor, .. } = *facts;
        let unsupported = |what: String| Err(Error::Unsupported(what));
        if facts.free_threaded {
            return unsupported("a free-threaded build (Py_GIL_DISABLED)".to_owned());
        }
        if facts.trace_refs {
            return unsupported("a build with Py_TRACE_REFS".to_owned());
        }
        match LAYOUTS.iter().find(|layout| major == 3 && layout.minor == minor) {
            Some(layout) => Ok(*layout),
            None => unsupported(format!("CPython {major}.{minor} (3.11 to 3.15 are known)")),
        }
    }

    /// Where `PyHeapTypeObject` holds a table, in bytes: they follow each other.
    pub fn heap_offset(&self, table: &SlotTable) -> u32 {
        if table.pointer.is_none() {
            return 0;
        }
        let before = ALL_TABLES.iter().skip(1).take_while(|each| each.name != table.name);
        self.type_size + before.map(|each| each.size).sum::<u32>()
    }

    /// The slot at an offset of `PyHeapTypeObject`.
    pub fn slot_at(&self, offset: u32) -> Option<(&'static SlotTable, &'static Slot)> {
        ALL_TABLES.iter().find_map(|table| {
            let start = self.heap_offset(table);
            let slot = table.slots.iter().find(|slot| start + slot.offset == offset)?;
            Some((table, slot))
        })
    }
}

impl SlotTable {
    /// The address of a type's table: 0 if it has none.
    pub fn address(&self, image: &impl Image, type_: u32) -> Option<u32> {
        match self.pointer {
            None => Some(type_),
            Some(pointer) => image.member(type_, pointer),
        }
    }
}
