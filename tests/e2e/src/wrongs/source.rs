//! The C source of a side module with every slot wrong in every way.

use std::fmt::{self, Display, Write};

use pyem_audit::{ALL_TABLES, Returns, SlotTable, ValueType};

use super::{Kind, Wrong, wrongs};

/// How a module makes its types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Types {
    /// By `PyType_FromSpec`. It keeps to the limited API, so that one module serves every Python.
    Heap,
    /// Each is a `PyTypeObject`, compiled with the headers of one Python.
    Static,
}

impl Display for Types {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Heap => "heap",
            Self::Static => "static",
        })
    }
}

/// The C source of the module.
pub fn source(types: Types) -> String {
    let wrongs = wrongs();
    let limited = if types == Types::Heap { "#define Py_LIMITED_API 0x030C0000\n" } else { "" };
    let mut text = format!("{limited}{}", include_str!("../../audit/wrongs.h"));
    // Writing to a text does not fail.
    let _ = writeln!(text, "static unsigned calls[{}];", wrongs.len());
    let mut create = String::new();
    let mut functions = String::new();
    for (index, wrong) in wrongs.iter().enumerate() {
        let _ = writeln!(text, "{}", function(index, wrong));
        let Wrong { name, kind, callee, .. } = wrong;
        let quoted = format!("\"wrongs.{name}\"");
        let made = match kind {
            Kind::Slot(_) | Kind::Method(_) | Kind::Accessor => {
                text += &table(index, wrong);
                match types {
                    Types::Heap => heap_type(index, wrong),
                    Types::Static => {
                        text += &static_type(index, wrong);
                        let word = by_word(index, wrong);
                        format!("  {{ PyObject *type = (PyObject *)&t{index};{word} READY(\"{name}\") }}\n")
                    }
                }
            }
            Kind::Function(flags) => {
                let _ = writeln!(functions, "  {{\"{name}\", FUNCTION(f{index}), {flags}, NULL}},");
                continue;
            }
            Kind::Module => {
                let member = callee.name;
                format!(
                    "  {{ static PyModuleDef d = {{PyModuleDef_HEAD_INIT, .m_name = {quoted}, .m_size = -1, .{member} = (void *)f{index}}}; MODULE(\"{name}\", d) }}\n"
                )
            }
            // It would be called before there is a module to look at.
            Kind::Create => format!(
                "  {{ static PyModuleDef_Slot s[] = {{{{Py_mod_create, (void *)f{index}}}, {{0, NULL}}}}; static PyModuleDef d = {{PyModuleDef_HEAD_INIT, .m_name = {quoted}}}; MODULE(\"{name}\", d) d.m_slots = s; }}\n"
            ),
            Kind::Exec => format!(
                "  {{ static PyModuleDef_Slot s[] = {{{{Py_mod_exec, (void *)f{index}}}, {{0, NULL}}}}; static PyModuleDef d = {{PyModuleDef_HEAD_INIT, .m_name = {quoted}, .m_slots = s}}; SPECIFIED(\"{name}\", {quoted}, d) }}\n"
            ),
            Kind::Capsule => format!("  CAPSULE(\"{name}\", {quoted}, f{index})\n"),
        };
        create += &made;
    }
    let _ = writeln!(text, "static PyMethodDef functions[] = {{\n{functions}  COMMON {{0}},\n}};");
    let _ = writeln!(text, "static int create(PyObject *module) {{\n{create}  return 0;\n}}\nSTART");
    text
}

