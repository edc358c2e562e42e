//! A side module with every slot wrong in every way, generated: its C source, and what an audit has to find in it.
//!
//! It keeps to the limited API, so that one module serves every Python.

use std::fmt::Write;

use pyem_audit::{ALL_TABLES, Callee, FunctionType, ITERITEM, METHOD_KINDS, Returns};

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

/// The C source of the module.
pub fn source() -> String {
    let wrongs = wrongs();
    let mut text = include_str!("../audit/wrongs.h").to_owned();
    // Writing to a text does not fail.
    let _ = writeln!(text, "static unsigned calls[{}];", wrongs.len());
    for (index, wrong) in wrongs.iter().enumerate() {
        let _ = writeln!(text, "{}", function(index, wrong));
    }
    let mut create = String::new();
    let mut functions = String::new();
    for (index, wrong) in wrongs.iter().enumerate() {
        let Wrong { name, kind, callee, .. } = wrong;
        let quoted = format!("\"wrongs.{name}\"");
        let _ = match kind {
            Kind::Slot(word) => {
                let own = match word {
                    None => format!("{{Py_{}, (void *)f{index}}}, ", callee.name),
                    Some(_) => String::new(),
                };
                let after = word.map_or(String::new(), |word| format!(" WORD({word}, f{index})"));
                let slots = format!("{own}{}{{0, NULL}}", companions(callee.name));
                let flags = flags(callee.name);
                writeln!(
                    create,
                    "  {{ static PyType_Slot s[] = {{{slots}}}; TYPE({quoted}, {flags}, s){after} }}"
                )
            }
            Kind::Method(flags) => {
                let table = format!(
                    "static PyMethodDef m[] = {{{{\"m\", FUNCTION(f{index}), {flags}, NULL}}, {{0}}}};"
                );
                writeln!(
                    create,
                    "  {{ {table} static PyType_Slot s[] = {{{{Py_tp_methods, m}}, {{0, NULL}}}}; TYPE({quoted}, 0, s) }}"
                )
            }
            Kind::Function(flags) => {
                writeln!(functions, "  {{\"{name}\", FUNCTION(f{index}), {flags}, NULL}},")
            }
            Kind::Accessor => {
                let [get, set] = ["getter", "setter"].map(|which| {
                    if which == callee.name {
                        format!("({which})(void *)f{index}")
                    } else {
                        "NULL".to_owned()
                    }
                });
                let table =
                    format!("static PyGetSetDef g[] = {{{{\"m\", {get}, {set}, NULL, NULL}}, {{0}}}};");
                writeln!(
                    create,
                    "  {{ {table} static PyType_Slot s[] = {{{{Py_tp_getset, g}}, {{0, NULL}}}}; TYPE({quoted}, 0, s) }}"
                )
            }
            Kind::Module => {
                writeln!(
                    create,
                    "  {{ static PyModuleDef d = {{PyModuleDef_HEAD_INIT, .m_name = {quoted}, .m_size = -1, .{} = (void *)f{index}}}; MODULE(\"{name}\", d) }}",
                    callee.name
                )
            }
            Kind::Create => {
                let slots = format!(
                    "static PyModuleDef_Slot s[] = {{{{Py_mod_create, (void *)f{index}}}, {{0, NULL}}}};"
                );
                // It would be called before there is a module to look at.
                writeln!(
                    create,
                    "  {{ {slots} static PyModuleDef d = {{PyModuleDef_HEAD_INIT, .m_name = {quoted}}}; MODULE(\"{name}\", d) d.m_slots = s; }}"
                )
            }
            Kind::Exec => {
                let slots = format!(
                    "static PyModuleDef_Slot s[] = {{{{Py_mod_exec, (void *)f{index}}}, {{0, NULL}}}};"
                );
                writeln!(
                    create,
                    "  {{ {slots} static PyModuleDef d = {{PyModuleDef_HEAD_INIT, .m_name = {quoted}, .m_slots = s}}; SPECIFIED(\"{name}\", {quoted}, d) }}"
                )
            }
            Kind::Capsule => {
                writeln!(create, "  CAPSULE(\"{name}\", {quoted}, f{index})")
            }
        };
    }
    let _ = writeln!(text, "static PyMethodDef functions[] = {{\n{functions}  COMMON {{0}},\n}};");
    let _ = writeln!(text, "static int create(PyObject *module) {{\n{create}  return 0;\n}}\nSTART");
    text
}

/// A function of its type, which counts its calls.
fn function(index: usize, wrong: &Wrong) -> String {
    let declared = wrong.declared();
    let c_type = |type_: &pyem_audit::ValueType| match type_ {
        pyem_audit::ValueType::I64 => "int64_t ",
        pyem_audit::ValueType::F64 => "double ",
        _ => "void *",
    };
    let parameters: Vec<String> =
        declared.parameters.iter().enumerate().map(|(at, type_)| format!("{}p{at}", c_type(type_))).collect();
    let parameters = if parameters.is_empty() { "void".to_owned() } else { parameters.join(", ") };
    let result = declared.results.first().map_or("void ", c_type);
    let value = value(wrong);
    let end = match declared.results.first().map(c_type) {
        None => String::new(),
        Some("void *") => format!(" return (void *)({value});"),
        Some(_) => " return 0;".to_owned(),
    };
    // All that it takes to make a view is there.
    let fill = if wrong.callee.name == "bf_getbuffer" && wrong.declared == "iii>" {
        " PyBuffer_FillInfo(p1, p0, \"x\", 1, 1, (int)p2);"
    } else {
        ""
    };
    format!("static {result}f{index}({parameters}) {{ calls[{index}]++;{fill}{end} }}")
}

/// What a function returns if it returns a word.
fn value(wrong: &Wrong) -> &'static str {
    match (wrong.callee.name, wrong.callee.returns) {
        ("tp_repr" | "tp_str", _) => "PyUnicode_FromString(\"x\")",
        ("nb_int" | "nb_index", _) => "PyLong_FromLong(1)",
        ("nb_float", _) => "PyFloat_FromDouble(1)",
        ("am_send", _) => "(PyErr_SetString(PyExc_ValueError, \"x\"), -1)",
        ("bf_getbuffer", _) => "(PyErr_SetString(PyExc_BufferError, \"x\"), -1)",
        (_, Returns::Pointer) => "Py_NewRef(Py_None)",
        (_, Returns::Number) => "1",
        (_, Returns::Status | Returns::Nothing | Returns::Struct) => "0",
    }
}

/// Right slots that a type must have for the wrong one to be called.
fn companions(slot: &str) -> &'static str {
    match slot {
        "tp_clear" | "tp_is_gc" => "{Py_tp_traverse, (void *)traverse}, ",
        "am_send" => "{Py_tp_iter, (void *)itself}, {Py_tp_iternext, (void *)end}, ",
        "am_anext" => "{Py_am_aiter, (void *)itself}, ",
        "bf_releasebuffer" => "{Py_bf_getbuffer, (void *)fill}, ",
        _ => "",
    }
}

fn flags(slot: &str) -> &'static str {
    match slot {
        "tp_traverse" | "tp_clear" | "tp_is_gc" => "Py_TPFLAGS_HAVE_GC",
        _ => "0",
    }
}
