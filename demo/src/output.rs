//! Python's standard output and error: what is written goes to the page in messages.

use std::{
    mem,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use js_sys::{Array, Object, Reflect};
use pyo3::{exceptions::PyOSError, prelude::*};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::DedicatedWorkerGlobalScope;

/// A page that gets a message for each `print` has no time for anything else.
const MOST_BYTES: usize = 1 << 16;
const MOST_TIME: Duration = Duration::from_millis(50);

/// What was written, by stream, and since when.
static PENDING: Mutex<Vec<(&str, String, Instant)>> = Mutex::new(Vec::new());

/// A panic ends the program, so no other leaves a poisoned lock.
fn pending() -> MutexGuard<'static, Vec<(&'static str, String, Instant)>> {
    PENDING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Posts what was written as `{ output: [[stream, text], …] }` from this worker.
pub fn flush() -> Result<(), JsValue> {
    let pending = mem::take(&mut *pending());
    if pending.is_empty() {
        return Ok(());
    }
    let parts = Array::new();
    for (stream, text, _) in pending {
        parts.push(&Array::of2(&stream.into(), &text.into()));
    }
    let message = Object::new();
    Reflect::set(&message, &"output".into(), &parts)?;
    // Asked for each time: a JavaScript value in a static would not be in a snapshot.
    let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    scope.post_message(&message)
}

/// A text stream of the page.
#[pyclass(frozen)]
pub struct Output {
    stream: &'static str,
}

impl Output {
    /// For `sys`.
    pub fn new(py: Python<'_>, stream: &'static str) -> PyResult<Py<Self>> {
        Py::new(py, Self { stream })
    }
}

#[pymethods]
impl Output {
    #[getter]
    fn encoding(&self) -> &'static str {
        "utf-8"
    }

    fn write(&self, text: &str) -> PyResult<usize> {
        let full = {
            let mut pending = pending();
            match pending.last_mut() {
                Some((stream, known, _)) if *stream == self.stream => known.push_str(text),
                _ => pending.push((self.stream, text.to_owned(), Instant::now())),
            }
            let bytes: usize = pending.iter().map(|(_, text, _)| text.len()).sum();
            let since = pending.first().map(|(_, _, since)| *since);
            bytes > MOST_BYTES || since.is_some_and(|since| since.elapsed() > MOST_TIME)
        };
        if full {
            self.flush()?;
        }
        Ok(text.chars().count())
    }

    fn flush(&self) -> PyResult<()> {
        flush().map_err(|error| PyOSError::new_err(format!("the page takes no message: {error:?}")))
    }

    fn isatty(&self) -> bool {
        true
    }
}
