//! Synthetic CPythons: memory and a function table with nothing but what is put there.

use pyem_audit::{Anchors, Facts, FunctionType, Image, Roots, Signature, Slot, SlotTable};

/// What differs between versions, as the headers have it: `sizeof(PyTypeObject)`, `sizeof(PyHeapTypeObject)`, where a
/// tuple's items and a string's text begin, and where a module keeps its definition.
const VERSIONS: [(u8, u32, u32, u32, u32, u32); 5] = [
    (11, 204, 452, 12, 24, 12),
    (12, 208, 460, 12, 20, 12),
    (13, 208, 464, 12, 20, 12),
    (14, 208, 468, 16, 20, 12),
    (15, 212, 472, 16, 20, 44),
];

pub const MINORS: std::ops::RangeInclusive<u8> = 11..=15;

pub struct Synthetic {
    minor: u8,
    pub memory: Vec<u8>,
    /// `None` is an empty slot.
    pub table: Vec<Option<FunctionType>>,
    /// Slots whose function the image does not know.
    pub unknown: Vec<u32>,
    pub facts: Facts,
    pub roots: Roots,
}

impl Image for Synthetic {
    fn word(&self, address: u32) -> Option<u32> {
        let bytes = self.memory.get(address as usize..address as usize + 4)?;
        Some(u32::from_le_bytes(bytes.try_into().expect("four bytes")))
    }

    fn signature(&self, slot: u32) -> Signature {
        if self.unknown.contains(&slot) {
            return Signature::Unknown;
        }
        match self.table.get(slot as usize) {
            Some(Some(type_)) => Signature::Is(type_.clone()),
            _ => Signature::Empty,
        }
    }
}

impl Synthetic {
    /// A CPython 3.`minor` with `type`, `object`, `str` and a built-in type with a slot in each table.
    pub fn new(minor: u8) -> Self {
        let mut image = Self {
            minor,
            memory: vec![0; 1024],
            table: vec![None],
            unknown: Vec::new(),
            facts: Facts { major: 3, minor, ..Facts::default() },
            roots: Roots::default(),
        };
        let type_ = image.allocate(472);
        let object = image.allocate(472);
        image.facts.anchors = Anchors {
            type_,
            object,
            basicsize: image.version().2,
            itemsize: 20,
            flags: 0x8000_5550,
            dictoffset: 132,
            weakrefoffset: 184,
            ..Anchors::default()
        };
        image.fill_type(type_, "type", &[type_, object]);
        image.fill_type(object, "object", &[object]);
        let Anchors { basicsize, itemsize, flags, dictoffset, weakrefoffset, .. } = image.facts.anchors;
        for (offset, value) in [
            (16, basicsize),
            (20, itemsize),
            (84, flags),
            (104, weakrefoffset),
            (128, object),
            (144, dictoffset),
            (168, 4000),
        ] {
            image.write(type_ + offset, value);
        }
        image.facts.anchors.mro = image.word(type_ + 172).expect("written");
        image.facts.anchors.bases = 4000;
        image.anchor_objects();
        image.anchor_wrappers();
        image
    }

    fn version(&self) -> (u8, u32, u32, u32, u32, u32) {
        VERSIONS[usize::from(self.minor - 11)]
    }

    pub fn allocate(&mut self, size: usize) -> u32 {
        let address = self.memory.len();
        self.memory.resize(address + size.next_multiple_of(8), 0);
        address as u32
    }

    pub fn write(&mut self, address: u32, word: u32) {
        self.memory[address as usize..address as usize + 4].copy_from_slice(&word.to_le_bytes());
    }

    pub fn text_at(&mut self, text: &str) -> u32 {
        let address = self.allocate(text.len() + 1);
        self.memory[address as usize..address as usize + text.len()].copy_from_slice(text.as_bytes());
        address
    }

    /// A function of a type: its slot of the table.
    pub fn function(&mut self, type_: FunctionType) -> u32 {
        self.table.push(Some(type_));
        self.table.len() as u32 - 1
    }

    fn fill_type(&mut self, type_: u32, name: &str, mro: &[u32]) {
        let name = self.text_at(name);
        let items = self.version().3;
        let tuple = self.allocate(items as usize + mro.len() * 4);
        self.write(tuple + 8, mro.len() as u32);
        for (index, base) in mro.iter().enumerate() {
            self.write(tuple + items + index as u32 * 4, *base);
        }
        let metatype = self.facts.anchors.type_;
        for (offset, value) in [(4, metatype), (12, name), (172, tuple)] {
            self.write(type_ + offset, value);
        }
        self.roots.types.push(type_);
    }

    /// A new type; `bases` is its MRO without itself.
    pub fn new_type(&mut self, name: &str, bases: &[u32]) -> u32 {
        let type_ = self.allocate(472);
        let mro: Vec<u32> = [type_].iter().chain(bases).copied().collect();
        self.fill_type(type_, name, &mro);
        type_
    }

    /// The address of a type's slot; the struct is made if there is none.
    pub fn slot_address(&mut self, type_: u32, table: &SlotTable, slot: &Slot) -> u32 {
        let Some(pointer) = table.pointer else { return type_ + slot.offset };
        let mut address = self.word(type_ + pointer).expect("a type");
        if address == 0 {
            address = self.allocate(table.size as usize);
            self.write(type_ + pointer, address);
        }
        address + slot.offset
    }

