//! Whether a call that cannot be made is that of a setter.
//!
//! CPython calls setters, which return `int`, through the trampoline of functions that return
//! `PyObject *` (`descr_set_trampoline_call`). Null is 0 there, which means success: the error
//! would be left behind and come up in whatever Python runs next. A setter has to answer -1, which in
//! turn is no `PyObject *`, and nothing in the call says which of the two is wanted.
//!
//! So the call is compared with everything by which CPython can have made it: the definitions in
//! the tables of the object's types, and those of the live descriptors and built-in functions. The
//! tables know what the garbage collector has put aside while finalizers run, the collector knows what is in no
//! table. Both are read as they lie in memory: no Python code runs, and none is believed.

use core::{
    ffi::{c_int, c_void},
    ptr::{null_mut, without_provenance_mut},
};

use crate::cpython::{
    BuiltinFunction, Descriptor, GetSetDef, METH_CLASS, METH_FASTCALL, METH_KEYWORDS, METH_NOARGS,
    METH_STATIC, MethodDef, Object, PyCFunction_Type, PyGetSetDescr_Type, PyMethodDescr_Type, PyObject,
    PyTuple_GetItem, PyTuple_Size, PyType_IsSubtype, PyUnstable_GC_VisitObjects, TPFLAGS_TYPE_SUBCLASS,
    TypeObject,
};

/// -1 if the call `slot(a, b, c)` is that of a setter of `a`, else null.
///
/// Where one function is both a setter and something else, the arguments decide; where they
/// cannot, it is not taken for a setter, because -1 is no `PyObject *`.
///
/// # Safety
///
/// * The thread holds the GIL.
/// * `a` is an object or null.
pub(crate) unsafe fn failure(
    slot: usize,
    a: *mut PyObject,
    b: *mut PyObject,
    c: *mut PyObject,
) -> *mut PyObject {
    // SAFETY: `a` is an object if it is not null.
    let object = unsafe { a.cast::<Object>().as_ref() };
    // CPython does not call setters that are null.
    let Some(object) = object.filter(|_| slot != 0) else {
        return null_mut();
    };
    let mut call = Call { slot, a, b, c, type_: object.type_, sets: false, returns_object: false };
    // SAFETY: it is the type of an object.
    unsafe { call.compare_with_types() };
    if !call.returns_object {
        let argument = (&raw mut call).cast();
        // SAFETY: the thread holds the GIL, and `compare_with_object` makes and frees no object.
        unsafe { PyUnstable_GC_VisitObjects(compare_with_object, argument) };
    }
    if call.sets && !call.returns_object { without_provenance_mut(usize::MAX) } else { null_mut() }
}

/// A call, and what it may be.
struct Call {
    slot: usize,
    a: *mut PyObject,
    b: *mut PyObject,
    c: *mut PyObject,
    /// The type of `a`.
    type_: *const TypeObject,
    /// A setter, which returns `int`.
    sets: bool,
    /// A getter, a method or a `tp_call`, which returns `PyObject *`.
    returns_object: bool,
}

impl Call {
    /// CPython calls `get(object, closure)` and `set(object, value, closure)`.
    #[inline(never)]
    fn compare_with_attribute(&mut self, attribute: &GetSetDef) {
        let closure = attribute.closure;
        self.returns_object |= attribute.get as usize == self.slot && self.b == closure && self.c.is_null();
        self.sets |= attribute.set as usize == self.slot && self.c == closure;
    }

    /// CPython calls `method(object, argument or arguments, keywords)`: only METH_NOARGS has a
    /// null for the second, only METH_KEYWORDS has a third.
    #[inline(never)]
    fn compare_with_method(&mut self, method: &MethodDef) {
        let has = |flag| method.flags & flag != 0;
        self.returns_object |= method.function as usize == self.slot
            && !has(METH_STATIC | METH_FASTCALL)
            && self.b.is_null() == has(METH_NOARGS)
            && (self.c.is_null() || has(METH_KEYWORDS));
    }

