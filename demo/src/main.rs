//! CPython in a Web Worker: a console, and the calls that its page shows.

// Nothing here calls it: CPython does. Named, so that it is linked, before CPython's archive.
use pyem_trampoline as _;

mod interpreter;
mod output;

use wasm_bindgen::prelude::*;

use interpreter::Interpreter;

/// Emscripten wants a `main`; everything starts from the functions below.
fn main() {}

/// Starts Python. A snapshot may be taken after this.
#[wasm_bindgen]
pub fn start() -> Result<(), JsError> {
    Interpreter::get()?;
    Ok(())
}

/// Gives the console a line or a block: whether Python wants more of it.
#[wasm_bindgen]
pub fn push(source: &str) -> Result<bool, JsError> {
    Ok(Interpreter::get()?.push(source)?)
}

/// Runs a function of `page.py` and gives its answer, which is JSON.
#[wasm_bindgen]
pub fn ask(function: &str, argument: &str) -> Result<String, JsError> {
    Ok(Interpreter::get()?.ask(function, argument)?)
}