    /// An object of a type of this size.
    fn object(&mut self, size: u32) -> u32 {
        let type_ = self.allocate(472);
        self.write(type_ + 16, size);
        let object = self.allocate(size as usize);
        self.write(object + 4, type_);
        object
    }

    /// A table with one entry before the end: its name, and words from the second on.
    pub fn entry(&mut self, size: u32, name: &str, words: &[u32]) -> u32 {
        let name = self.text_at(name);
        let table = self.allocate(size as usize * 2);
        self.write(table, name);
        for (index, word) in words.iter().enumerate() {
            self.write(table + 4 + index as u32 * 4, *word);
        }
        table
    }

    pub fn descriptor(&mut self, owner: u32, entry: u32, size: u32) -> u32 {
        let object = self.object(size);
        self.write(object + 8, owner);
        self.write(object + 20, entry);
        object
    }

    pub fn builtin(&mut self, entry: u32, bound: u32, module: u32) -> u32 {
        let object = self.object(28);
        for (offset, word) in [(8, entry), (12, bound), (16, module)] {
            self.write(object + offset, word);
        }
        object
    }

    /// A string with nothing but ASCII.
    pub fn string(&mut self, text: &str) -> u32 {
        let ascii = self.version().4;
        let object = self.allocate(ascii as usize);
        self.write(object + 8, text.len() as u32);
        // The text follows directly: `allocate` keeps to multiples of eight.
        let address = self.text_at(text);
        let gap = (address - object - ascii) as usize;
        let start = address as usize;
        self.memory.copy_within(start..start + text.len() + 1, start - gap);
        object
    }

    /// A module with a definition, both with their functions: traverse, clear, free.
    pub fn module(&mut self, name: &str, functions: [u32; 3], slots: &[(u32, u32)], methods: u32) -> u32 {
        let (minor, module_def) = (self.minor, self.version().5);
        let object = self.object(if minor >= 15 { 52 } else { 28 });
        let definition = self.allocate(52);
        let table = self.allocate((slots.len() + 1) * 8);
        for (index, (id, value)) in slots.iter().enumerate() {
            self.write(table + index as u32 * 8, *id);
            self.write(table + index as u32 * 8 + 4, *value);
        }
        let text = self.text_at(name);
        for (offset, word) in [(20, text), (32, methods), (36, table)] {
            self.write(definition + offset, word);
        }
        for (index, function) in functions.iter().enumerate() {
            self.write(definition + 40 + index as u32 * 4, *function);
            if minor >= 15 {
                self.write(object + 32 + index as u32 * 4, *function);
            }
        }
        self.write(object + module_def, definition);
        if minor >= 15 {
            self.write(object + 24, 1);
        }
        self.roots.modules.push((object, name.to_owned()));
        object
    }

    pub fn capsule(&mut self, name: &str, destructor: u32) -> u32 {
        let object = self.object(if self.minor >= 13 { 32 } else { 24 });
        let name = self.text_at(name);
        self.write(object + 12, name);
        self.write(object + 20, destructor);
        self.roots.capsules.push(object);
        object
    }

    fn anchor_objects(&mut self) {
        let str_ = self.new_type("str", &[self.facts.anchors.object]);
        let right = self.function(FunctionType::of_words(2, 1));
        let join = self.entry(16, "join", &[right, 8]);
        let join = self.descriptor(str_, join, 28);
        let getset = self.entry(20, "__abstractmethods__", &[right]);
        let getset = self.descriptor(self.facts.anchors.type_, getset, 24);
        let builtins = self.module("builtins", [0; 3], &[], 0);
        self.write(builtins + 8, 5000);
        let name = self.string("builtins");
        let len = self.entry(16, "len", &[right, 8]);
        let len = self.builtin(len, builtins, name);
        let capsule = self.capsule("datetime.datetime_CAPI", 0);
        self.facts.anchors = Anchors {
            str_,
            join,
            getset,
            len,
            builtins,
            builtins_dict: 5000,
            builtins_name: name,
            capsule,
            ..self.facts.anchors.clone()
        };
    }

    fn anchor_wrappers(&mut self) {
        let owner = self.new_type("builtin", &[self.facts.anchors.object]);
        let mut start = 0;
        for table in pyem_audit::ALL_TABLES {
            let slot = &table.slots[0];
            let function = self.function(slot.callee.expected());
            let place = self.slot_address(owner, &table, slot);
            self.write(place, function);
            let wrapper = self.wrapper(owner, start + slot.offset, function);
            self.facts.anchors.wrappers.push(wrapper);
            start += if table.pointer.is_none() { self.version().1 } else { table.size };
        }
    }

    /// A slot wrapper: `offset` counts from the start of `PyHeapTypeObject`.
    pub fn wrapper(&mut self, owner: u32, offset: u32, function: u32) -> u32 {
        let base = self.allocate(28);
        self.write(base + 4, offset);
        let wrapper = self.descriptor(owner, base, 28);
        self.write(wrapper + 24, function);
        self.roots.wrappers.push(wrapper);
        wrapper
    }
}
