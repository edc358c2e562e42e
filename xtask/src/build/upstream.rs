//! CPython's designs with WebAssembly GC as a module of its own, to be measured beside ours: `call`
//! is the trampoline of the main branch, `count` the function of python/cpython#128628.
//!
//! ```wat
//! (module
//!   (type $call (func (param $success i32) (param $f i32) (param i32 i32 i32) (result i32)))
//!   (type $arity0 (func (result i32))) … (type $arity3 (func (param i32 i32 i32) (result i32)))
//!   (import "e" "t" (table 0 funcref)) (import "e" "m" (memory 0))
//!   (func (export "call") (type $call)
//!     (i32.store (local.get $success) (i32.const 1))
//!     ;; for arity 3, 2, 1, 0
//!     (if (ref.test (ref $arity…) (table.get (local.get $f)))
//!       (then (return (call_indirect (type $arity…) … (local.get $f)))))
//!     (i32.store (local.get $success) (i32.const 0))
//!     (i32.const 0))
//!   (func (export "count") (type $arity1) (param $f i32)
//!     (local $function funcref)
//!     (local.set $function (table.get (local.get $f)))
//!     ;; for arity 3, 2, 1, 0
//!     (if (ref.test (ref $arity…) (local.get $function)) (then (return (i32.const …))))
//!     (i32.const -1)))
//! ```

use wasm_encoder::{
    BlockType, CodeSection, EntityType, ExportKind, ExportSection, Function, FunctionSection, HeapType,
    ImportSection, MemArg, MemArgTarget, MemoryType, Module, TypeSection, ValType,
};

use super::archive::adaptor::{function_table, types_of_callees};

/// The type of `call`; those of the callees follow by arity, and `count` has that of arity 1.
const CALL: u32 = 0;
const COUNT: u32 = 2;
const SUCCESS: u32 = 0;
const F: u32 = 1;
const FIRST_ARGUMENT: u32 = 2;

/// The module's bytes.
pub fn encode() -> Vec<u8> {
    let mut types = TypeSection::new();
    types.ty().function([ValType::I32; 5], [ValType::I32]);
    types_of_callees(&mut types);
    let mut imports = ImportSection::new();
    imports.import("e", "t", function_table());
    let memory =
        MemoryType { minimum: 0, maximum: None, memory64: false, shared: false, page_size_log2: None };
    imports.import("e", "m", EntityType::Memory(memory));
    let mut functions = FunctionSection::new();
    functions.function(CALL).function(COUNT);
    let mut exports = ExportSection::new();
    exports.export("call", ExportKind::Func, 0).export("count", ExportKind::Func, 1);

    let mut codes = CodeSection::new();
    codes.function(&call()).function(&count());

    let mut module = Module::new();
    module.section(&types).section(&imports).section(&functions).section(&exports).section(&codes);
    module.finish()
}

fn call() -> Function {
    let mut body = Function::new([]);
    let mut code = body.instructions();
    let success = MemArg { offset: 0, align: 2, target: MemArgTarget::Memory(0), ordering: None };
    code.local_get(SUCCESS).i32_const(1).i32_store(success);
    for arity in (0..=3).rev() {
        let type_index = 1 + arity;
        code.local_get(F).table_get(0).ref_test_non_null(HeapType::Concrete(type_index));
        code.if_(BlockType::Empty);
        for argument in 0..arity {
            code.local_get(FIRST_ARGUMENT + argument);
        }
        code.local_get(F).call_indirect(0, type_index).return_().end();
    }
    code.local_get(SUCCESS).i32_const(0).i32_store(success);
    code.i32_const(0).end();
    body
}

fn count() -> Function {
    let mut body = Function::new([(1, ValType::FUNCREF)]);
    let mut code = body.instructions();
    code.local_get(0).table_get(0).local_set(1);
    for arity in (0..=3_i32).rev() {
        code.local_get(1).ref_test_non_null(HeapType::Concrete(1 + arity.unsigned_abs()));
        code.if_(BlockType::Empty).i32_const(arity).return_().end();
    }
    code.i32_const(-1).end();
    body
}
