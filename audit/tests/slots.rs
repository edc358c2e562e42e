//! The table of slots against CPython's declarations, written down here once more as the headers have them.

use pyem_audit::{ALL_TABLES, Callee, METHOD_KINDS, Returns, method_kind};

/// The members in order, a word each; functions with their types.
const STRUCTS: [(&str, &str); 6] = [
    (
        "PyTypeObject",
        "ob_refcnt ob_type ob_size tp_name tp_basicsize tp_itemsize destructor:tp_dealloc tp_vectorcall_offset \
         getattrfunc:tp_getattr setattrfunc:tp_setattr tp_as_async reprfunc:tp_repr tp_as_number tp_as_sequence \
         tp_as_mapping hashfunc:tp_hash ternaryfunc:tp_call reprfunc:tp_str getattrofunc:tp_getattro \
         setattrofunc:tp_setattro tp_as_buffer tp_flags tp_doc traverseproc:tp_traverse inquiry:tp_clear \
         richcmpfunc:tp_richcompare tp_weaklistoffset getiterfunc:tp_iter iternextfunc:tp_iternext tp_methods \
         tp_members tp_getset tp_base tp_dict descrgetfunc:tp_descr_get descrsetfunc:tp_descr_set tp_dictoffset \
         initproc:tp_init allocfunc:tp_alloc newfunc:tp_new freefunc:tp_free inquiry:tp_is_gc tp_bases tp_mro \
         tp_cache tp_subclasses tp_weaklist destructor:tp_del tp_version_tag destructor:tp_finalize \
         vectorcallfunc:tp_vectorcall",
    ),
    ("PyAsyncMethods", "unaryfunc:am_await unaryfunc:am_aiter unaryfunc:am_anext sendfunc:am_send"),
    (
        "PyNumberMethods",
        "binaryfunc:nb_add binaryfunc:nb_subtract binaryfunc:nb_multiply binaryfunc:nb_remainder \
         binaryfunc:nb_divmod ternaryfunc:nb_power unaryfunc:nb_negative unaryfunc:nb_positive \
         unaryfunc:nb_absolute inquiry:nb_bool unaryfunc:nb_invert binaryfunc:nb_lshift binaryfunc:nb_rshift \
         binaryfunc:nb_and binaryfunc:nb_xor binaryfunc:nb_or unaryfunc:nb_int nb_reserved unaryfunc:nb_float \
         binaryfunc:nb_inplace_add binaryfunc:nb_inplace_subtract binaryfunc:nb_inplace_multiply \
         binaryfunc:nb_inplace_remainder ternaryfunc:nb_inplace_power binaryfunc:nb_inplace_lshift \
         binaryfunc:nb_inplace_rshift binaryfunc:nb_inplace_and binaryfunc:nb_inplace_xor \
         binaryfunc:nb_inplace_or binaryfunc:nb_floor_divide binaryfunc:nb_true_divide \
         binaryfunc:nb_inplace_floor_divide binaryfunc:nb_inplace_true_divide unaryfunc:nb_index \
         binaryfunc:nb_matrix_multiply binaryfunc:nb_inplace_matrix_multiply",
    ),
    ("PyMappingMethods", "lenfunc:mp_length binaryfunc:mp_subscript objobjargproc:mp_ass_subscript"),
    (
        "PySequenceMethods",
        "lenfunc:sq_length binaryfunc:sq_concat ssizeargfunc:sq_repeat ssizeargfunc:sq_item was_sq_slice \
         ssizeobjargproc:sq_ass_item was_sq_ass_slice objobjproc:sq_contains binaryfunc:sq_inplace_concat \
         ssizeargfunc:sq_inplace_repeat",
    ),
    ("PyBufferProcs", "getbufferproc:bf_getbuffer releasebufferproc:bf_releasebuffer"),
];

