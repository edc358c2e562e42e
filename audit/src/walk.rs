//! The walk: every pointer to a function that CPython can call from what is alive.

use std::collections::{HashMap, HashSet};

use crate::{
    Callee, Error, Facts, Finding, Image, Layout, Report, Roots, Signature, Trampoline,
    layout::{D_TABLE, D_TYPE, D_WRAPPED, OB_SIZE, TP_FLAGS, TP_MRO, TP_NAME, WRAPPER_OFFSET},
    repair::Mend,
    slots::{ALL_TABLES, ITERITEM, Slot, SlotTable},
};

/// Compares every function with the type that CPython calls it with.
///
/// # Errors
///
/// The image is not laid out as its version of CPython is.
pub fn audit(
    image: &impl Image,
    facts: &Facts,
    roots: &Roots,
    trampoline: Trampoline,
) -> Result<Report, Error> {
    let layout = Layout::checked(image, facts)?;
    let mut walk = Walk::new(image, layout, roots, trampoline);
    for type_ in &roots.types {
        walk.type_(*type_);
    }
    for wrapper in &roots.wrappers {
        walk.wrapper(*wrapper);
    }
    walk.methods_and_modules();
    Ok(walk.finish())
}

/// `Py_TPFLAGS_HEAPTYPE`.
const HEAP_TYPE: u32 = 1 << 9;

/// What a finding is found again by: who owns the slot, the slot, the function.
type Key = (u32, &'static str, u32);

pub(crate) struct Walk<'a, I> {
    pub image: &'a I,
    pub layout: Layout,
    pub roots: &'a Roots,
    trampoline: Trampoline,
    signatures: HashMap<u32, Signature>,
    seen: HashSet<u32>,
    found: HashMap<Key, usize>,
    report: Report,
}

impl<'a, I: Image> Walk<'a, I> {
    fn new(image: &'a I, layout: Layout, roots: &'a Roots, trampoline: Trampoline) -> Self {
        let (signatures, seen, found) = (HashMap::new(), HashSet::new(), HashMap::new());
        Self { image, layout, roots, trampoline, signatures, seen, found, report: Report::default() }
    }

    /// A word that has to be there: otherwise it counts as unknown.
    pub fn word(&mut self, address: u32) -> Option<u32> {
        let word = self.image.word(address);
        self.report.unknown += usize::from(word.is_none());
        word
    }

    /// The word at an offset of an object, likewise.
    pub fn member(&mut self, object: u32, offset: u32) -> Option<u32> {
        self.word(object.wrapping_add(offset))
    }

    /// All slots of a type.
    fn type_(&mut self, type_: u32) {
        for table in &ALL_TABLES {
            let Some(address) = table.address(self.image, type_) else {
                self.report.unknown += 1;
                continue;
            };
            if address != 0 {
                for slot in table.slots {
                    self.slot(type_, table, slot, address.wrapping_add(slot.offset));
                }
            }
        }
        if ITERITEM.offset < self.layout.type_size {
            self.slot(type_, &ALL_TABLES[0], &ITERITEM, type_.wrapping_add(ITERITEM.offset));
        }
    }

    /// A copy of a slot's function, which the method of that name calls.
    fn wrapper(&mut self, wrapper: u32) {
        let (Some(owner), Some(base)) = (self.member(wrapper, D_TYPE), self.member(wrapper, D_TABLE)) else {
            return;
        };
        let Some(offset) = self.member(base, WRAPPER_OFFSET) else { return };
        // A wrapper of a slot that is no function pointer does not exist.
        match self.layout.slot_at(offset) {
            Some((table, slot)) => self.slot(owner, table, slot, wrapper.wrapping_add(D_WRAPPED)),
            None => self.report.unknown += 1,
        }
    }

    /// A pointer to the function of a type's slot.
    fn slot(&mut self, type_: u32, table: &SlotTable, slot: &Slot, place: u32) {
        let Some((function, declared)) = self.mismatched(place, &slot.callee) else { return };
        let (origin, callee) = self.origin(type_, table, slot, function);
        let heir = (origin != type_).then(|| self.type_name(type_));
        let finding = self.finding(origin, &callee, function, declared, |walk| walk.type_parts(origin));
        finding.places.push(place);
        if let Some(heir) = heir.filter(|heir| !finding.inherited_by.contains(heir)) {
            finding.inherited_by.push(heir);
        }
    }

