//! CPython in a Web Worker: a console, and the calls that its page shows.

// Nothing here calls it: CPython does. Named, so that it is linked, before CPython's archive.
use pyem_trampoline as _;

mod interpreter;
mod output;
mod request;

use wasm_bindgen::prelude::*;

use interpreter::Interpreter;
use request::Request;

/// Emscripten wants a `main`; everything starts from the functions below.
fn main() {}

/// Starts Python. A snapshot may be taken after this.
#[wasm_bindgen]
pub fn start() -> Result<(), JsError> {
    Interpreter::get()?;
    Ok(())
}

/// Sets what [`run`] will do: call a function of `page.py` with a text.
#[wasm_bindgen]
pub fn request(function: &str, argument: &str) {
    request::set(Request { function: function.to_owned(), argument: argument.to_owned() });
}

/// Does what was requested, for [`answer`].
///
/// It is a plain export, without glue code around it: JavaScript may wrap it in
/// `WebAssembly.promising`, and the Python that it runs may then wait for a promise (suspend.c).
#[unsafe(no_mangle)]
pub extern "C" fn run() {
    request::run();
}

/// Posts what Python has printed and the page has not seen.
#[wasm_bindgen]
pub fn flush() -> Result<(), JsValue> {
    output::flush()
}

/// What came of the request: JSON.
#[wasm_bindgen]
pub fn answer() -> Result<String, JsError> {
    request::answer().ok_or_else(|| JsError::new("nothing was requested"))?.map_err(Into::into)
}
