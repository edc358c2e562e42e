//! The walk through methods, getters, modules and capsules.

use crate::{
    Callee, Image,
    layout::{
        CAPSULE_NAME, D_TABLE, D_TYPE, M_ML, M_MODULE, M_SELF, OB_SIZE, OB_TYPE, TP_GETSET, TP_METHODS,
    },
    methods::{
        CAPSULE_CLEAR, CAPSULE_DESTRUCTOR, CAPSULE_TRAVERSE, GETTER, MODULE_CLEAR, MODULE_CREATE,
        MODULE_EXEC, MODULE_FREE, MODULE_TRAVERSE, SETTER, method_kind,
    },
    walk::Walk,
};

const METHOD_SIZE: u32 = 16;
const GETSET_SIZE: u32 = 20;
/// More than any table has: one that goes on further is none.
const LONGEST_TABLE: u32 = 100_000;

// Members of PyModuleDef.
const DEF_METHODS: u32 = 32;
const DEF_SLOTS: u32 = 36;
const DEF_FUNCTIONS: [(u32, Callee); 3] = [(40, MODULE_TRAVERSE), (44, MODULE_CLEAR), (48, MODULE_FREE)];
/// The copies that modules have from 3.15 on; `Py_mod_exec` is one of a module without a definition.
const MODULE_FUNCTIONS: [(u32, Callee); 4] =
    [(32, MODULE_TRAVERSE), (36, MODULE_CLEAR), (40, MODULE_FREE), (48, MODULE_EXEC)];
/// Of a module from 3.15 on: whether it has a definition.
const HAS_DEFINITION: u32 = 24;
/// Slots of a module's definition; 3.15 has new numbers, and takes the old ones.
const MODULE_SLOTS: [(u32, Callee); 4] =
    [(1, MODULE_CREATE), (2, MODULE_EXEC), (84, MODULE_CREATE), (85, MODULE_EXEC)];

/// What a table belongs to: module and name before the entry's own.
type Owner = (String, String);

fn within(owner: &Owner, entry: &str) -> Owner {
    let (module, name) = owner;
    (module.clone(), if name.is_empty() { entry.to_owned() } else { format!("{name}.{entry}") })
}

