//! What people read: the table and the advice, as golden text.

use pyem_audit::{
    ALL_TABLES, Callee, Finding, FunctionType, METHOD_KINDS, Report, Returns, Signature, Verdict, advice,
    likely_slots, repair::Mend, table,
};

#[path = "../../tests/golden_text/mod.rs"]
mod golden_text;

use golden_text::compare;

fn finding(callee: Callee, declared: Signature, verdict: Verdict) -> Finding {
    Finding {
        module: "pkg.sub".to_owned(),
        name: "Thing".to_owned(),
        callee,
        mend: Mend::of(&callee, &declared),
        declared,
        table_slot: 7,
        verdict,
        places: vec![1024],
        inherited_by: Vec::new(),
    }
}

#[test]
fn table_of_findings() {
    let is = |text: &str| Signature::Is(FunctionType::from_text(text));
    let clear = Callee::new("tp_clear", 1, Returns::Status);
    let repr = Callee::new("tp_repr", 1, Returns::Pointer);
    let report = Report {
        checked: 28_696,
        unknown: 2,
        findings: vec![
            finding(clear, is("i>"), Verdict::Traps),
            finding(repr, is("i>"), Verdict::Traps),
            finding(repr, is("ii>i"), Verdict::Traps),
            finding(repr, is("d>i"), Verdict::Traps),
            finding(repr, Signature::Empty, Verdict::Traps),
            finding(METHOD_KINDS[0].callee, is("iiii>i"), Verdict::Refused),
            finding(METHOD_KINDS[0].callee, is("i>i"), Verdict::Handled),
        ],
    };
    let nothing = Report { checked: 28_696, ..Report::default() };
    compare("table.txt", &format!("{}\n{}", table(&report), table(&nothing)));
}

#[test]
fn advice_for_every_kind() {
    let slots = ALL_TABLES.iter().flat_map(|table| table.slots.iter().map(|slot| slot.callee));
    let methods = METHOD_KINDS.iter().map(|kind| kind.callee);
    let others = [
        Callee::new("getter", 2, Returns::Pointer),
        Callee::new("setter", 3, Returns::Status),
        Callee::new("m_traverse", 3, Returns::Status),
        Callee::new("m_clear", 1, Returns::Status),
        Callee::new("m_free", 1, Returns::Nothing),
        Callee::new("Py_mod_create", 2, Returns::Pointer),
        Callee::new("Py_mod_exec", 1, Returns::Status),
        Callee::new("capsule destructor", 1, Returns::Nothing),
    ];
    let mut text = String::new();
    for callee in slots.chain(methods).chain(others) {
        let advice = advice(&finding(callee, Signature::Empty, Verdict::Traps));
        let parameters = advice.c.split_once('(').expect("a declaration").1.split(", ").count();
        assert_eq!(parameters, callee.parameters, "{}", advice.c);
        text += &format!(
            "{}\n  C: {}\n  Cython: {}\n  pybind11: {}\n",
            callee.name, advice.c, advice.cython, advice.pybind11
        );
    }
    compare("advice.txt", &text);
}

#[test]
fn the_innermost_known_function_of_a_stack_counts() {
    let frames = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    assert_eq!(likely_slots(&frames(&["f1", "PyObject_GetIter", "_PyEval_EvalFrameDefault"])), ["tp_iter"]);
    assert_eq!(likely_slots(&frames(&["PyObject_GetItem"])), ["mp_subscript", "sq_item"]);
    assert_eq!(likely_slots(&frames(&["delete_garbage", "gc_collect_main"]))[0], "tp_clear");
    assert!(likely_slots(&frames(&["wasm-function"])).is_empty());
}
