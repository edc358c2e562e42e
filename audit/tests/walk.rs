//! Audits of synthetic images: what is wrong is found, and nothing else.

mod image;

use std::collections::BTreeSet;

use image::{MINORS, Synthetic};
use proptest::prelude::*;
use pyem_audit::{
    ALL_TABLES, Callee, FunctionType, METHOD_KINDS, Report, Returns, Signature, Trampoline, Verdict, audit,
};

/// Where a function is put.
#[derive(Clone, Copy, Debug)]
enum Place {
    Slot(usize, usize),
    /// Of a type's table, with the descriptor that it makes.
    Method(usize),
    Function(usize),
    Getter,
    Setter,
    ModuleFunction(usize),
    Create,
    Exec,
    Capsule,
}

fn places() -> Vec<Place> {
    let mut places = Vec::new();
    for (table, slots) in ALL_TABLES.iter().enumerate() {
        places.extend((0..slots.slots.len()).map(|slot| Place::Slot(table, slot)));
    }
    places.extend((0..METHOD_KINDS.len()).flat_map(|kind| [Place::Method(kind), Place::Function(kind)]));
    places.extend((0..3).map(Place::ModuleFunction));
    places.extend([Place::Getter, Place::Setter, Place::Create, Place::Exec, Place::Capsule]);
    places
}

/// What CPython calls at a place, by the documentation of its C API.
fn callee(place: Place) -> Callee {
    match place {
        Place::Slot(table, slot) => ALL_TABLES[table].slots[slot].callee,
        Place::Method(kind) | Place::Function(kind) => METHOD_KINDS[kind].callee,
        Place::Getter => Callee::new("getter", 2, Returns::Pointer),
        Place::Setter => Callee::new("setter", 3, Returns::Status),
        Place::ModuleFunction(0) => Callee::new("m_traverse", 3, Returns::Status),
        Place::ModuleFunction(1) => Callee::new("m_clear", 1, Returns::Status),
        Place::ModuleFunction(_) => Callee::new("m_free", 1, Returns::Nothing),
        Place::Create => Callee::new("Py_mod_create", 2, Returns::Pointer),
        Place::Exec => Callee::new("Py_mod_exec", 1, Returns::Status),
        Place::Capsule => Callee::new("capsule destructor", 1, Returns::Nothing),
    }
}

/// Puts a function somewhere, under a name of its own.
fn put(image: &mut Synthetic, place: Place, function: u32, name: &str) {
    let object = image.facts.anchors.object;
    match place {
        Place::Slot(table, slot) => {
            let type_ = image.new_type(name, &[object]);
            let (table, slot) = (&ALL_TABLES[table], &ALL_TABLES[table].slots[slot]);
            let address = image.slot_address(type_, table, slot);
            image.write(address, function);
        }
        Place::Method(kind) => {
            let type_ = image.new_type(name, &[object]);
            let table = image.entry(16, "m", &[function, METHOD_KINDS[kind].flags]);
            image.write(type_ + 116, table);
            let descriptor = image.descriptor(type_, table, 28);
            image.roots.methods.push(descriptor);
        }
        Place::Function(kind) => {
            let entry = image.entry(16, "m", &[function, METHOD_KINDS[kind].flags]);
            let module = image.string(name);
            let builtin = image.builtin(entry, 0, module);
            image.roots.functions.push(builtin);
        }
        Place::Getter | Place::Setter => {
            let type_ = image.new_type(name, &[object]);
            let words = if matches!(place, Place::Getter) { [function, 0] } else { [0, function] };
            let table = image.entry(20, "m", &words);
            image.write(type_ + 124, table);
            let descriptor = image.descriptor(type_, table, 24);
            image.roots.getsets.push(descriptor);
        }
        Place::ModuleFunction(index) => {
            let mut functions = [0; 3];
            functions[index] = function;
            image.module(name, functions, &[], 0);
        }
        Place::Create => drop(image.module(name, [0; 3], &[(1, function)], 0)),
        Place::Exec => drop(image.module(name, [0; 3], &[(3, 1), (2, function)], 0)),
        Place::Capsule => drop(image.capsule(name, function)),
    }
}

