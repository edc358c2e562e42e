//! Encodes the adaptor, and on emscripten compiles `src/shim.c` with it and with the hook inside.

use std::{env, fmt::Write, fs, path::PathBuf};

#[allow(dead_code, reason = "each user takes what it needs")]
#[path = "build/adaptor.rs"]
mod adaptor;

fn main() {
    for input in ["build/adaptor.rs", "tests/golden/adaptor.wat", "preRun.js", "src/shim.c"] {
        println!("cargo::rerun-if-changed={input}");
    }
    let variable = |name: &str| env::var(name).unwrap_or_else(|_| panic!("cargo sets {name}"));
    if variable("CARGO_CFG_TARGET_OS") != "emscripten" {
        return;
    }

    let out = PathBuf::from(variable("OUT_DIR"));
    let adaptor = adaptor::encode();
    let hook = fs::read_to_string("preRun.js").expect("read preRun.js");
    let header = format!(
        "#define PYEM_ADAPTOR {}\n#define PYEM_HOOK {}\n",
        byte_list(&adaptor),
        string_literal(&hook)
    );
    fs::write(out.join("pyem_generated.h"), header).expect("write pyem_generated.h");
    // `cargo xtask dist` ships it, for embedders that may not compile wasm at run time.
    fs::write(out.join("adaptor.wasm"), adaptor).expect("write adaptor.wasm");

    cc::Build::new()
        .file("src/shim.c")
        .include(&out)
        .std("c11")
        .opt_level(2)
        .flag("-Wall")
        .flag("-Wextra")
        .warnings_into_errors(true)
        .compile("pyem_trampoline_shim");
}

fn byte_list(bytes: &[u8]) -> String {
    let numbers: Vec<String> = bytes.iter().map(u8::to_string).collect();
    numbers.join(",")
}

/// A C string literal. Octal escapes: they end after three digits, hexadecimal ones do not.
fn string_literal(text: &str) -> String {
    let mut literal = String::from("\"");
    for byte in text.bytes() {
        match byte {
            // A question mark may begin a trigraph.
            b'"' | b'\\' | b'?' => write!(literal, "\\{}", char::from(byte)),
            b' '..=b'~' => write!(literal, "{}", char::from(byte)),
            _ => write!(literal, "\\{byte:03o}"),
        }
        .expect("writing to a String");
    }
    literal.push('"');
    literal
}
