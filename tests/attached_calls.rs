//! The attach module, executed against functions of every signature up to four parameters.

use pyem_trampoline::Signature;
use wasm_encoder::ValType;
use wasmtime::{Caller, Func, Global, Instance, Memory, Module, Store, Table, TypedFunc};

#[allow(dead_code, reason = "each user takes what it needs")]
#[path = "../build/adaptor.rs"]
mod adaptor;
#[allow(dead_code, reason = "each user takes what it needs")]
#[path = "../build/attach.rs"]
mod attach;
#[allow(dead_code, reason = "each user takes what it needs")]
mod callees;

use attach::Resolver;
use callees::{FIRST_SLOT, Type, engine, every_type, module_of, result_of};

const BOTH: [Resolver; 2] = [Resolver::Imported, Resolver::WasmGc];
const ARGUMENTS: [u32; 3] = [3, 5, 7];
/// Where CPython's flag would be.
const SUCCESS: u32 = 0x1234;

/// The module attached to a table of functions of these types.
struct Attached {
    /// With what `fail` was last called with.
    store: Store<Option<u32>>,
    table: Table,
    cache: Memory,
    resolutions: Global,
    call: TypedFunc<(u32, u32, u32, u32, u32), u32>,
    count: TypedFunc<u32, u32>,
}

impl Attached {
    fn new(resolver: Resolver, types: &[Type], empty_behind: u32) -> Self {
        Self::to(resolver, &compiled(types, empty_behind))
    }

    fn to(resolver: Resolver, callees: &Module) -> Self {
        let engine = callees.engine();
        let compile = |bytes: Vec<u8>| Module::new(engine, bytes).expect("compile");
        let (adaptor, module) = (compile(adaptor::encode()), compile(attach::encode(resolver)));
        let mut store = Store::new(engine, None);
        let callees = Instance::new(&mut store, callees, &[]).expect("instantiate");
        let table = callees.get_table(&mut store, adaptor::TABLE_IMPORT.1).expect("table");
        let fail = Func::wrap(&mut store, |mut caller: Caller<'_, Option<u32>>, success: u32| {
            *caller.data_mut() = Some(success);
            0_u32
        });
        let mut imports = vec![table.into()];
        if resolver == Resolver::Imported {
            let adaptor = Instance::new(&mut store, &adaptor, &[table.into()]).expect("instantiate");
            imports.push(adaptor.get_func(&mut store, adaptor::RESOLVE_EXPORT).expect("resolve").into());
        }
        imports.push(fail.into());
        let instance = Instance::new(&mut store, &module, &imports).expect("instantiate");
        Self {
            table,
            cache: instance.get_memory(&mut store, attach::CACHE_EXPORT).expect("the cache"),
            resolutions: instance.get_global(&mut store, attach::RESOLUTIONS_EXPORT).expect("the counter"),
            call: instance.get_typed_func(&mut store, attach::CALL_EXPORT).expect("call"),
            count: instance.get_typed_func(&mut store, attach::COUNT_EXPORT).expect("count"),
            store,
        }
    }

    /// The result, or `None` where the call failed. It never traps.
    fn call(&mut self, slot: u32) -> Option<u32> {
        let [a, b, c] = ARGUMENTS;
        *self.store.data_mut() = None;
        let result = self.call.call(&mut self.store, (SUCCESS, slot, a, b, c)).expect("it never traps");
        match *self.store.data() {
            None => Some(result),
            Some(success) => {
                assert_eq!((success, result), (SUCCESS, 0), "slot {slot}");
                None
            }
        }
    }

    fn count(&mut self, slot: u32) -> Option<u8> {
        let count = self.count.call(&mut self.store, slot).expect("it never traps");
        (count <= 3).then_some(count as u8)
    }

    fn resolutions(&mut self) -> i32 {
        self.resolutions.get(&mut self.store).unwrap_i32()
    }

    fn cached(&self, slot: u32) -> u32 {
        self.cache.data(&self.store)[slot as usize].into()
    }

    /// What JavaScript does: another function in the slot, and the slot forgotten.
    fn rewrite(&mut self, slot: u32, from: u32) {
        let function = self.table.get(&mut self.store, from.into()).expect("in the table");
        self.table.set(&mut self.store, slot.into(), function).expect("set");
        self.forget(slot);
    }

    fn forget(&mut self, slot: u32) {
        self.cache.data_mut(&mut self.store)[slot as usize] = 0;
    }
}

