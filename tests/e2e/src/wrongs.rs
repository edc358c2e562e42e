//! Every slot wrong in every way: what an audit has to find in the generated module.

mod source;

use pyem_audit::{ALL_TABLES, Callee, FunctionType, ITERITEM, METHOD_KINDS, Returns, ValueType};
use serde_json::{Value, json};

pub use source::{Types, source};

/// A way of being wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// No result where there has to be one, and one where there has to be none.
    Result,
    /// One parameter less.
    Few,
    /// No parameter at all.
    Bare,
    /// One parameter more.
    Many,
    /// The last parameter is i64.
    LongParameter,
    /// The last parameter is f64.
    DoubleParameter,
    LongResult,
    DoubleResult,
}

const WAYS: [(Way, &str); 8] = [
    (Way::Result, "result"),
    (Way::Few, "few"),
    (Way::Bare, "bare"),
    (Way::Many, "many"),
    (Way::LongParameter, "i64"),
    (Way::DoubleParameter, "f64"),
    (Way::LongResult, "i64_result"),
    (Way::DoubleResult, "f64_result"),
];

/// A wrong function: where it is, what it is.
#[derive(Clone, Debug)]
pub struct Wrong {
    pub callee: Callee,
    /// `tp_clear_few`, and `method_` or `function_` before it for the two ways to reach a `METH_…`.
    pub name: String,
    /// `ii>i`: see `FunctionType::from_text`.
    pub declared: String,
    pub kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// By `Py_…`, or by the word of `PyTypeObject` where 3.13 has no such number.
    Slot(Option<u32>),
    Method(u32),
    Function(u32),
    Accessor,
    Module,
    Create,
    Exec,
    Capsule,
}

impl Wrong {
    pub fn declared(&self) -> FunctionType {
        FunctionType::from_text(&self.declared)
    }

    /// As a finding has it.
    pub fn full_name(&self) -> String {
        match self.kind {
            Kind::Method(_) | Kind::Accessor => format!("wrongs.{}.m", self.name),
            _ => format!("wrongs.{}", self.name),
        }
    }

    /// What an audit has to say of it, and how tests/e2e/audit/wrongs.mjs calls it.
    pub fn expectation(&self, number: usize) -> Value {
        let (declared, callee) = (self.declared(), self.callee);
        let words = |types: &[ValueType]| types.iter().all(|each| *each == ValueType::I32);
        let covered =
            ["METH_NOARGS", "METH_O", "METH_VARARGS", "METH_VARARGS|METH_KEYWORDS", "getter", "setter"];
        let result_fits = match callee.returns {
            Returns::Nothing => true,
            Returns::Struct => false,
            Returns::Status => words(&declared.results),
            Returns::Number | Returns::Pointer => declared.results == [ValueType::I32],
        };
        let mended =
            words(&declared.parameters) && declared.parameters.len() <= callee.parameters && result_fits;
        json!({
            "name": self.full_name(),
            "slot": callee.name,
            "declared": declared.to_string(),
            "expected": callee.expected().to_string(),
            "covered": covered.contains(&callee.name),
            "mended": mended,
            "attribute": self.name,
            "minor": if callee == ITERITEM.callee { 15 } else { 11 },
            "number": number,
        })
    }
}

/// All of them.
pub fn wrongs() -> Vec<Wrong> {
    let mut wrongs = Vec::new();
    for table in ALL_TABLES {
        for slot in table.slots {
            let word = (slot.callee.name == "tp_vectorcall").then_some(slot.offset / 4);
            add(&mut wrongs, slot.callee, "", Kind::Slot(word));
        }
    }
    add(&mut wrongs, ITERITEM.callee, "", Kind::Slot(Some(ITERITEM.offset / 4)));
    for kind in METHOD_KINDS {
        add(&mut wrongs, kind.callee, "method_", Kind::Method(kind.flags));
        // METH_METHOD is for methods of types.
        if kind.flags & 0x200 == 0 {
            add(&mut wrongs, kind.callee, "function_", Kind::Function(kind.flags));
        }
    }
    for (name, parameters, returns, kind) in [
        ("getter", 2, Returns::Pointer, Kind::Accessor),
        ("setter", 3, Returns::Status, Kind::Accessor),
        ("m_traverse", 3, Returns::Status, Kind::Module),
        ("m_clear", 1, Returns::Status, Kind::Module),
        ("m_free", 1, Returns::Nothing, Kind::Module),
        ("Py_mod_create", 2, Returns::Pointer, Kind::Create),
        ("Py_mod_exec", 1, Returns::Status, Kind::Exec),
        ("capsule destructor", 1, Returns::Nothing, Kind::Capsule),
    ] {
        add(&mut wrongs, Callee::new(name, parameters, returns), "", kind);
    }
    wrongs
}

fn add(wrongs: &mut Vec<Wrong>, callee: Callee, prefix: &str, kind: Kind) {
    let words = |count: usize| "i".repeat(count);
    let (right, result) = (callee.parameters, if callee.returns.results() == 0 { "" } else { "i" });
    for (way, suffix) in WAYS {
        let declared = match way {
            Way::Result => format!("{}>{}", words(right), if result.is_empty() { "i" } else { "" }),
            Way::Few => format!("{}>{result}", words(right - 1)),
            Way::Bare if right < 2 => continue,
            Way::Bare => format!(">{result}"),
            Way::Many => format!("{}>{result}", words(right + 1)),
            Way::LongParameter => format!("{}l>{result}", words(right - 1)),
            Way::DoubleParameter => format!("{}d>{result}", words(right - 1)),
            Way::LongResult => format!("{}>l", words(right)),
            Way::DoubleResult => format!("{}>d", words(right)),
        };
        let name = callee.name.replace(|c: char| !c.is_ascii_alphanumeric(), "_");
        wrongs.push(Wrong { callee, name: format!("{prefix}{name}_{suffix}"), declared, kind });
    }
}
