//! The adaptor, executed against functions of every signature up to four parameters.

use std::hash::{BuildHasher, Hasher, RandomState};

use proptest::{prelude::*, test_runner::RngSeed};
use pyem_trampoline::Signature;
use wasm_encoder::ValType;
use wasmtime::{Instance, Store, TypedFunc};

#[allow(dead_code, reason = "each user takes what it needs")]
#[path = "../build/adaptor.rs"]
mod adaptor;
#[allow(dead_code, reason = "each user takes what it needs")]
mod callees;

use callees::{EMPTY_BEHIND, FIRST_SLOT, TYPES, Type, engine, every_type, module_of};

/// The adaptor on a table of functions of these types.
struct Resolver {
    store: Store<()>,
    resolve: TypedFunc<u32, u32>,
}

impl Resolver {
    fn new(types: &[Type]) -> Self {
        let engine = engine();
        let compile = |bytes: Vec<u8>| wasmtime::Module::new(&engine, bytes).expect("compile");
        let (callees, adaptor) = (compile(module_of(types, EMPTY_BEHIND)), compile(adaptor::encode()));
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

#[test]
fn every_signature_up_to_four_parameters() {
    let types = every_type();
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
