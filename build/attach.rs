//! The attach module: the archive's dispatch for a CPython that others built.
//!
//! ```wat
#![doc = include_str!("../tests/golden/attach.wat")]
//! ```
//!
//! CPython finds its trampoline through a pointer in `_PyRuntime`, whose meaning depends on the version:
//!
//! | CPython                       | Pyodide           | the pointer's function                     | here    |
//! | ----------------------------- | ----------------- | ------------------------------------------ | ------- |
//! | 3.14.4 and later; 3.14.2 as patched by Pyodide | 314, 315 | `PyObject *(int *success, f, a, b, c)`     | `call`  |
//! | 3.12 and 3.13, as patched by Pyodide | 0.27 to 0.29 | `int (f)`: how many parameters `f` takes   | `count` |
//!
//! The module's only memory is its own page: a byte per slot, 0 until the slot is resolved. It imports no
//! memory, so the interpreter's may be shared or 64-bit. JavaScript sets a byte to 0 when it writes a slot.
//! Slots that the page has no byte for are resolved at each call.
//!
//! There are two of it. One imports `resolve`, which JavaScript answers. The other has the adaptor's
//! `resolve` inside and needs WebAssembly GC; its text is the adaptor's and this one's.

use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, EntityType, ExportKind, ExportSection, Function, FunctionSection,
    GlobalSection, GlobalType, ImportSection, InstructionSink, MemArg, MemArgTarget, MemorySection,
    MemoryType, Module, TypeSection, ValType,
};

use super::adaptor::{self, ORDER, RESOLVE_EXPORT, TABLE_IMPORT, TYPE_OF_RESOLVE, UNEXPECTED, code_of_arity};

/// Import: `(i32) -> i32`, slot to code. Only of [`Resolver::Imported`].
pub const RESOLVE_IMPORT: (&str, &str) = (TABLE_IMPORT.0, RESOLVE_EXPORT);
/// Import: `(i32) -> i32`, called with `success` when a function cannot be called. It returns the call's result.
pub const FAIL_IMPORT: (&str, &str) = (TABLE_IMPORT.0, "fail");
/// Export: `(success, func, a, b, c) -> result`
pub const CALL_EXPORT: &str = "call";
/// Export: `(func) -> i32`, the number of parameters, or more than 3 where `func` cannot be called.
pub const COUNT_EXPORT: &str = "count";
/// Export: the signature cache, a byte per slot.
pub const CACHE_EXPORT: &str = "cache";
/// Export: a mutable `i32` that counts how often `resolve` was called.
pub const RESOLUTIONS_EXPORT: &str = "resolutions";
/// Slots that have a byte: one page.
pub const CACHE_LENGTH: i32 = 0x1_0000;

/// Who returns the signature of a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolver {
    /// JavaScript.
    Imported,
    /// The adaptor's code, inside.
    WasmGc,
}

/// Types 0 to 3 are those of the callees, as in the adaptor.
const TYPE_OF_CALL: u32 = 4;
const TABLE: u32 = 0;
const CACHE: MemArg = MemArg { offset: 0, align: 0, target: MemArgTarget::Memory(0), ordering: None };
const RESOLUTIONS: u32 = 0;
/// Of `call`: `func`, and the first of what the callee gets.
const FUNC: u32 = 1;
const FIRST_ARGUMENT: u32 = 2;
const KNOWN: u32 = 5;

/// Bits of a byte by which a function can be called.
const CALLABLE: i32 = 0b1111;

impl Resolver {
    /// The function index of `fail`, the last import.
    fn fail(self) -> u32 {
        match self {
            Self::Imported => 1,
            Self::WasmGc => 0,
        }
    }

    fn resolve(self) -> u32 {
        match self {
            Self::Imported => 0,
            Self::WasmGc => 1,
        }
    }
    const SIGNATURE: u32 = 2;
    const MISS: u32 = 3;
    const CALL: u32 = 4;
    const COUNT: u32 = 5;
}

