//! One request at a time: set from JavaScript, run, and answered in three calls, because the one
//! in the middle may be suspended.

use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::PyResult;

use crate::{interpreter::Interpreter, output};

/// A function of `page.py` and its argument.
pub struct Request {
    pub function: String,
    pub argument: String,
}

static REQUEST: Mutex<Option<Request>> = Mutex::new(None);
static ANSWER: Mutex<Option<PyResult<String>>> = Mutex::new(None);

/// A panic ends the program, so no other leaves a poisoned lock.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes the place of a request that was not run.
pub fn set(request: Request) {
    *lock(&REQUEST) = Some(request);
}

/// Does nothing without a request.
pub fn run() {
    let Some(Request { function, argument }) = lock(&REQUEST).take() else { return };
    let answer = Interpreter::get().and_then(|python| python.ask(&function, &argument));
    // The page that takes no message takes no answer either.
    output::flush().ok();
    *lock(&ANSWER) = Some(answer);
}

/// The answer, once.
pub fn answer() -> Option<PyResult<String>> {
    lock(&ANSWER).take()
}
