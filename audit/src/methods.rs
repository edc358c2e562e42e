//! The C type of a method by its flags, and those of other function pointers outside of types.
//!
//! Source: CPython's `Include/methodobject.h`, `Include/cpython/methodobject.h`, `Include/descrobject.h`,
//! `Include/moduleobject.h`, `Include/pycapsule.h`, `Objects/capsule.c`.

use crate::slots::{Callee, Returns};

const VARARGS: u32 = 0x1;
const KEYWORDS: u32 = 0x2;
const NOARGS: u32 = 0x4;
const O: u32 = 0x8;
/// `METH_CLASS`, `METH_STATIC`, `METH_COEXIST`: they say whose method it is, not how it is called.
const BINDING: u32 = 0x10 | 0x20 | 0x40;
const FASTCALL: u32 = 0x80;
const METHOD: u32 = 0x200;

/// How a method with these flags is called.
#[derive(Clone, Copy, Debug)]
pub struct MethodKind {
    pub flags: u32,
    pub callee: Callee,
}

const fn kind(flags: u32, name: &'static str, parameters: usize) -> MethodKind {
    MethodKind { flags, callee: Callee::new(name, parameters, Returns::Pointer) }
}

/// Every combination that CPython accepts.
pub const METHOD_KINDS: [MethodKind; 7] = [
    kind(NOARGS, "METH_NOARGS", 2),
    kind(O, "METH_O", 2),
    kind(VARARGS, "METH_VARARGS", 2),
    kind(VARARGS | KEYWORDS, "METH_VARARGS|METH_KEYWORDS", 3),
    kind(FASTCALL, "METH_FASTCALL", 3),
    kind(FASTCALL | KEYWORDS, "METH_FASTCALL|METH_KEYWORDS", 4),
    kind(METHOD | FASTCALL | KEYWORDS, "METH_METHOD|METH_FASTCALL|METH_KEYWORDS", 5),
];

/// The kind of `ml_flags`; `None` if CPython would refuse them.
pub fn method_kind(flags: u32) -> Option<&'static MethodKind> {
    METHOD_KINDS.iter().find(|kind| kind.flags == flags & !BINDING)
}

pub const GETTER: Callee = Callee::new("getter", 2, Returns::Pointer);
pub const SETTER: Callee = Callee::new("setter", 3, Returns::Status);
pub const MODULE_TRAVERSE: Callee = Callee::new("m_traverse", 3, Returns::Status);
pub const MODULE_CLEAR: Callee = Callee::new("m_clear", 1, Returns::Status);
pub const MODULE_FREE: Callee = Callee::new("m_free", 1, Returns::Nothing);
pub const MODULE_CREATE: Callee = Callee::new("Py_mod_create", 2, Returns::Pointer);
pub const MODULE_EXEC: Callee = Callee::new("Py_mod_exec", 1, Returns::Status);
pub const CAPSULE_DESTRUCTOR: Callee = Callee::new("capsule destructor", 1, Returns::Nothing);
pub const CAPSULE_TRAVERSE: Callee = Callee::new("capsule traverse", 3, Returns::Status);
pub const CAPSULE_CLEAR: Callee = Callee::new("capsule clear", 1, Returns::Status);
