//! Where CPython keeps what, by version, and the proof that the image does.
//!
//! Source: CPython's headers of 3.11 to 3.15: `Include/cpython/object.h`, `tupleobject.h`, `methodobject.h`,
//! `descrobject.h`, `unicodeobject.h`, `Include/internal/pycore_moduleobject.h`; `Objects/capsule.c`.

use std::fmt;

use crate::{
    Image,
    slots::{ALL_TABLES, SlotTable},
};

// Members of PyTypeObject.
pub const TP_NAME: u32 = 12;
const TP_BASICSIZE: u32 = 16;
const TP_ITEMSIZE: u32 = 20;
const TP_FLAGS: u32 = 84;
const TP_WEAKLISTOFFSET: u32 = 104;
pub const TP_METHODS: u32 = 116;
pub const TP_GETSET: u32 = 124;
const TP_BASE: u32 = 128;
const TP_DICTOFFSET: u32 = 144;
const TP_BASES: u32 = 168;
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
const MD_DICT: u32 = 8;
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
    /// `type.__dict__['__mro__']`'s neighbour `__abstractmethods__`, a descriptor with getter and setter.
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
    /// A capsule and the address of its name as CPython reports it; 0 if there is none.
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

    fn check(&self, image: &impl Image, anchors: &Anchors) -> Result<(), Error> {
        let expect = |name: &str, address: u32, offset: u32, expected: u32| {
            let found = address.checked_add(offset).and_then(|at| image.word(at));
            if found == Some(expected) {
                return Ok(());
            }
            let found = found.map_or("nothing".to_owned(), |word| word.to_string());
            Err(Error::Layout(format!("{name} is {found}, and not {expected}")))
        };
        let a = anchors;
        if a.basicsize != self.heap_type_size {
            let (found, expected) = (a.basicsize, self.heap_type_size);
            return Err(Error::Layout(format!("sizeof(PyHeapTypeObject) is {found}, and not {expected}")));
        }
        for (name, offset, expected) in [
            ("ob_type", OB_TYPE, a.type_),
            ("tp_basicsize", TP_BASICSIZE, a.basicsize),
            ("tp_itemsize", TP_ITEMSIZE, a.itemsize),
            ("tp_flags", TP_FLAGS, a.flags),
            ("tp_weaklistoffset", TP_WEAKLISTOFFSET, a.weakrefoffset),
            ("tp_base", TP_BASE, a.object),
            ("tp_dictoffset", TP_DICTOFFSET, a.dictoffset),
            ("tp_bases", TP_BASES, a.bases),
            ("tp_mro", TP_MRO, a.mro),
        ] {
            expect(name, a.type_, offset, expected)?;
        }
        expect("ob_size", a.mro, OB_SIZE, 2)?;
        expect("ob_item[0]", a.mro, self.tuple_items, a.type_)?;
        expect("ob_item[1]", a.mro, self.tuple_items + 4, a.object)?;
        expect("d_type of a method", a.join, D_TYPE, a.str_)?;
        expect("d_type of a getter", a.getset, D_TYPE, a.type_)?;
        expect("m_self", a.len, M_SELF, a.builtins)?;
        expect("m_module", a.len, M_MODULE, a.builtins_name)?;
        expect("md_dict", a.builtins, MD_DICT, a.builtins_dict)?;
        for (name, object, size) in [
            ("a method's descriptor", a.join, 28),
            ("a getter's descriptor", a.getset, 24),
            ("a function", a.len, 28),
            ("a module", a.builtins, if self.module_copies { 52 } else { 28 }),
            ("a capsule", a.capsule, if self.capsule_gc { 32 } else { 24 }),
        ] {
            if object != 0 {
                let type_ = image.member(object, OB_TYPE).unwrap_or(0);
                expect(&format!("the size of {name}"), type_, TP_BASICSIZE, size)?;
            }
        }
        let definition = image.member(a.builtins, self.module_def).unwrap_or(0);
        for (name, pointer, expected) in [
            ("tp_name", image.member(a.type_, TP_NAME), "type"),
            ("ml_name of a method", image.member(a.join, D_TABLE).and_then(|at| image.word(at)), "join"),
            (
                "name of a getter",
                image.member(a.getset, D_TABLE).and_then(|at| image.word(at)),
                "__abstractmethods__",
            ),
            ("ml_name of a function", image.member(a.len, M_ML).and_then(|at| image.word(at)), "len"),
            ("m_name", image.member(definition, 20), "builtins"),
            ("a string", Some(a.builtins_name.wrapping_add(self.ascii)), "builtins"),
        ] {
            let found = pointer.and_then(|pointer| image.text(pointer)).unwrap_or_default();
            if found != expected {
                return Err(Error::Layout(format!("{name} is {found:?}, and not {expected:?}")));
            }
        }
        if a.capsule != 0 {
            let name = image.member(a.capsule, CAPSULE_NAME).and_then(|pointer| image.text(pointer));
            if name.as_deref() != Some("datetime.datetime_CAPI") {
                return Err(Error::Layout(format!("a capsule's name is {name:?}")));
            }
        }
        self.check_wrappers(image, &a.wrappers)
    }

    /// Each slot wrapper of a built-in type has the offset of its slot, and the function that the type has there.
    fn check_wrappers(&self, image: &impl Image, wrappers: &[u32]) -> Result<(), Error> {
        let mut proved = Vec::new();
        for wrapper in wrappers {
            let (Some(owner), Some(base), Some(function)) = (
                image.member(*wrapper, D_TYPE),
                image.member(*wrapper, D_TABLE),
                image.member(*wrapper, D_WRAPPED),
            ) else {
                return Err(Error::Layout("a slot wrapper cannot be read".to_owned()));
            };
            let offset = image.member(base, WRAPPER_OFFSET).unwrap_or(u32::MAX);
            let Some((table, slot)) = self.slot_at(offset) else {
                return Err(Error::Layout(format!("no slot is {offset} bytes into PyHeapTypeObject")));
            };
            let address = table.address(image, owner).unwrap_or(0);
            if address == 0 || image.member(address, slot.offset) != Some(function) {
                return Err(Error::Layout(format!("{} is not where it should be", slot.callee.name)));
            }
            proved.push(table.name);
        }
        // Of each table; wrappers of buffer methods came with 3.12.
        for table in ALL_TABLES.iter().filter(|table| self.minor >= 12 || table.name != "PyBufferProcs") {
            if !proved.contains(&table.name) {
                return Err(Error::Layout(format!(
                    "no wrapper of a built-in type shows where {} is",
                    table.name
                )));
            }
        }
        Ok(())
    }

    /// The slot at an offset of `PyHeapTypeObject`.
    pub fn slot_at(&self, offset: u32) -> Option<(&'static SlotTable, &'static crate::Slot)> {
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