/// A function of its type, which counts its calls.
fn function(index: usize, wrong: &Wrong) -> String {
    let declared = wrong.declared();
    let c_type = |type_: &ValueType| match type_ {
        ValueType::I64 => "int64_t ",
        ValueType::F64 => "double ",
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

/// The table of a type's one method or getter.
fn table(index: usize, wrong: &Wrong) -> String {
    let accessor =
        |which| if which == wrong.callee.name { format!("(void *)f{index}") } else { "NULL".to_owned() };
    match wrong.kind {
        Kind::Method(flags) => {
            format!(
                "static PyMethodDef m{index}[] = {{{{\"m\", FUNCTION(f{index}), {flags}, NULL}}, {{0}}}};\n"
            )
        }
        Kind::Accessor => {
            let (get, set) = (accessor("getter"), accessor("setter"));
            format!("static PyGetSetDef m{index}[] = {{{{\"m\", {get}, {set}, NULL, NULL}}, {{0}}}};\n")
        }
        _ => String::new(),
    }
}

/// What a type is given: slots, by name, and what is in them.
fn members(index: usize, wrong: &Wrong) -> Vec<(&'static str, String)> {
    match wrong.kind {
        Kind::Method(_) => vec![("tp_methods", format!("m{index}"))],
        Kind::Accessor => vec![("tp_getset", format!("m{index}"))],
        Kind::Slot(Some(_)) => Vec::new(),
        _ => {
            let right = companions(wrong.callee.name).iter().map(|(slot, f)| (*slot, (*f).to_owned()));
            right.chain([(wrong.callee.name, format!("f{index}"))]).collect()
        }
    }
}

/// Right slots that a type must have for the wrong one to be called.
fn companions(slot: &str) -> &'static [(&'static str, &'static str)] {
    match slot {
        "tp_clear" | "tp_is_gc" => &[("tp_traverse", "traverse")],
        "am_send" => &[("tp_iter", "itself"), ("tp_iternext", "end")],
        "am_anext" => &[("am_aiter", "itself")],
        "bf_releasebuffer" => &[("bf_getbuffer", "fill")],
        _ => &[],
    }
}

fn flags(slot: &str) -> &'static str {
    match slot {
        "tp_traverse" | "tp_clear" | "tp_is_gc" => "Py_TPFLAGS_HAVE_GC",
        _ => "0",
    }
}

/// Writes a slot that has no name for every Python.
fn by_word(index: usize, wrong: &Wrong) -> String {
    match wrong.kind {
        Kind::Slot(Some(word)) => format!(" WORD({word}, f{index})"),
        _ => String::new(),
    }
}

fn heap_type(index: usize, wrong: &Wrong) -> String {
    let slots: String =
        members(index, wrong).iter().map(|(slot, f)| format!("{{Py_{slot}, (void *){f}}}, ")).collect();
    let (name, flags, word) = (&wrong.name, flags(wrong.callee.name), by_word(index, wrong));
    format!(
        "  {{ static PyType_Slot s[] = {{{slots}{{0, NULL}}}}; TYPE(\"wrongs.{name}\", {flags}, s){word} }}\n"
    )
}

/// The definition of a `PyTypeObject`.
fn static_type(index: usize, wrong: &Wrong) -> String {
    let mut members = members(index, wrong);
    // It inherits no tp_new from `object`, and no tp_dealloc that calls the other two.
    let slot = wrong.callee.name;
    if slot != "tp_new" {
        members.push(("tp_new", "PyType_GenericNew".to_owned()));
    }
    if matches!(slot, "tp_finalize" | "tp_del") {
        members.push(("tp_dealloc", "end_life".to_owned()));
    }
    let mut text = String::new();
    for table in &ALL_TABLES {
        let own = members.iter().filter(|(slot, _)| table_of(slot).name == table.name);
        let list: String = own.map(|(slot, f)| format!(".{slot} = (void *){f}, ")).collect();
        text += &match table.name {
            "PyTypeObject" => list,
            _ if list.is_empty() => continue,
            name => {
                let kind =
                    name.trim_start_matches("Py").trim_end_matches("Methods").trim_end_matches("Procs");
                format!(".tp_as_{} = &({name}){{{list}}}, ", kind.to_lowercase())
            }
        };
    }
    let (name, flags) = (&wrong.name, flags(slot));
    format!("static PyTypeObject t{index} = {{HEAD(\"wrongs.{name}\", {flags}), {text}}};\n")
}

/// The struct that has a slot.
fn table_of(slot: &str) -> &'static SlotTable {
    let has = |table: &&SlotTable| table.slots.iter().any(|each| each.callee.name == slot);
    ALL_TABLES.iter().find(has).unwrap_or(&ALL_TABLES[0])
}