fn full_name(place: Place, name: &str) -> String {
    match place {
        Place::Method(_) | Place::Getter | Place::Setter | Place::Function(_) => format!("{name}.m"),
        _ => name.to_owned(),
    }
}

fn types() -> impl Strategy<Value = FunctionType> {
    const TEXTS: [&str; 12] = ["", "i", "ii", "iii", "iiii", "iiiii", "iiiiii", "l", "d", "if", "iil", "?"];
    (proptest::sample::select(&TEXTS[..]), proptest::sample::select(&["i", "", "l", "d", "f", "ii"][..]))
        .prop_map(|(parameters, results)| FunctionType::from_text(&format!("{parameters}>{results}")))
}

fn run(image: &Synthetic) -> Report {
    audit(image, &image.facts, &image.roots, Trampoline::Ours).expect("a known layout")
}

/// Name, slot and type of each finding.
fn found(report: &Report) -> Vec<(String, String, String)> {
    let each = |finding: &pyem_audit::Finding| {
        (finding.full_name(), finding.callee.name.to_owned(), finding.declared_text())
    };
    report.findings.iter().map(each).collect()
}

#[test]
fn an_image_without_a_mismatch_has_no_finding() {
    for minor in MINORS {
        let mut image = Synthetic::new(minor);
        for (index, place) in places().into_iter().enumerate() {
            let function = image.function(callee(place).expected());
            put(&mut image, place, function, &format!("right.a{index}"));
        }
        let report = run(&image);
        assert_eq!(found(&report), []);
        assert!(report.checked > places().len(), "{} of {} in 3.{minor}", report.checked, places().len());
        assert_eq!(report.unknown, 0);
    }
}

fn config() -> ProptestConfig {
    ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn exactly_the_mismatches_are_found(
        minor in MINORS,
        declared in proptest::collection::vec(types(), places().len()),
        empty in proptest::collection::vec(0..20_u8, places().len()),
    ) {
        let mut image = Synthetic::new(minor);
        let mut expected = BTreeSet::new();
        for ((index, place), (declared, empty)) in places().into_iter().enumerate().zip(declared.into_iter().zip(empty)) {
            let name = format!("p{index}.a");
            let callee = callee(place);
            let (function, text) = if empty == 0 {
                (1_000_000 + index as u32, "no function".to_owned())
            } else {
                (image.function(declared.clone()), declared.to_string())
            };
            put(&mut image, place, function, &name);
            if empty == 0 || declared != callee.expected() {
                expected.insert((full_name(place, &name), callee.name.to_owned(), text));
            }
        }
        let report = run(&image);
        let found = found(&report);
        let set: BTreeSet<_> = found.iter().cloned().collect();
        prop_assert_eq!(set.len(), found.len(), "a finding came twice");
        prop_assert_eq!(set, expected);
        for finding in &report.findings {
            for place in &finding.places {
                prop_assert_eq!(pyem_audit::Image::word(&image, *place), Some(finding.table_slot));
            }
        }
    }

    /// Any bytes whatever behind what the layout is proved by: an answer, and no panic.
    #[test]
    fn damaged_memory_does_not_panic(
        minor in MINORS,
        damage in proptest::collection::vec((0..100_000_usize, prop_oneof![any::<u32>(), u32::MAX - 300..=u32::MAX]), 1..500),
    ) {
        let mut image = Synthetic::new(minor);
        let proved = image.memory.len();
        for (index, place) in places().into_iter().enumerate() {
            put(&mut image, place, 1, &format!("right.a{index}"));
        }
        for (at, word) in damage {
            let behind = image.memory.len() - proved;
            image.write(((proved + at % behind) & !3) as u32, word);
        }
        run(&image);
    }
}

