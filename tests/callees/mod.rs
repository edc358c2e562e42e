//! Functions of every signature, in a table, for the tests that execute the adaptor and the attach module.

use pyem_trampoline::Signature;
use wasm_encoder::{
    CodeSection, ConstExpr, ElementSection, Elements, ExportKind, ExportSection, Function, FunctionSection,
    Module, RefType, TableSection, TableType, TypeSection, ValType,
};
use wasmtime::{Config, Engine};

use crate::adaptor;

pub const TYPES: [ValType; 6] =
    [ValType::I32, ValType::I64, ValType::F32, ValType::F64, ValType::FUNCREF, ValType::EXTERNREF];
/// The first slot stays empty, as emscripten leaves it; so does one behind the functions.
pub const FIRST_SLOT: u32 = 1;
pub const EMPTY_BEHIND: u32 = 1;

#[derive(Clone, Debug)]
pub struct Type {
    pub parameters: Vec<ValType>,
    pub results: Vec<ValType>,
}

impl Type {
    /// The code that a resolver must answer, found without the adaptor's help.
    pub fn code(&self) -> u32 {
        let all_i32 = self.parameters.iter().all(|&t| t == ValType::I32);
        let signature = match (self.parameters.len(), self.results.as_slice()) {
            (0, [ValType::I32]) => Signature::ARITY_0,
            (1, [ValType::I32]) if all_i32 => Signature::ARITY_1,
            (2, [ValType::I32]) if all_i32 => Signature::ARITY_2,
            (3, [ValType::I32]) if all_i32 => Signature::ARITY_3,
            _ => Signature::UNEXPECTED,
        };
        u32::from(signature.to_byte())
    }
}

/// Every list of up to `most` types.
fn lists(most: usize) -> Vec<Vec<ValType>> {
    let mut all = vec![vec![]];
    let mut longest = all.clone();
    for _ in 0..most {
        longest = longest
            .iter()
            .flat_map(|list| TYPES.map(|t| list.iter().copied().chain([t]).collect()))
            .collect();
        all.extend(longest.iter().cloned());
    }
    all
}

/// 1,555 parameter lists, each with 43 result lists.
pub fn every_type() -> Vec<Type> {
    let results = lists(2);
    let types: Vec<Type> = lists(4)
        .into_iter()
        .flat_map(|parameters| {
            results
                .iter()
                .map(move |results| Type { parameters: parameters.clone(), results: results.clone() })
        })
        .collect();
    assert_eq!(types.len(), 1555 * 43);
    types
}

/// What a callable function returns: its arity and each argument that reached it.
pub fn result_of(arity: u8, arguments: [u32; 3]) -> u32 {
    arguments.iter().take(arity.into()).fold(u32::from(arity), |sum, argument| sum * 10 + argument)
}

/// A module whose exported table holds one function of each type, with empty slots behind.
pub fn module_of(types: &[Type], empty_behind: u32) -> Vec<u8> {
    let count = types.len() as u32;
    let mut type_section = TypeSection::new();
    let mut functions = FunctionSection::new();
    let mut code = CodeSection::new();
    for (index, t) in (0..).zip(types) {
        type_section.ty().function(t.parameters.iter().copied(), t.results.iter().copied());
        functions.function(index);
        let mut body = Function::new([]);
        match Signature::from_byte(t.code() as u8).arity() {
            Some(arity) => {
                let mut code = body.instructions();
                code.i32_const(i32::from(arity));
                for argument in 0..u32::from(arity) {
                    code.i32_const(10).i32_mul().local_get(argument).i32_add();
                }
                code.end();
            }
            // It must not be run: only its type matters.
            None => {
                body.instructions().unreachable().end();
            }
        }
        code.function(&body);
    }
    let mut tables = TableSection::new();
    let size = u64::from(FIRST_SLOT + count + empty_behind);
    tables.table(TableType {
        element_type: RefType::FUNCREF,
        table64: false,
        minimum: size,
        maximum: Some(size),
        shared: false,
    });
    let mut exports = ExportSection::new();
    exports.export(adaptor::TABLE_IMPORT.1, ExportKind::Table, 0);
    let mut elements = ElementSection::new();
    let slots: Vec<u32> = (0..count).collect();
    elements.active(Some(0), &ConstExpr::i32_const(FIRST_SLOT as i32), Elements::Functions(slots.into()));
    let mut module = Module::new();
    module
        .section(&type_section)
        .section(&functions)
        .section(&tables)
        .section(&exports)
        .section(&elements)
        .section(&code);
    module.finish()
}

pub fn engine() -> Engine {
    let mut config = Config::new();
    config.wasm_function_references(true).wasm_gc(true);
    Engine::new(&config).expect("engine with GC")
}
