//! The proof that an image has the layout of its version.

use crate::{
    Anchors, Error, Image, Layout,
    layout::{
        CAPSULE_NAME, D_TABLE, D_TYPE, D_WRAPPED, M_ML, M_MODULE, M_SELF, MD_DICT, OB_SIZE, OB_TYPE, TP_BASE,
        TP_BASES, TP_BASICSIZE, TP_DICTOFFSET, TP_FLAGS, TP_ITEMSIZE, TP_MRO, TP_NAME, TP_WEAKLISTOFFSET,
        WRAPPER_OFFSET,
    },
    slots::ALL_TABLES,
};

impl Layout {
    /// Compares what Python says of known objects with what lies at their addresses.
    pub(crate) fn check(&self, image: &impl Image, anchors: &Anchors) -> Result<(), Error> {
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
}