#[test]
fn what_subclasses_inherit_is_one_finding() {
    for minor in MINORS {
        let mut image = Synthetic::new(minor);
        let object = image.facts.anchors.object;
        let wrong = image.function(FunctionType::of_words(1, 0));
        let base = image.new_type("pkg.Base", &[object]);
        let child = image.new_type("pkg.Child", &[base, object]);
        let other = image.new_type("pkg.Other", &[object]);
        let (table, slot) =
            (&ALL_TABLES[0], ALL_TABLES[0].slots.iter().find(|slot| slot.callee.name == "tp_repr"));
        let slot = slot.expect("tp_repr");
        for type_ in [base, child, other] {
            let place = image.slot_address(type_, table, slot);
            image.write(place, wrong);
        }
        // Python calls `Base.__repr__` through it.
        image.wrapper(base, slot.offset, wrong);
        let report = run(&image);
        let names: Vec<_> = report.findings.iter().map(pyem_audit::Finding::full_name).collect();
        assert_eq!(names, ["pkg.Base", "pkg.Other"]);
        assert_eq!(report.findings[0].inherited_by, ["pkg.Child"]);
        assert_eq!(report.findings[0].places.len(), 3, "two types and the wrapper");
        assert_eq!(report.findings[1].places.len(), 1);
    }
}

#[test]
fn a_subclass_has_the_function_of_len_in_both_slots() {
    let mut image = Synthetic::new(13);
    let object = image.facts.anchors.object;
    let wrong = image.function(FunctionType::of_words(0, 1));
    let base = image.new_type("pkg.Base", &[object]);
    let child = image.new_type("Child", &[base, object]);
    for (type_, table, name) in [(base, 3, "mp_length"), (child, 3, "mp_length"), (child, 4, "sq_length")] {
        let table = &ALL_TABLES[table];
        let slot = table.slots.iter().find(|slot| slot.callee.name == name).expect("a slot");
        let place = image.slot_address(type_, table, slot);
        image.write(place, wrong);
    }
    let report = run(&image);
    let [finding] = &report.findings[..] else { panic!("one finding: {:?}", found(&report)) };
    assert_eq!((finding.full_name().as_str(), finding.callee.name), ("pkg.Base", "mp_length"));
    assert_eq!(finding.places.len(), 3);
    assert_eq!(finding.inherited_by, ["Child"]);
}

#[test]
fn a_function_that_the_image_does_not_have_is_counted() {
    let mut image = Synthetic::new(13);
    put(&mut image, Place::Slot(0, 0), 77, "other.file");
    image.unknown.push(77);
    let report = run(&image);
    assert_eq!((report.unknown, report.findings.len()), (1, 0));
}

#[test]
fn verdicts_follow_the_trampoline() {
    use Trampoline::{Adaptor, JavaScript, Ours, Reflection};
    use Verdict::{Handled, Refused, Traps};
    let noargs = METHOD_KINDS[0].callee;
    let fastcall = METHOD_KINDS[4].callee;
    let setter = callee(Place::Setter);
    let is = |text: &str| Signature::Is(FunctionType::from_text(text));
    for (callee, declared, verdicts) in [
        (noargs, is("i>i"), [Handled, Handled, Handled, Handled]),
        (noargs, is("iii>i"), [Handled, Handled, Handled, Handled]),
        (noargs, is("iiii>i"), [Refused, Refused, Refused, Handled]),
        (noargs, is("ii>"), [Refused, Refused, Traps, Refused]),
        (noargs, is("il>i"), [Refused, Refused, Traps, Traps]),
        (noargs, is("ii>l"), [Refused, Refused, Traps, Traps]),
        (noargs, is("id>i"), [Refused, Refused, Traps, Handled]),
        (noargs, is("ii>d"), [Refused, Refused, Traps, Traps]),
        (noargs, Signature::Empty, [Refused, Traps, Traps, Traps]),
        (setter, is("iii>d"), [Refused, Refused, Traps, Handled]),
        (setter, is("ii>"), [Refused, Refused, Traps, Handled]),
        (fastcall, is("ii>i"), [Traps, Traps, Traps, Traps]),
    ] {
        for (trampoline, verdict) in [Ours, Adaptor, Reflection, JavaScript].into_iter().zip(verdicts) {
            assert_eq!(
                trampoline.verdict(&callee, &declared),
                verdict,
                "{trampoline:?} {callee:?} {declared:?}"
            );
        }
    }
}