impl<I: Image> Walk<'_, I> {
    pub fn methods_and_modules(&mut self) {
        let roots = self.roots;
        for type_ in &roots.types {
            if let Some(table) = self.member(*type_, TP_METHODS) {
                self.method_table(table, |walk| walk.type_parts(*type_));
            }
            if let Some(table) = self.member(*type_, TP_GETSET) {
                self.getset_table(table, |walk| walk.type_parts(*type_));
            }
        }
        for (module, name) in &roots.modules {
            self.module(*module, name);
        }
        for descriptor in &roots.methods {
            if let Some(method) = self.member(*descriptor, D_TABLE) {
                self.method(method, &|walk| walk.descriptor_owner(*descriptor));
            }
        }
        for descriptor in &roots.getsets {
            if let Some(getset) = self.member(*descriptor, D_TABLE) {
                self.getset(getset, &|walk| walk.descriptor_owner(*descriptor));
            }
        }
        for function in &roots.functions {
            if let Some(method) = self.member(*function, M_ML) {
                self.method(method, &|walk| walk.function_owner(*function));
            }
        }
        for capsule in &roots.capsules {
            self.capsule(*capsule);
        }
    }

    /// Applies `each` to the entries of a table that ends with one whose first word is null.
    fn entries(&mut self, table: u32, size: u32, mut each: impl FnMut(&mut Self, u32)) {
        if table == 0 {
            return;
        }
        for index in 0..LONGEST_TABLE {
            let Some(entry) = table.checked_add(index * size) else { break };
            match self.word(entry) {
                None | Some(0) => break,
                Some(_) => each(self, entry),
            }
        }
    }

    fn method_table(&mut self, table: u32, owner: impl Fn(&Self) -> Owner) {
        self.entries(table, METHOD_SIZE, |walk, entry| walk.method(entry, &owner));
    }

    fn getset_table(&mut self, table: u32, owner: impl Fn(&Self) -> Owner) {
        self.entries(table, GETSET_SIZE, |walk, entry| walk.getset(entry, &owner));
    }

    /// A `PyMethodDef`.
    fn method(&mut self, entry: u32, owner: &dyn Fn(&Self) -> Owner) {
        let Some(flags) = self.member(entry, 8) else { return };
        match method_kind(flags) {
            Some(kind) => {
                self.pointer(entry, entry.wrapping_add(4), &kind.callee, |walk| walk.entry_name(entry, owner))
            }
            None => self.count_unknown(entry.wrapping_add(4)),
        }
    }

    /// A `PyGetSetDef`.
    fn getset(&mut self, entry: u32, owner: &dyn Fn(&Self) -> Owner) {
        self.pointer(entry, entry.wrapping_add(4), &GETTER, |walk| walk.entry_name(entry, owner));
        self.pointer(entry, entry.wrapping_add(8), &SETTER, |walk| walk.entry_name(entry, owner));
    }

    fn entry_name(&self, entry: u32, owner: &dyn Fn(&Self) -> Owner) -> Owner {
        let name = self.image.word(entry).and_then(|name| self.image.text(name)).unwrap_or_default();
        within(&owner(self), &name)
    }

    /// A pointer outside of types. Places of one owner with the same function are one finding.
    fn pointer(&mut self, owner: u32, place: u32, callee: &Callee, name: impl FnOnce(&Self) -> Owner) {
        if let Some((function, declared)) = self.mismatched(place, callee) {
            self.finding(owner, callee, function, declared, name).places.push(place);
        }
    }

    fn module(&mut self, module: u32, name: &str) {
        let owner = || (name.to_owned(), String::new());
        let mut definition = self.member(module, self.layout.module_def).unwrap_or(0);
        if self.layout.module_copies {
            // A flag of one byte; otherwise it is a token.
            if self.image.byte(module.wrapping_add(HAS_DEFINITION)).unwrap_or(0) == 0 {
                definition = 0;
            }
            for (offset, callee) in MODULE_FUNCTIONS {
                self.pointer(module, module.wrapping_add(offset), &callee, |_| owner());
            }
        }
        if definition == 0 {
            return;
        }
        for (offset, callee) in DEF_FUNCTIONS {
            self.pointer(module, definition.wrapping_add(offset), &callee, |_| owner());
        }
        if let Some(slots) = self.member(definition, DEF_SLOTS) {
            self.entries(slots, 8, |walk, entry| {
                let id = walk.image.word(entry).unwrap_or(0);
                if let Some((_, callee)) = MODULE_SLOTS.iter().find(|(slot, _)| *slot == id) {
                    walk.pointer(module, entry.wrapping_add(4), callee, |_| owner());
                }
            });
        }
        if let Some(methods) = self.member(definition, DEF_METHODS) {
            self.method_table(methods, |_| owner());
        }
    }

    fn capsule(&mut self, capsule: u32) {
        // Its name is `module.attribute` by convention.
        let name = |walk: &Self| {
            let name = walk.image.member(capsule, CAPSULE_NAME).filter(|name| *name != 0);
            let text = name.and_then(|name| walk.image.text(name)).unwrap_or_else(|| "a capsule".to_owned());
            match text.rsplit_once('.') {
                Some((module, name)) => (module.to_owned(), name.to_owned()),
                None => (String::new(), text),
            }
        };
        self.pointer(capsule, capsule.wrapping_add(20), &CAPSULE_DESTRUCTOR, name);
        if self.layout.capsule_gc {
            self.pointer(capsule, capsule.wrapping_add(24), &CAPSULE_TRAVERSE, name);
            self.pointer(capsule, capsule.wrapping_add(28), &CAPSULE_CLEAR, name);
        }
    }

    fn descriptor_owner(&self, descriptor: u32) -> Owner {
        self.type_parts(self.image.member(descriptor, D_TYPE).unwrap_or(0))
    }

    /// A function's module, or the type of what it is bound to.
    fn function_owner(&self, function: u32) -> Owner {
        let word = |offset| self.image.member(function, offset).unwrap_or(0);
        let bound = word(M_SELF);
        if let Some((_, name)) = self.roots.modules.iter().find(|(module, _)| *module == bound) {
            return (name.clone(), String::new());
        }
        match self.ascii(word(M_MODULE)) {
            Some(module) => (module, String::new()),
            None if bound == 0 => (String::new(), String::new()),
            None if self.roots.types.contains(&bound) => self.type_parts(bound),
            None => self.type_parts(self.image.member(bound, OB_TYPE).unwrap_or(0)),
        }
    }

    /// The text of a short string with nothing but ASCII, which is how modules are named.
    fn ascii(&self, string: u32) -> Option<String> {
        let length = self.image.member(string, OB_SIZE).filter(|_| string != 0)?;
        let text = self.image.text(string.checked_add(self.layout.ascii)?)?;
        (text.len() == length as usize).then_some(text)
    }
}
