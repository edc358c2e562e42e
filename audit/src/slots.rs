//! The slots of types, and the C type of each.
//!
//! Source: CPython's `Include/cpython/object.h` (order and types of the members), `Include/object.h` (the function
//! types), 3.11 to 3.15. All pointers, `int`, `Py_ssize_t` and `Py_hash_t` are `i32` on wasm32.

use crate::FunctionType;

/// What a function returns, which decides what may stand in for a missing result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Returns {
    Nothing,
    /// 0 is success, or "go on".
    Status,
    /// A length, a hash, a truth: 0 would be an answer.
    Number,
    /// Null would be an error without an exception.
    Pointer,
    /// By an address that C passes first: WebAssembly sees no result.
    Struct,
}

impl Returns {
    /// How many results the function has on wasm32.
    pub fn results(self) -> usize {
        usize::from(!matches!(self, Self::Nothing | Self::Struct))
    }
}

/// A function pointer as CPython declares it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Callee {
    /// As CPython's documentation calls it: `tp_clear`, `METH_NOARGS`, `getter`.
    pub name: &'static str,
    pub parameters: usize,
    pub returns: Returns,
}

impl Callee {
    pub const fn new(name: &'static str, parameters: usize, returns: Returns) -> Self {
        Self { name, parameters, returns }
    }

    /// Whether a function has the right type.
    pub fn is(&self, declared: &FunctionType) -> bool {
        declared.parameters.len() == self.parameters
            && declared.results.len() == self.returns.results()
            && declared.is_of_words()
    }

    /// Its type on wasm32.
    pub fn expected(&self) -> FunctionType {
        FunctionType::of_words(self.parameters, self.returns.results())
    }
}

/// A function pointer of a struct.
#[derive(Clone, Copy, Debug)]
pub struct Slot {
    /// Its offset in the struct, in bytes.
    pub offset: u32,
    pub callee: Callee,
}

/// A struct with function pointers.
#[derive(Clone, Copy, Debug)]
pub struct SlotTable {
    pub name: &'static str,
    /// Where `PyTypeObject` has the pointer to it, in bytes; `None` for itself.
    pub pointer: Option<u32>,
    /// Its size in bytes. `PyTypeObject`'s depends on the version: [`crate::Layout`].
    pub size: u32,
    pub slots: &'static [Slot],
}

const fn slot(word: u32, name: &'static str, parameters: usize, returns: Returns) -> Slot {
    Slot { offset: word * 4, callee: Callee::new(name, parameters, returns) }
}

use Returns::{Nothing, Number, Pointer, Status, Struct};

/// `PyTypeObject`.
pub const TYPE: SlotTable = SlotTable {
    name: "PyTypeObject",
    pointer: None,
    size: 0,
    slots: &[
        slot(6, "tp_dealloc", 1, Nothing),
        slot(8, "tp_getattr", 2, Pointer),
        slot(9, "tp_setattr", 3, Status),
        slot(11, "tp_repr", 1, Pointer),
        slot(15, "tp_hash", 1, Number),
        slot(16, "tp_call", 3, Pointer),
        slot(17, "tp_str", 1, Pointer),
        slot(18, "tp_getattro", 2, Pointer),
        slot(19, "tp_setattro", 3, Status),
        slot(23, "tp_traverse", 3, Status),
        slot(24, "tp_clear", 1, Status),
        slot(25, "tp_richcompare", 3, Pointer),
        slot(27, "tp_iter", 1, Pointer),
        slot(28, "tp_iternext", 1, Pointer),
        slot(34, "tp_descr_get", 3, Pointer),
        slot(35, "tp_descr_set", 3, Status),
        slot(37, "tp_init", 3, Status),
        slot(38, "tp_alloc", 2, Pointer),
        slot(39, "tp_new", 3, Pointer),
        slot(40, "tp_free", 1, Nothing),
        slot(41, "tp_is_gc", 1, Number),
        slot(47, "tp_del", 1, Nothing),
        slot(49, "tp_finalize", 1, Nothing),
        slot(50, "tp_vectorcall", 4, Pointer),
    ],
};

/// `PyAsyncMethods`.
pub const ASYNC: SlotTable = SlotTable {
    name: "PyAsyncMethods",
    pointer: Some(10 * 4),
    size: 4 * 4,
    slots: &[
        slot(0, "am_await", 1, Pointer),
        slot(1, "am_aiter", 1, Pointer),
        slot(2, "am_anext", 1, Pointer),
        slot(3, "am_send", 3, Number),
    ],
};