    /// The type at the end of the MRO that has the same function, from which the others inherited it, and what it has
    /// it as: a subclass has the function of `mp_length` in `sq_length`, too, since both are `__len__`.
    fn origin(&self, type_: u32, table: &SlotTable, slot: &Slot, function: u32) -> (u32, Callee) {
        let has = |base: u32, table: &SlotTable, slot: &Slot| {
            let address = table.address(self.image, base).filter(|address| *address != 0);
            address.and_then(|address| self.image.member(address, slot.offset)) == Some(function)
        };
        for base in self.mro(type_).unwrap_or_default().into_iter().rev().filter(|base| *base != type_) {
            if has(base, table, slot) {
                return (base, slot.callee);
            }
            let alike = |other: &&Slot| other.callee.expected() == slot.callee.expected();
            for other_table in &ALL_TABLES {
                let mut others = other_table.slots.iter().filter(alike);
                if let Some(other) = others.find(|other| has(base, other_table, other)) {
                    return (base, other.callee);
                }
            }
        }
        (type_, slot.callee)
    }

    fn mro(&self, type_: u32) -> Option<Vec<u32>> {
        let mro = self.image.member(type_, TP_MRO).filter(|mro| *mro != 0)?;
        let length = self.image.member(mro, OB_SIZE)?.min(1000);
        (0..length).map(|index| self.image.member(mro, self.layout.tuple_items + index * 4)).collect()
    }

    /// Reads the pointer at a place; returns the function and its type if it is not what `callee` has to be.
    /// Nothing for null, and for a place that was seen before.
    pub fn mismatched(&mut self, place: u32, callee: &Callee) -> Option<(u32, Signature)> {
        let function = self.word(place)?;
        if function == 0 || !self.seen.insert(place) {
            return None;
        }
        let image = self.image;
        let declared = self.signatures.entry(function).or_insert_with(|| image.signature(function));
        match declared {
            Signature::Unknown => {
                self.report.unknown += 1;
                return None;
            }
            Signature::Is(declared) if callee.is(declared) => {
                self.report.checked += 1;
                return None;
            }
            _ => self.report.checked += 1,
        }
        Some((function, declared.clone()))
    }

    /// The finding of a function, made at the first time; `name` is then asked for module and name.
    pub fn finding(
        &mut self,
        owner: u32,
        callee: &Callee,
        function: u32,
        declared: Signature,
        name: impl FnOnce(&Self) -> (String, String),
    ) -> &mut Finding {
        let key = (owner, callee.name, function);
        let index = match self.found.get(&key) {
            Some(index) => *index,
            None => {
                let (module, name) = name(self);
                self.report.findings.push(Finding {
                    module,
                    name,
                    callee: *callee,
                    table_slot: function,
                    verdict: self.trampoline.verdict(callee, &declared),
                    mend: Mend::of(callee, &declared),
                    declared,
                    places: Vec::new(),
                    inherited_by: Vec::new(),
                });
                self.found.insert(key, self.report.findings.len() - 1);
                self.report.findings.len() - 1
            }
        };
        &mut self.report.findings[index]
    }

    /// `tp_name`.
    pub fn type_name(&self, type_: u32) -> String {
        let name = self.image.member(type_, TP_NAME).and_then(|name| self.image.text(name));
        name.unwrap_or_else(|| format!("type at {type_}"))
    }

    /// `tp_name` as module and name.
    pub fn type_parts(&self, type_: u32) -> (String, String) {
        let full = self.type_name(type_);
        let is_heap_type = self.image.member(type_, TP_FLAGS).unwrap_or(0) & HEAP_TYPE != 0;
        match full.rsplit_once('.') {
            Some((module, name)) => (module.to_owned(), name.to_owned()),
            // Python's classes have theirs in their namespace.
            None if is_heap_type => (String::new(), full),
            None => ("builtins".to_owned(), full),
        }
    }

    /// A pointer that cannot be compared; nothing for a place that was seen before.
    pub fn count_unknown(&mut self, place: u32) {
        self.report.unknown += usize::from(self.seen.insert(place));
    }

    fn finish(mut self) -> Report {
        let order = |finding: &Finding| (finding.verdict, finding.full_name(), finding.callee.name);
        self.report.findings.sort_by_cached_key(order);
        self.report
    }
}