    /// # Safety
    ///
    /// * The descriptor is one of an attribute if `is_attribute`, else of a method.
    unsafe fn compare_with_descriptor(&mut self, descriptor: &Descriptor, is_attribute: bool) {
        let is_for_object = self.type_ == descriptor.owner
            // SAFETY: both are types or null; with null the answer is no.
            || unsafe { PyType_IsSubtype(self.type_, descriptor.owner) } != 0;
        if !is_for_object {
        } else if is_attribute {
            // SAFETY: the field is that of an attribute.
            let attribute = unsafe { descriptor.definition.attribute };
            // SAFETY: it points to a definition or is null.
            if let Some(attribute) = unsafe { attribute.as_ref() } {
                self.compare_with_attribute(attribute);
            }
        } else {
            // SAFETY: the field is that of a method.
            let method = unsafe { descriptor.definition.method };
            // SAFETY: it points to a definition or is null.
            if let Some(method) = unsafe { method.as_ref() } {
                self.compare_with_method(method);
            }
        }
    }

    /// Compares with `tp_call` and with the tables of the types in the MRO.
    ///
    /// # Safety
    ///
    /// * `type_` is a type.
    unsafe fn compare_with_types(&mut self) {
        // SAFETY: `type_` is a type.
        let type_ = unsafe { &*self.type_ };
        self.returns_object |= type_.call as usize == self.slot && !self.b.is_null();
        if type_.mro.is_null() {
            return; // The type is being made.
        }
        // SAFETY: `tp_mro` is a tuple if it is not null.
        for index in 0..unsafe { PyTuple_Size(type_.mro) } {
            // SAFETY: the index is within the tuple.
            let base = unsafe { PyTuple_GetItem(type_.mro, index) };
            // SAFETY: what a tuple holds is an object.
            let its_type = unsafe { (*base.cast::<Object>()).type_ };
            // SAFETY: what an object points to is its type.
            if unsafe { (*its_type).flags } & TPFLAGS_TYPE_SUBCLASS != 0 {
                // SAFETY: its type's flags say that it is a type.
                let base = unsafe { &*base.cast::<TypeObject>() };
                // SAFETY: it is a type.
                unsafe { self.compare_with_tables(base) };
            }
        }
    }

    /// # Safety
    ///
    /// * `type_` is a type of CPython's: its tables end with a definition without a name.
    unsafe fn compare_with_tables(&mut self, type_: &TypeObject) {
        let mut next = type_.attributes;
        // SAFETY: it is null, or within the table, because the one before had a name.
        while let Some(attribute) = unsafe { next.as_ref() }.filter(|it| !it.name.is_null()) {
            self.compare_with_attribute(attribute);
            next = next.wrapping_add(1);
        }
        let mut next = type_.methods;
        // SAFETY: as above.
        while let Some(method) = unsafe { next.as_ref() }.filter(|it| !it.name.is_null()) {
            // A class method gets the class and never its instance.
            if method.flags & METH_CLASS == 0 {
                self.compare_with_method(method);
            }
            next = next.wrapping_add(1);
        }
    }
}

/// Compares the call with one object of the garbage collector's; 0 if nothing can change the
/// answer any more.
///
/// # Safety
///
/// * `object` is an object, `call` the [`Call`] of [`failure`].
unsafe extern "C" fn compare_with_object(object: *mut PyObject, call: *mut c_void) -> c_int {
    // SAFETY: `failure` passes its own, and does not use it meanwhile.
    let call = unsafe { &mut *call.cast::<Call>() };
    // SAFETY: it is an object.
    let mut type_ = unsafe { (*object.cast::<Object>()).type_ };
    // The layout of an object is that of a type in the chain of its type's bases.
    while !type_.is_null() {
        let is_attribute = type_ == &raw const PyGetSetDescr_Type;
        if is_attribute || type_ == &raw const PyMethodDescr_Type {
            // SAFETY: the layout of both types.
            let descriptor = unsafe { &*object.cast::<Descriptor>() };
            // SAFETY: the object's type says so.
            unsafe { call.compare_with_descriptor(descriptor, is_attribute) };
        } else if type_ == &raw const PyCFunction_Type {
            // SAFETY: the layout of the type.
            let function = unsafe { &*object.cast::<BuiltinFunction>() };
            // SAFETY: it points to a definition or is null.
            if let Some(method) = unsafe { function.definition.as_ref() }
                && function.self_ == call.a
            {
                call.compare_with_method(method);
            }
        }
        // SAFETY: it is a type, and so is its base if it is not null.
        type_ = unsafe { (*type_).base };
    }
    c_int::from(!call.returns_object)
}
