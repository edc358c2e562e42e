//! rustc exports all that the crate defines for CPython, and the linker would ask for CPython. The last such flag counts.

fn main() {
    if std::env::var_os("CARGO_CFG_TARGET_OS").is_some_and(|os| os == "emscripten") {
        println!("cargo::rustc-link-arg=-sEXPORTED_FUNCTIONS=_main");
    }
}
