//! The trampoline of CPython's main branch as a module of its own, to be measured beside ours.
//!
//! ```wat
//! (module
//!   (type $call (func (param $success i32) (param $f i32) (param i32 i32 i32) (result i32)))
//!   (type $arity0 (func (result i32))) … (type $arity3 (func (param i32 i32 i32) (result i32)))
//!   (import "e" "t" (table 0 funcref)) (import "e" "m" (memory 0))
//!   (func (export "call") (type $call)
//!     ;; for arity 3, 2, 1, 0
//!     (if (ref.test (ref $arity…) (table.get (local.get $f)))
//!       (then (return (call_indirect (type $arity…) … (local.get $f)))))
//!     (i32.store (local.get $success) (i32.const 0))
//!     (i32.const 0)))
//! ```

use wasm_encoder::{
    BlockType, CodeSection, EntityType, ExportKind, ExportSection, Function, FunctionSection, HeapType,
    ImportSection, MemArg, MemArgTarget, MemoryType, Module, RefType, TableType, TypeSection, ValType,
};

/// The type of the exported function; those of the callees follow by arity.
const CALL: u32 = 0;
const SUCCESS: u32 = 0;
const F: u32 = 1;
const FIRST_ARGUMENT: u32 = 2;

/// The module's bytes.
pub fn encode() -> Vec<u8> {
    let mut types = TypeSection::new();
    types.ty().function([ValType::I32; 5], [ValType::I32]);
    for arity in 0..=3 {
        types.ty().function(vec![ValType::I32; arity], [ValType::I32]);
    }
    let mut imports = ImportSection::new();
    let table = TableType {
        element_type: RefType::FUNCREF,
        table64: false,
        minimum: 0,
        maximum: None,
        shared: false,
    };
    imports.import("e", "t", EntityType::Table(table));
    let memory =
        MemoryType { minimum: 0, maximum: None, memory64: false, shared: false, page_size_log2: None };
    imports.import("e", "m", EntityType::Memory(memory));
    let mut functions = FunctionSection::new();
    functions.function(CALL);
    let mut exports = ExportSection::new();
    exports.export("call", ExportKind::Func, 0);

    let mut call = Function::new([]);
    let mut code = call.instructions();
    for arity in (0..=3).rev() {
        let type_index = 1 + arity;
        code.local_get(F).table_get(0).ref_test_non_null(HeapType::Concrete(type_index));
        code.if_(BlockType::Empty);
        for argument in 0..arity {
            code.local_get(FIRST_ARGUMENT + argument);
        }
        code.local_get(F).call_indirect(0, type_index).return_().end();
    }
    code.local_get(SUCCESS).i32_const(0).i32_store(MemArg {
        offset: 0,
        align: 2,
        target: MemArgTarget::Memory(0),
        ordering: None,
    });
    code.i32_const(0).end();
    let mut codes = CodeSection::new();
    codes.function(&call);

    let mut module = Module::new();
    module.section(&types).section(&imports).section(&functions).section(&exports).section(&codes);
    module.finish()
}