/// Encodes the module.
pub fn encode(resolver: Resolver) -> Vec<u8> {
    let mut types = TypeSection::new();
    adaptor::types_of_callees(&mut types);
    types.ty().function(vec![ValType::I32; 5], [ValType::I32]);

    let mut imports = ImportSection::new();
    let function = EntityType::Function(TYPE_OF_RESOLVE);
    imports.import(TABLE_IMPORT.0, TABLE_IMPORT.1, adaptor::function_table());
    if resolver == Resolver::Imported {
        imports.import(RESOLVE_IMPORT.0, RESOLVE_IMPORT.1, function);
    }
    imports.import(FAIL_IMPORT.0, FAIL_IMPORT.1, function);

    let mut functions = FunctionSection::new();
    let mut code = CodeSection::new();
    if resolver == Resolver::WasmGc {
        functions.function(TYPE_OF_RESOLVE);
        code.function(&adaptor::resolve());
    }
    for (t, body) in [
        (TYPE_OF_RESOLVE, signature(resolver)),
        (TYPE_OF_CALL, miss(resolver)),
        (TYPE_OF_CALL, call()),
        (TYPE_OF_RESOLVE, count()),
    ] {
        functions.function(t);
        code.function(&body);
    }

    let mut memories = MemorySection::new();
    let page =
        MemoryType { minimum: 1, maximum: Some(1), memory64: false, shared: false, page_size_log2: None };
    memories.memory(page);
    let mut globals = GlobalSection::new();
    let counter = GlobalType { val_type: ValType::I32, mutable: true, shared: false };
    globals.global(counter, &ConstExpr::i32_const(0));

    let mut exports = ExportSection::new();
    exports.export(CALL_EXPORT, ExportKind::Func, Resolver::CALL);
    exports.export(COUNT_EXPORT, ExportKind::Func, Resolver::COUNT);
    exports.export(CACHE_EXPORT, ExportKind::Memory, 0);
    exports.export(RESOLUTIONS_EXPORT, ExportKind::Global, RESOLUTIONS);

    let mut module = Module::new();
    module.section(&types).section(&imports).section(&functions).section(&memories).section(&globals);
    module.section(&exports).section(&code);
    module.finish()
}

/// `(slot) -> byte`: from the cache, or resolved. Only a byte of 0 is replaced.
fn signature(resolver: Resolver) -> Function {
    const SLOT: u32 = 0;
    const CODE: u32 = 1;
    let mut body = Function::new([(1, ValType::I32)]);
    let mut code = body.instructions();

    code.local_get(SLOT).i32_const(CACHE_LENGTH).i32_lt_u();
    code.if_(BlockType::Empty);
    code.local_get(SLOT).i32_load8_u(CACHE).local_tee(CODE);
    code.if_(BlockType::Empty).local_get(CODE).return_().end();
    code.end();

    code.global_get(RESOLUTIONS).i32_const(1).i32_add().global_set(RESOLUTIONS);
    code.local_get(SLOT).call(resolver.resolve()).local_set(CODE);

    code.local_get(SLOT).i32_const(CACHE_LENGTH).i32_lt_u();
    code.if_(BlockType::Empty).local_get(SLOT).local_get(CODE).i32_store8(CACHE).end();
    code.local_get(CODE).end();
    body
}

/// The rest of a call whose slot is not in the cache, or cannot be called. Out of line, like the archive's.
fn miss(resolver: Resolver) -> Function {
    const SUCCESS: u32 = 0;
    let mut body = Function::new([(1, ValType::I32)]);
    let mut code = body.instructions();
    code.local_get(FUNC).call(Resolver::SIGNATURE).local_set(KNOWN);
    call_as_known(&mut code);
    code.local_get(SUCCESS).call(resolver.fail()).end();
    body
}

fn call() -> Function {
    let mut body = Function::new([(1, ValType::I32)]);
    let mut code = body.instructions();
    code.local_get(FUNC).i32_const(CACHE_LENGTH).i32_lt_u();
    code.if_(BlockType::Empty).local_get(FUNC).i32_load8_u(CACHE).local_set(KNOWN).end();
    call_as_known(&mut code);
    (0..KNOWN).fold(&mut code, |code, parameter| code.local_get(parameter));
    code.call(Resolver::MISS).end();
    body
}

/// Calls `func` and returns, if its signature is a callable one.
fn call_as_known(code: &mut InstructionSink<'_>) {
    for arity in ORDER {
        code.local_get(KNOWN).i32_const(code_of_arity(arity)).i32_and();
        code.if_(BlockType::Empty);
        for argument in 0..arity {
            code.local_get(FIRST_ARGUMENT + argument);
        }
        code.local_get(FUNC).call_indirect(TABLE, arity).return_().end();
    }
}

/// The number of a callable bit is the number of parameters; every other code's is more than 3.
fn count() -> Function {
    const _: () = assert!(UNEXPECTED > CALLABLE && adaptor::NO_FUNCTION == 0);
    let mut body = Function::new([]);
    body.instructions().local_get(0).call(Resolver::SIGNATURE).i32_ctz().end();
    body
}
