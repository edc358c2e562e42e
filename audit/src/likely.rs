//! Which slots a C function of CPython calls, by its name in a stack.

/// Names of functions, or their beginnings, and the slots that they call themselves. Source: `Modules/gcmodule.c`,
/// `Python/gc.c`, `Objects/abstract.c`, `object.c`, `typeobject.c`, `methodobject.c`, `descrobject.c`, `call.c`.
const CALLERS: [(&str, &[&str]); 40] = [
    ("delete_garbage", &["tp_clear", "m_clear", "capsule clear"]),
    ("gc_collect", &["tp_clear", "tp_traverse", "m_traverse", "m_clear"]),
    ("deduce_unreachable", &["tp_traverse", "m_traverse", "capsule traverse"]),
    ("subtract_refs", &["tp_traverse", "m_traverse", "capsule traverse"]),
    ("move_unreachable", &["tp_traverse", "m_traverse", "capsule traverse"]),
    ("subtype_traverse", &["tp_traverse"]),
    ("subtype_clear", &["tp_clear"]),
    ("subtype_dealloc", &["tp_dealloc", "tp_free", "tp_finalize", "tp_del"]),
    ("_Py_Dealloc", &["tp_dealloc", "capsule destructor", "m_free"]),
    ("capsule_dealloc", &["capsule destructor"]),
    ("module_dealloc", &["m_free"]),
    ("PyObject_CallFinalizer", &["tp_finalize"]),
    ("finalize_garbage", &["tp_finalize"]),
    ("type_call", &["tp_new", "tp_init"]),
    ("PyType_GenericNew", &["tp_alloc"]),
    ("_PyObject_MakeTpCall", &["tp_call"]),
    ("_PyObject_Call", &["tp_call"]),
    ("PyObject_Call", &["tp_call"]),
    ("PyObject_Vectorcall", &["tp_vectorcall"]),
    ("PyObject_Repr", &["tp_repr"]),
    ("PyObject_Str", &["tp_str"]),
    ("PyObject_Hash", &["tp_hash"]),
    ("PyObject_GetAttr", &["tp_getattro", "tp_getattr"]),
    ("PyObject_SetAttr", &["tp_setattro", "tp_setattr"]),
    ("PyObject_RichCompare", &["tp_richcompare"]),
    ("do_richcompare", &["tp_richcompare"]),
    ("PyObject_GetIter", &["tp_iter"]),
    ("PyIter_", &["tp_iternext"]),
    ("PyObject_GetAIter", &["am_aiter"]),
    ("PyGen_", &["am_send", "tp_iternext"]),
    ("PyObject_GetBuffer", &["bf_getbuffer"]),
    ("PyBuffer_Release", &["bf_releasebuffer"]),
    ("PyObject_GetItem", &["mp_subscript", "sq_item"]),
    ("PyObject_SetItem", &["mp_ass_subscript", "sq_ass_item"]),
    ("PyObject_DelItem", &["mp_ass_subscript", "sq_ass_item"]),
    ("PyObject_Size", &["sq_length", "mp_length"]),
    ("PySequence_Contains", &["sq_contains"]),
    ("cfunction_vectorcall_FASTCALL", &["METH_FASTCALL", "METH_FASTCALL|METH_KEYWORDS"]),
    ("method_vectorcall_FASTCALL", &["METH_FASTCALL", "METH_FASTCALL|METH_KEYWORDS"]),
    ("cfunction_vectorcall_METHOD", &["METH_METHOD|METH_FASTCALL|METH_KEYWORDS"]),
];

/// The slots that the innermost known function of a stack calls; none if no name is known.
pub fn likely_slots(frames: &[String]) -> &'static [&'static str] {
    // The longest of the names that begin a frame's is the most exact.
    let known = |frame: &String| {
        let matching = CALLERS.iter().filter(|(name, _)| frame.starts_with(name));
        matching.max_by_key(|(name, _)| name.len()).map(|(_, slots)| *slots)
    };
    frames.iter().find_map(known).unwrap_or(&[])
}