/// Takes its time with ten thousand functions.
fn compiled(types: &[Type], empty_behind: u32) -> Module {
    Module::new(&engine(), module_of(types, empty_behind)).expect("compile")
}

fn arity_of(t: &Type) -> Option<u8> {
    Signature::from_byte(t.code() as u8).arity()
}

#[test]
fn every_signature_up_to_four_parameters() {
    let types = every_type();
    let mut called = 0;
    for part in types.chunks(10_000) {
        let callees = compiled(part, 0);
        for resolver in BOTH {
            let mut attached = Attached::to(resolver, &callees);
            for (slot, t) in (FIRST_SLOT..).zip(part) {
                let arity = arity_of(t);
                let expected = arity.map(|arity| result_of(arity, ARGUMENTS));
                // Resolved, and then from the cache.
                assert_eq!(attached.call(slot), expected, "{t:?}");
                assert_eq!(attached.call(slot), expected, "{t:?}");
                assert_eq!(attached.count(slot), arity, "{t:?}");
                assert_eq!(attached.cached(slot), t.code(), "{t:?}");
                called += u32::from(expected.is_some());
            }
            assert_eq!(attached.resolutions() as usize, part.len(), "each slot is resolved once");
        }
    }
    assert_eq!(called, 4 * BOTH.len() as u32, "just the four signatures are callable");
}

fn i32_functions(most: usize) -> Vec<Type> {
    let list = |length| vec![ValType::I32; length];
    (0..=most).map(|arity| Type { parameters: list(arity), results: list(1) }).collect()
}

#[test]
fn empty_and_wild_slots_fail_and_are_not_cached() {
    for resolver in BOTH {
        let mut attached = Attached::new(resolver, &i32_functions(3), 1);
        let size = FIRST_SLOT + 4 + 1;
        let wild = [size, size + 1, 0xFFFF, 0x1_0000, 0x7FFF_FFFF, 0x8000_0000, u32::MAX];
        for slot in [0, size - 1].into_iter().chain(wild) {
            assert_eq!(attached.call(slot), None, "slot {slot}");
            assert_eq!(attached.count(slot), None, "slot {slot}");
        }
        for slot in [0, size - 1, size, size + 1, 0xFFFF] {
            assert_eq!(attached.cached(slot), 0, "slot {slot}");
        }
        // A side module fills it.
        attached.rewrite(size - 1, FIRST_SLOT + 2);
        assert_eq!(attached.call(size - 1), Some(result_of(2, ARGUMENTS)));
    }
}

#[test]
fn slots_beyond_the_cache_are_resolved_at_each_call() {
    let empty = attach::CACHE_LENGTH as u32 + 8;
    for resolver in BOTH {
        let types = i32_functions(4);
        let mut attached = Attached::new(resolver, &types, empty);
        for (from, t) in (FIRST_SLOT..).zip(&types) {
            for slot in [0xFFFE, 0xFFFF, 0x1_0000, 0x1_0001] {
                if slot < 0x1_0000 {
                    attached.rewrite(slot, from);
                } else {
                    let function =
                        attached.table.get(&mut attached.store, from.into()).expect("in the table");
                    attached.table.set(&mut attached.store, slot.into(), function).expect("set");
                }
                let before = attached.resolutions();
                for _ in 0..10 {
                    assert_eq!(attached.call(slot), arity_of(t).map(|arity| result_of(arity, ARGUMENTS)));
                }
                let resolved = if slot < 0x1_0000 { 1 } else { 10 };
                assert_eq!(attached.resolutions() - before, resolved, "slot {slot} with {t:?}");
            }
        }
    }
}
