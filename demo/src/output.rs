//! Python's standard output and error: what is written goes to the page as a message.

use js_sys::{Object, Reflect};
use pyo3::{exceptions::PyOSError, prelude::*};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::DedicatedWorkerGlobalScope;

/// A text stream that posts `{ stream, text }` from this worker.
#[pyclass(frozen)]
pub struct Output {
    stream: &'static str,
}

impl Output {
    /// For `sys`.
    pub fn new(py: Python<'_>, stream: &'static str) -> PyResult<Py<Self>> {
        Py::new(py, Self { stream })
    }

    fn post(&self, text: &str) -> Result<(), JsValue> {
        let message = Object::new();
        Reflect::set(&message, &"stream".into(), &self.stream.into())?;
        Reflect::set(&message, &"text".into(), &text.into())?;
        // Asked for each time: a JavaScript value in a static would not be in a snapshot.
        let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
        scope.post_message(&message)
    }
}

#[pymethods]
impl Output {
    #[getter]
    fn encoding(&self) -> &'static str {
        "utf-8"
    }

    fn write(&self, text: &str) -> PyResult<usize> {
        self.post(text)
            .map_err(|error| PyOSError::new_err(format!("the page takes no message: {error:?}")))?;
        Ok(text.chars().count())
    }

    fn flush(&self) {}

    fn isatty(&self) -> bool {
        true
    }
}