/// `PyNumberMethods`.
pub const NUMBER: SlotTable = SlotTable {
    name: "PyNumberMethods",
    pointer: Some(12 * 4),
    size: 36 * 4,
    slots: &[
        slot(0, "nb_add", 2, Pointer),
        slot(1, "nb_subtract", 2, Pointer),
        slot(2, "nb_multiply", 2, Pointer),
        slot(3, "nb_remainder", 2, Pointer),
        slot(4, "nb_divmod", 2, Pointer),
        slot(5, "nb_power", 3, Pointer),
        slot(6, "nb_negative", 1, Pointer),
        slot(7, "nb_positive", 1, Pointer),
        slot(8, "nb_absolute", 1, Pointer),
        slot(9, "nb_bool", 1, Number),
        slot(10, "nb_invert", 1, Pointer),
        slot(11, "nb_lshift", 2, Pointer),
        slot(12, "nb_rshift", 2, Pointer),
        slot(13, "nb_and", 2, Pointer),
        slot(14, "nb_xor", 2, Pointer),
        slot(15, "nb_or", 2, Pointer),
        slot(16, "nb_int", 1, Pointer),
        // 17 is nb_reserved.
        slot(18, "nb_float", 1, Pointer),
        slot(19, "nb_inplace_add", 2, Pointer),
        slot(20, "nb_inplace_subtract", 2, Pointer),
        slot(21, "nb_inplace_multiply", 2, Pointer),
        slot(22, "nb_inplace_remainder", 2, Pointer),
        slot(23, "nb_inplace_power", 3, Pointer),
        slot(24, "nb_inplace_lshift", 2, Pointer),
        slot(25, "nb_inplace_rshift", 2, Pointer),
        slot(26, "nb_inplace_and", 2, Pointer),
        slot(27, "nb_inplace_xor", 2, Pointer),
        slot(28, "nb_inplace_or", 2, Pointer),
        slot(29, "nb_floor_divide", 2, Pointer),
        slot(30, "nb_true_divide", 2, Pointer),
        slot(31, "nb_inplace_floor_divide", 2, Pointer),
        slot(32, "nb_inplace_true_divide", 2, Pointer),
        slot(33, "nb_index", 1, Pointer),
        slot(34, "nb_matrix_multiply", 2, Pointer),
        slot(35, "nb_inplace_matrix_multiply", 2, Pointer),
    ],
};

/// `PyMappingMethods`.
pub const MAPPING: SlotTable = SlotTable {
    name: "PyMappingMethods",
    pointer: Some(14 * 4),
    size: 3 * 4,
    slots: &[
        slot(0, "mp_length", 1, Number),
        slot(1, "mp_subscript", 2, Pointer),
        slot(2, "mp_ass_subscript", 3, Status),
    ],
};

/// `PySequenceMethods`.
pub const SEQUENCE: SlotTable = SlotTable {
    name: "PySequenceMethods",
    pointer: Some(13 * 4),
    size: 10 * 4,
    slots: &[
        slot(0, "sq_length", 1, Number),
        slot(1, "sq_concat", 2, Pointer),
        slot(2, "sq_repeat", 2, Pointer),
        slot(3, "sq_item", 2, Pointer),
        // 4 is was_sq_slice.
        slot(5, "sq_ass_item", 3, Status),
        // 6 is was_sq_ass_slice.
        slot(7, "sq_contains", 2, Number),
        slot(8, "sq_inplace_concat", 2, Pointer),
        slot(9, "sq_inplace_repeat", 2, Pointer),
    ],
};

/// `PyBufferProcs`.
pub const BUFFER: SlotTable = SlotTable {
    name: "PyBufferProcs",
    pointer: Some(20 * 4),
    size: 2 * 4,
    slots: &[slot(0, "bf_getbuffer", 3, Status), slot(1, "bf_releasebuffer", 2, Nothing)],
};

/// In the order in which `PyHeapTypeObject` holds them.
pub const ALL_TABLES: [SlotTable; 6] = [TYPE, ASYNC, NUMBER, MAPPING, SEQUENCE, BUFFER];

/// `_tp_iteritem` of 3.15, which returns a struct of two words.
pub const ITERITEM: Slot = slot(52, "_tp_iteritem", 3, Struct);
