//! The one interpreter.

use std::ffi::{CStr, c_int};

use once_cell::sync::OnceCell;
use pyo3::{ffi, prelude::*, types::PyModule};

use crate::output::Output;

/// What the page runs, in Python.
const PAGE: &CStr = match CStr::from_bytes_with_nul(concat!(include_str!("page.py"), "\0").as_bytes()) {
    Ok(source) => source,
    Err(_) => panic!("page.py holds a null byte"),
};

static INTERPRETER: OnceCell<Interpreter> = OnceCell::new();

// SAFETY: these are the initialisers of the C extensions that `cargo xtask` links in.
unsafe extern "C" {
    fn PyInit_mismatched() -> *mut ffi::PyObject;
    fn PyInit_dispatch() -> *mut ffi::PyObject;
    fn PyInit_suspend() -> *mut ffi::PyObject;
    /// CPython looks for signals of the page, in `Module['Py_EmscriptenSignalBuffer']`, if it is 1.
    static mut Py_EMSCRIPTEN_SIGNAL_HANDLING: c_int;
}

/// Python, started, with the module that the page asks.
pub struct Interpreter {
    page: Py<PyModule>,
}

impl Interpreter {
    /// Starts it at the first call. A failed start may be tried again.
    pub fn get() -> PyResult<&'static Self> {
        INTERPRETER.get_or_try_init(Self::start)
    }

    fn start() -> PyResult<Self> {
        // SAFETY: it may be asked at any time.
        if unsafe { ffi::Py_IsInitialized() } == 0 {
            add_modules();
            // SAFETY: no other thread exists, and Python does not run yet.
            unsafe { Py_EMSCRIPTEN_SIGNAL_HANDLING = 1 };
            Python::initialize();
        }
        Python::attach(|py| {
            let page = PyModule::from_code(py, PAGE, c"page.py", c"page")?;
            let sys = py.import("sys")?;
            sys.setattr("stdout", Output::new(py, "stdout")?)?;
            sys.setattr("stderr", Output::new(py, "stderr")?)?;
            Ok(Self { page: page.unbind() })
        })
    }

    /// Calls a function of page.py with a text; its answer is one.
    pub fn ask(&self, function: &str, argument: &str) -> PyResult<String> {
        Python::attach(|py| self.page.bind(py).getattr(function)?.call1((argument,))?.extract())
    }
}

/// Makes the C extensions known to Python.
fn add_modules() {
    type Initialiser = unsafe extern "C" fn() -> *mut ffi::PyObject;
    let modules: [(&CStr, Initialiser); 3] =
        [(c"mismatched", PyInit_mismatched), (c"dispatch", PyInit_dispatch), (c"suspend", PyInit_suspend)];
    for (name, initialiser) in modules {
        // SAFETY: the caller has seen that Python is not initialised, and the name lives as long as the program.
        let failed: c_int = unsafe { ffi::PyImport_AppendInittab(name.as_ptr(), Some(initialiser)) };
        assert!(failed == 0, "no memory for the list of built-in modules");
    }
}