/// The function types of `Include/object.h`: how many parameters, and what is returned.
const TYPES: [(&str, usize, &str); 31] = [
    ("unaryfunc", 1, "PyObject *"),
    ("binaryfunc", 2, "PyObject *"),
    ("ternaryfunc", 3, "PyObject *"),
    ("inquiry", 1, "int"),
    ("lenfunc", 1, "Py_ssize_t"),
    ("ssizeargfunc", 2, "PyObject *"),
    ("ssizeobjargproc", 3, "int"),
    ("objobjargproc", 3, "int"),
    ("objobjproc", 2, "int"),
    ("visitproc", 2, "int"),
    ("traverseproc", 3, "int"),
    ("freefunc", 1, "void"),
    ("destructor", 1, "void"),
    ("getattrfunc", 2, "PyObject *"),
    ("getattrofunc", 2, "PyObject *"),
    ("setattrfunc", 3, "int"),
    ("setattrofunc", 3, "int"),
    ("reprfunc", 1, "PyObject *"),
    ("hashfunc", 1, "Py_hash_t"),
    ("richcmpfunc", 3, "PyObject *"),
    ("getiterfunc", 1, "PyObject *"),
    ("iternextfunc", 1, "PyObject *"),
    ("descrgetfunc", 3, "PyObject *"),
    ("descrsetfunc", 3, "int"),
    ("initproc", 3, "int"),
    ("newfunc", 3, "PyObject *"),
    ("allocfunc", 2, "PyObject *"),
    ("vectorcallfunc", 4, "PyObject *"),
    ("sendfunc", 3, "PySendResult"),
    ("getbufferproc", 3, "int"),
    ("releasebufferproc", 2, "void"),
];

fn agrees(callee: &Callee, parameters: usize, result: &str) -> bool {
    let returns = match callee.returns {
        Returns::Nothing => result == "void",
        Returns::Status => result == "int",
        Returns::Number => ["int", "Py_ssize_t", "Py_hash_t", "PySendResult"].contains(&result),
        Returns::Pointer => result == "PyObject *",
        Returns::Struct => result == "_PyObjectIndexPair",
    };
    callee.parameters == parameters && returns
}

#[test]
fn every_slot_is_where_the_headers_have_it_and_of_their_type() {
    for ((name, members), table) in STRUCTS.iter().zip(ALL_TABLES) {
        assert_eq!(*name, table.name);
        let members: Vec<&str> = members.split_whitespace().collect();
        if table.pointer.is_some() {
            assert_eq!(table.size as usize, members.len() * 4, "{name}");
        }
        let mut slots = table.slots.iter();
        for (index, member) in members.iter().enumerate() {
            let Some((type_, member)) = member.split_once(':') else { continue };
            let slot = slots.next().unwrap_or_else(|| panic!("{member} is no slot"));
            assert_eq!((slot.callee.name, slot.offset as usize), (member, index * 4));
            let (_, parameters, result) = TYPES.iter().find(|known| known.0 == type_).expect("a type");
            assert!(agrees(&slot.callee, *parameters, result), "{member} is no {type_}");
        }
        assert!(slots.next().is_none(), "{name} has more slots than members");
    }
}

#[test]
fn pointers_to_tables_are_where_the_headers_have_them() {
    let members: Vec<&str> = STRUCTS[0].1.split_whitespace().collect();
    for (table, member) in ALL_TABLES[1..].iter().zip([
        "tp_as_async",
        "tp_as_number",
        "tp_as_mapping",
        "tp_as_sequence",
        "tp_as_buffer",
    ]) {
        let index = members.iter().position(|each| *each == member).expect("a member");
        assert_eq!(table.pointer, Some(index as u32 * 4), "{member}");
    }
}

#[test]
fn methods_have_the_type_of_their_flags() {
    // 16, 32 and 64 are METH_CLASS, METH_STATIC and METH_COEXIST.
    for binding in [0, 16, 32, 64, 16 | 64] {
        for (flags, parameters) in
            [(4, 2), (8, 2), (1, 2), (1 | 2, 3), (128, 3), (128 | 2, 4), (128 | 2 | 512, 5)]
        {
            let kind = method_kind(flags | binding).expect("a kind");
            assert!(agrees(&kind.callee, parameters, "PyObject *"), "{flags:#x}");
        }
    }
    let accepted = (0..1024).filter(|flags| method_kind(*flags).is_some()).count();
    assert_eq!(accepted, METHOD_KINDS.len() * 8, "no other flags are accepted");
}
