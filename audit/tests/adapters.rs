//! Adapters, executed.

use proptest::prelude::*;
use pyem_audit::{
    Callee, FunctionType, Returns, Signature, ValueType,
    repair::{Mend, adapters},
};
use wasmtime::{Engine, Func, FuncType, Instance, Module, Store, Val, ValType};

fn val_type(type_: &ValueType) -> ValType {
    match type_ {
        ValueType::I32 => ValType::I32,
        ValueType::I64 => ValType::I64,
        ValueType::F32 => ValType::F32,
        ValueType::F64 => ValType::F64,
        ValueType::Other => panic!("not in these tests"),
    }
}

fn types() -> impl Strategy<Value = FunctionType> {
    let letters = |most| {
        proptest::collection::vec(proptest::sample::select(&['i', 'i', 'i', 'i', 'l', 'd'][..]), 0..=most)
    };
    (letters(5), letters(1)).prop_map(|(parameters, results)| {
        let text = |letters: Vec<char>| letters.into_iter().collect::<String>();
        FunctionType::from_text(&format!("{}>{}", text(parameters), text(results)))
    })
}

fn callees() -> impl Strategy<Value = Callee> {
    let returns = [Returns::Nothing, Returns::Status, Returns::Number, Returns::Pointer, Returns::Struct];
    (1..=5_usize, proptest::sample::select(returns.to_vec()))
        .prop_map(|(parameters, returns)| Callee::new("f", parameters, returns))
}

/// What the issue of repair says: arguments may be dropped, a status may be made up, a result may be dropped.
fn may_be_mended(callee: &Callee, declared: &FunctionType) -> bool {
    let words = |types: &[ValueType]| types.iter().all(|each| *each == ValueType::I32);
    words(&declared.parameters)
        && declared.parameters.len() <= callee.parameters
        && match callee.returns {
            Returns::Nothing => true,
            Returns::Struct => false,
            Returns::Status => words(&declared.results),
            Returns::Number | Returns::Pointer => declared.results == [ValueType::I32],
        }
}

fn config() -> ProptestConfig {
    ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn what_can_be_mended_is(callee in callees(), declared in types()) {
        let mend = Mend::of(&callee, &Signature::Is(declared.clone()));
        prop_assert_eq!(mend == Mend::Adapter, may_be_mended(&callee, &declared), "{:?} {}", mend, declared);
        prop_assert_eq!(mend.reason().is_none(), mend == Mend::Adapter);
    }

    #[test]
    fn adapters_have_the_expected_type_and_call_the_function(
        pairs in proptest::collection::vec((callees(), types()), 0..200),
        given in proptest::array::uniform5(any::<i32>()),
    ) {
        let pairs: Vec<_> = pairs.into_iter().filter(|(callee, declared)| may_be_mended(callee, declared)).collect();
        let types: Vec<_> = pairs.iter().map(|(callee, declared)| (declared.clone(), callee.expected())).collect();
        let engine = Engine::default();
        let bytes = adapters(&types);
        let module = Module::new(&engine, &bytes).expect("valid");
        let mut store = Store::new(&engine, Vec::<(usize, Vec<i32>)>::new());
        let mut imports = Vec::new();
        for (index, (_, declared)) in pairs.iter().enumerate() {
            let type_ = FuncType::new(&engine, declared.parameters.iter().map(val_type), declared.results.iter().map(val_type));
            let returned = declared.results.clone();
            imports.push(Func::new(&mut store, type_, move |mut caller, arguments, results| {
                caller.data_mut().push((index, arguments.iter().map(Val::unwrap_i32).collect()));
                for (result, type_) in results.iter_mut().zip(&returned) {
                    *result = match type_ {
                        ValueType::I64 => Val::I64(-1),
                        ValueType::F64 => Val::F64(0),
                        _ => Val::I32(7 + index as i32),
                    };
                }
                Ok(())
            }).into());
        }
        let instance = Instance::new(&mut store, &module, &imports).expect("linked");
        for (index, (callee, declared)) in pairs.iter().enumerate() {
            let function = instance.get_func(&mut store, &index.to_string()).expect("exported");
            let arguments: Vec<Val> = given[..callee.parameters].iter().map(|each| Val::I32(*each)).collect();
            let mut results = vec![Val::I32(-1); callee.returns.results()];
            function.call(&mut store, &arguments, &mut results).expect("called");
            let (called, passed) = store.data_mut().pop().expect("called");
            prop_assert_eq!(called, index);
            prop_assert_eq!(&passed[..], &given[..declared.parameters.len()]);
            if let [result] = &results[..] {
                let expected = if declared.results.is_empty() { 0 } else { 7 + index as i32 };
                prop_assert_eq!(result.unwrap_i32(), expected);
            }
        }
    }
}
