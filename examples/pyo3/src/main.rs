//! CPython in a Rust program. Python calls functions that are declared with other parameters than it passes.

// Nothing here calls it: CPython does. Named, so that it is linked, before CPython's archive.
use pyem_trampoline as _;

use std::{
    ffi::{CStr, c_char},
    mem::transmute,
    ptr::null_mut,
};

use pyo3::{ffi, prelude::*, types::PyDict};

type Object = *mut ffi::PyObject;

/// CPython passes two arguments to a METH_NOARGS function.
extern "C" fn takes_none() -> Object {
    // SAFETY: CPython calls it, so this thread is attached.
    unsafe { ffi::PyLong_FromLong(0) }
}

extern "C" fn takes_one(_module: Object) -> Object {
    // SAFETY: the same.
    unsafe { ffi::PyLong_FromLong(1) }
}

/// No argument that CPython passes fits.
extern "C" fn takes_a_double(_number: f64) -> Object {
    null_mut()
}

/// What Python runs, with the functions as names.
const PROGRAM: &CStr = c"
try:
    refused = takes_a_double()
except SystemError as error:
    refused = type(error).__name__
result = f'{takes_none()} {takes_one()} {refused}'
";

// SAFETY: emscripten defines it.
unsafe extern "C" {
    fn emscripten_run_script_string(script: *const c_char) -> *const c_char;
}

fn live_path() -> String {
    // SAFETY: the script ends in a NUL and gives a text, which emscripten keeps until the next call.
    unsafe { CStr::from_ptr(emscripten_run_script_string(c"Module['pyemTrampoline']['path']".as_ptr())) }
        .to_string_lossy()
        .into_owned()
}

/// A METH_NOARGS function of Python.
fn function<'py>(py: Python<'py>, name: &'static CStr, function: *const ()) -> PyResult<Bound<'py, PyAny>> {
    // SAFETY: a function's address may have any type until it is called, and the trampoline calls it with its own.
    let function = unsafe { transmute::<*const (), ffi::PyCFunction>(function) };
    // Python keeps it as long as the function, which may be for ever.
    let definition = Box::leak(Box::new(ffi::PyMethodDef {
        ml_name: name.as_ptr(),
        ml_meth: ffi::PyMethodDefPointer { PyCFunction: function },
        ml_flags: ffi::METH_NOARGS,
        ml_doc: null_mut(),
    }));
    // SAFETY: the definition lives for ever, and the result is a new reference or null with an exception set.
    unsafe { Bound::from_owned_ptr_or_err(py, ffi::PyCFunction_NewEx(definition, null_mut(), null_mut())) }
}

fn main() -> PyResult<()> {
    Python::initialize();
    Python::attach(|py| {
        let names = PyDict::new(py);
        let functions = [
            (c"takes_none", takes_none as *const ()),
            (c"takes_one", takes_one as *const ()),
            (c"takes_a_double", takes_a_double as *const ()),
        ];
        for (name, address) in functions {
            names.set_item(name, function(py, name, address)?)?;
        }
        py.run(PROGRAM, Some(&names), None)?;
        println!("{}: {}", live_path(), names.get_item("result")?.expect("PROGRAM sets it"));
        Ok(())
    })
}
