//! The adaptor: a WebAssembly-GC module that returns the signature of a function-table slot.
//!
//! ```wat
#![doc = include_str!("../tests/golden/adaptor.wat")]
//! ```
//!
//! It imports the function table and nothing else. A memory import would have to match the main
//! module's in being shared (pthreads) and in its index type (MEMORY64); a table import matches
//! in both. It compares the slot with the table's size before it reads, so that a wild pointer
//! is an answer and not a trap.
//!
//! Two-parameter functions are asked for first: they are most of what CPython calls.
//!
//! `ref.test`: <https://webassembly.github.io/spec/core/valid/instructions.html#valid-ref-test>

use wasm_encoder::{
    BlockType, CodeSection, EntityType, ExportKind, ExportSection, Function, FunctionSection, HeapType,
    ImportSection, Module, RefType, TableType, TypeSection, ValType,
};

/// Module and field of the only import: the function table.
pub const TABLE_IMPORT: (&str, &str) = ("e", "t");
/// The only export, of type `(i32) -> i32`: slot to code.
pub const RESOLVE_EXPORT: &str = "resolve";

/// Type `n` of the module is `(i32 × n) -> i32`; `resolve` is of type 1 itself.
pub const TYPE_OF_RESOLVE: u32 = 1;
const TABLE: u32 = 0;
const SLOT: u32 = 0;
const FUNCTION: u32 = 1;

/// The order in which arities are tried.
pub const ORDER: [u32; 4] = [2, 3, 1, 0];

/// Codes of `src/signature.rs`; a test holds them together.
pub const NO_FUNCTION: i32 = 0;
pub const UNEXPECTED: i32 = 16;
pub const fn code_of_arity(arity: u32) -> i32 {
    1 << arity
}

/// Encodes the adaptor.
pub fn encode() -> Vec<u8> {
    let mut types = TypeSection::new();
    types_of_callees(&mut types);

    let mut imports = ImportSection::new();
    imports.import(TABLE_IMPORT.0, TABLE_IMPORT.1, function_table());

    let mut functions = FunctionSection::new();
    functions.function(TYPE_OF_RESOLVE);

    let mut exports = ExportSection::new();
    exports.export(RESOLVE_EXPORT, ExportKind::Func, 0);

    let mut code = CodeSection::new();
    code.function(&resolve());

    let mut module = Module::new();
    module.section(&types).section(&imports).section(&functions).section(&exports).section(&code);
    module.finish()
}

/// Types 0 to 3: as many parameters.
pub fn types_of_callees(types: &mut TypeSection) {
    for arity in 0..4 {
        types.ty().function(vec![ValType::I32; arity], [ValType::I32]);
    }
}

/// A function table of any size.
pub fn function_table() -> EntityType {
    EntityType::Table(TableType {
        element_type: RefType::FUNCREF,
        table64: false,
        minimum: 0,
        maximum: None,
        shared: false,
    })
}

/// `resolve`, in any module of those types whose first table is the function table.
pub fn resolve() -> Function {
    let mut body = Function::new([(1, ValType::FUNCREF)]);
    let mut code = body.instructions();

    code.local_get(SLOT).table_size(TABLE).i32_ge_u();
    code.if_(BlockType::Empty).i32_const(NO_FUNCTION).return_().end();
    code.local_get(SLOT).table_get(TABLE).local_set(FUNCTION);
    for arity in ORDER {
        code.local_get(FUNCTION).ref_test_non_null(HeapType::Concrete(arity));
        code.if_(BlockType::Empty).i32_const(code_of_arity(arity)).return_().end();
    }
    code.i32_const(NO_FUNCTION).i32_const(UNEXPECTED);
    code.local_get(FUNCTION).ref_is_null();
    code.select().end();
    body
}
