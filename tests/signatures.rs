//! The adaptor, executed against functions of every signature up to four parameters.

use std::hash::{BuildHasher, Hasher, RandomState};

use proptest::{prelude::*, test_runner::RngSeed};
use pyem_trampoline::Signature;
use wasm_encoder::{
    CodeSection, ConstExpr, ElementSection, Elements, ExportKind, ExportSection, Function, FunctionSection,
    Module, RefType, TableSection, TableType, TypeSection, ValType,
};
use wasmtime::{Config, Engine, Instance, Store, TypedFunc};

#[allow(dead_code, reason = "each user takes what it needs")]
#[path = "../build/adaptor.rs"]
mod adaptor;

const TYPES: [ValType; 6] =
    [ValType::I32, ValType::I64, ValType::F32, ValType::F64, ValType::FUNCREF, ValType::EXTERNREF];
/// The first slot stays empty, as emscripten leaves it; so does one behind the functions.
const FIRST_SLOT: u32 = 1;
const EMPTY_BEHIND: u32 = 1;

#[derive(Clone, Debug)]
struct Type {
    parameters: Vec<ValType>,
    results: Vec<ValType>,
}

impl Type {
    /// The code that the adaptor must answer, worked out without it.
    fn code(&self) -> u32 {
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

/// A module whose exported table holds one function of each type.
fn module_of(types: &[Type]) -> Vec<u8> {
    let count = types.len() as u32;
    let mut type_section = TypeSection::new();
    let mut functions = FunctionSection::new();
    let mut code = CodeSection::new();
    for (index, t) in (0..).zip(types) {
        type_section.ty().function(t.parameters.iter().copied(), t.results.iter().copied());
        functions.function(index);
        let mut body = Function::new([]);
        // It must not be run: only its type matters.
        body.instructions().unreachable().end();
        code.function(&body);
    }
    let mut tables = TableSection::new();
    let size = u64::from(FIRST_SLOT + count + EMPTY_BEHIND);
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

/// The adaptor on a table of functions of these types.
struct Resolver {
    store: Store<()>,
    resolve: TypedFunc<u32, u32>,
}

impl Resolver {
    fn new(types: &[Type]) -> Self {
        let mut config = Config::new();
        config.wasm_function_references(true).wasm_gc(true);
        let engine = Engine::new(&config).expect("engine with GC");
        let compile = |bytes: Vec<u8>| wasmtime::Module::new(&engine, bytes).expect("compile");
        let (callees, adaptor) = (compile(module_of(types)), compile(adaptor::encode()));
        let mut store = Store::new(&engine, ());
        let callees = Instance::new(&mut store, &callees, &[]).expect("instantiate");
        let table = callees.get_table(&mut store, adaptor::TABLE_IMPORT.1).expect("table");
        let adaptor = Instance::new(&mut store, &adaptor, &[table.into()]).expect("instantiate");
        let resolve =
            adaptor.get_typed_func(&mut store, adaptor::RESOLVE_EXPORT).expect("resolve: (i32) -> i32");
        Self { store, resolve }
    }

    fn code(&mut self, slot: u32) -> u32 {
        self.resolve.call(&mut self.store, slot).expect("the adaptor never traps")
    }
}

/// 1,555 parameter lists, each with 43 result lists.
fn every_type() -> Vec<Type> {
    let results = lists(2);
    lists(4)
        .into_iter()
        .flat_map(|parameters| {
            results
                .iter()
                .map(move |results| Type { parameters: parameters.clone(), results: results.clone() })
        })
        .collect()
}

#[test]
fn every_signature_up_to_four_parameters() {
    let types = every_type();
    assert_eq!(types.len(), 1555 * 43);
    let mut callable = 0;
    // wasmparser allows a million types, but wasmtime compiles in reasonable time by parts.
    for part in types.chunks(10_000) {
        let mut resolver = Resolver::new(part);
        for (slot, t) in (FIRST_SLOT..).zip(part) {
            let code = resolver.code(slot);
            assert_eq!(code, t.code(), "{t:?}");
            callable += u32::from(Signature::from_byte(code as u8).arity().is_some());
        }
    }
    assert_eq!(callable, 4, "just the four signatures are callable");
}

#[test]
fn empty_and_wild_slots_are_answers() {
    let t = Type { parameters: vec![], results: vec![ValType::I32] };
    let mut resolver = Resolver::new(&[t]);
    let size = FIRST_SLOT + 1 + EMPTY_BEHIND;
    let wild = [size, size + 1, 0xFFFF, 0x1_0000, 0x7FFF_FFFF, 0x8000_0000, u32::MAX];
    for slot in [0, size - 1].into_iter().chain(wild) {
        assert_eq!(resolver.code(slot), u32::from(Signature::UNKNOWN.to_byte()), "slot {slot}");
    }
    assert_eq!(resolver.code(FIRST_SLOT), u32::from(Signature::ARITY_0.to_byte()));
}

fn value_type() -> impl Strategy<Value = ValType> {
    prop::sample::select(TYPES.to_vec())
}

fn any_type() -> impl Strategy<Value = Type> {
    // Mostly i32, so that the four callable signatures come up as often as the others.
    let value = prop_oneof![4 => Just(ValType::I32), 1 => value_type()];
    let list = |most| prop::collection::vec(value.clone(), 0..=most);
    (list(8), list(3)).prop_map(|(parameters, results)| Type { parameters, results })
}

/// Leaves nothing in the tree, and says how to repeat a failure.
fn config() -> ProptestConfig {
    let mut config = ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() };
    if config.rng_seed == RngSeed::Random {
        config.rng_seed = RngSeed::Fixed(RandomState::new().build_hasher().finish());
    }
    println!("to repeat it: PROPTEST_RNG_SEED={} cargo test --test signatures", config.rng_seed);
    config
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn random_tables(types in prop::collection::vec(any_type(), 1..40), wild: u32) {
        let mut resolver = Resolver::new(&types);
        for (slot, t) in (FIRST_SLOT..).zip(&types) {
            prop_assert_eq!(resolver.code(slot), t.code(), "{:?}", t);
        }
        let end = FIRST_SLOT + types.len() as u32;
        if wild >= end {
            prop_assert_eq!(resolver.code(wild), 0);
        }
    }
}
