//! `pyem-audit` over a running interpreter. npm/audit/index.mjs calls it.

use js_sys::{Array, Error, Function, Object, Reflect, Uint8Array, Uint32Array};
use pyem_audit::{
    Anchors, Facts, Finding, FunctionType, Image, Roots, Signature, Trampoline, Verdict, advice, audit,
    repair, table,
};
use wasm_bindgen::prelude::*;

/// A running interpreter.
struct Live {
    memory: Uint32Array,
    /// In words: asking JavaScript each time would cost as much as reading.
    length: u32,
    /// `(slot) → 'ii>i'`, or nothing for an empty slot.
    signature: Function,
}

impl Image for Live {
    fn word(&self, address: u32) -> Option<u32> {
        if address.is_multiple_of(4) && address / 4 < self.length {
            return Some(self.memory.get_index(address / 4));
        }
        let bytes = [0, 1, 2, 3].map(|at| self.byte(address.checked_add(at)?));
        let [Some(a), Some(b), Some(c), Some(d)] = bytes else { return None };
        Some(u32::from_le_bytes([a, b, c, d]))
    }

    fn byte(&self, address: u32) -> Option<u8> {
        let index = address / 4;
        let word = (index < self.length).then(|| self.memory.get_index(index))?;
        Some(word.to_le_bytes()[(address % 4) as usize])
    }

    fn signature(&self, slot: u32) -> Signature {
        match self.signature.call1(&JsValue::NULL, &slot.into()).ok().and_then(|text| text.as_string()) {
            Some(text) => Signature::Is(FunctionType::from_text(&text)),
            None => Signature::Empty,
        }
    }
}

/// What npm/audit/roots.mjs collected: numbers by name.
struct Collected<'a>(&'a Object);

impl Collected<'_> {
    fn numbers(&self, name: &str) -> Vec<u32> {
        let value = Reflect::get(self.0, &name.into()).unwrap_or(JsValue::UNDEFINED);
        if value.is_undefined() { Vec::new() } else { Uint32Array::new(&value).to_vec() }
    }

    fn number(&self, name: &str) -> u32 {
        self.numbers(name).first().copied().unwrap_or(0)
    }

    fn facts(&self) -> Facts {
        let number = |name| self.number(name);
        Facts {
            major: number("major") as u8,
            minor: number("minor") as u8,
            free_threaded: number("free_threaded") != 0,
            trace_refs: number("trace_refs") != 0,
            anchors: Anchors {
                type_: number("type"),
                object: number("object"),
                basicsize: number("basicsize"),
                itemsize: number("itemsize"),
                flags: number("flags"),
                dictoffset: number("dictoffset"),
                weakrefoffset: number("weakrefoffset"),
                mro: number("mro"),
                bases: number("bases"),
                str_: number("str"),
                join: number("join"),
                getset: number("getset"),
                len: number("len"),
                builtins: number("builtins"),
                builtins_dict: number("builtins_dict"),
                builtins_name: number("builtins_name"),
                wrappers: self.numbers("proofs"),
                capsule: number("capsule"),
            },
        }
    }

    fn roots(&self, names: Vec<String>) -> Roots {
        Roots {
            types: self.numbers("types"),
            modules: self.numbers("modules").into_iter().zip(names).collect(),
            functions: self.numbers("functions"),
            methods: self.numbers("methods"),
            getsets: self.numbers("getsets"),
            wrappers: self.numbers("wrappers"),
            capsules: self.numbers("capsules"),
        }
    }
}

/// Audits a running interpreter. `trampoline` is `ours`, `adaptor`, `reflection` or `javascript`; `modules` restricts the findings;
/// `all` keeps those that the trampoline handles.
///
/// # Errors
///
/// As `pyem_audit::audit`.
#[wasm_bindgen]
pub fn run(
    memory: Uint32Array,
    signature: Function,
    collected: &Object,
    names: Vec<String>,
    trampoline: &str,
    modules: Vec<String>,
    all: bool,
) -> Result<Object, Error> {
    let trampoline = match trampoline {
        "ours" => Trampoline::Ours,
        "adaptor" => Trampoline::Adaptor,
        "reflection" => Trampoline::Reflection,
        _ => Trampoline::JavaScript,
    };
    let image = Live { length: memory.length(), memory, signature };
    let collected = Collected(collected);
    let mut report = audit(&image, &collected.facts(), &collected.roots(names), trampoline)
        .map_err(|error| Error::new(&format!("pyem-trampoline: {error}")))?;
    report.keep_modules(&modules);
    if !all {
        report.findings.retain(|finding| finding.verdict != Verdict::Handled);
    }
    Ok(object([
        ("checked", report.checked.into()),
        ("unknown", report.unknown.into()),
        ("findings", report.findings.iter().map(finding).collect::<Array>().into()),
        ("text", table(&report).into()),
    ]))
}

/// A module with an adapter for each pair of texts, declared and expected: `i>`, `i>i`.
#[wasm_bindgen]
pub fn adapters(declared: Vec<String>, expected: Vec<String>) -> Uint8Array {
    let types = |texts: Vec<String>| texts.into_iter().map(|text| FunctionType::from_text(&text));
    let pairs: Vec<_> = types(declared).zip(types(expected)).collect();
    Uint8Array::from(repair::adapters(&pairs).as_slice())
}

/// The slots that the functions of a stack call, innermost first.
#[wasm_bindgen]
pub fn likely_slots(frames: Vec<String>) -> Vec<String> {
    pyem_audit::likely_slots(&frames).iter().map(|slot| (*slot).to_owned()).collect()
}

fn finding(finding: &Finding) -> JsValue {
    let advice = advice(finding);
    let declared = match &finding.declared {
        Signature::Is(declared) => function_type(declared),
        _ => JsValue::NULL,
    };
    object([
        ("module", finding.module.as_str().into()),
        ("name", finding.name.as_str().into()),
        ("slot", finding.callee.name.into()),
        ("declared", declared),
        ("expected", function_type(&finding.callee.expected())),
        ("tableSlot", finding.table_slot.into()),
        ("verdict", finding.verdict.name().into()),
        ("left", finding.mend.reason().map_or(JsValue::NULL, Into::into)),
        ("places", finding.places.iter().map(|place| JsValue::from(*place)).collect::<Array>().into()),
        ("inheritedBy", finding.inherited_by.iter().map(JsValue::from).collect::<Array>().into()),
        (
            "advice",
            object([
                ("c", advice.c.into()),
                ("cython", advice.cython.into()),
                ("pybind11", advice.pybind11.into()),
            ])
            .into(),
        ),
    ])
    .into()
}

fn function_type(type_: &FunctionType) -> JsValue {
    let list = |types: &[pyem_audit::ValueType]| -> JsValue {
        types.iter().map(|each| JsValue::from(each.to_string())).collect::<Array>().into()
    };
    object([("parameters", list(&type_.parameters)), ("results", list(&type_.results))]).into()
}

fn object<const N: usize>(properties: [(&str, JsValue); N]) -> Object {
    let object = Object::new();
    for (name, value) in properties {
        // A new object takes every property.
        let _ = Reflect::set(&object, &name.into(), &value);
    }
    object
}
