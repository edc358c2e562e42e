//! Encodes the adaptor, and on emscripten compiles `src/shim.c` with it, with the hook, and with the
//! numbers of `src/abi.rs` inside.

use std::{env, fmt::Write, fs, path::PathBuf};

#[allow(dead_code, reason = "the numbers alone are used")]
#[path = "src/abi.rs"]
mod abi;
#[allow(dead_code, reason = "each user takes what it needs")]
#[path = "build/adaptor.rs"]
mod adaptor;
#[allow(dead_code, reason = "the numbers alone are used")]
#[path = "src/resolution.rs"]
mod resolution;
#[allow(dead_code, reason = "the numbers alone are used")]
#[path = "src/signature.rs"]
mod signature;

fn main() {
    // Cargo watches the Rust files by itself.
    for input in ["preRun.js", "src/shim.c"] {
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
        "#define PYEM_ADAPTOR {}\n#define PYEM_HOOK {}\n{}",
        byte_list(&adaptor),
        string_literal(&hook),
        declarations(),
    );
    fs::write(out.join("pyem_generated.h"), header).expect("write pyem_generated.h");
    // `cargo xtask dist` ships it, for embedders that may not compile wasm at run time.
    fs::write(out.join("adaptor.wasm"), adaptor).expect("write adaptor.wasm");

    let mut shim = cc::Build::new();
    shim.file("src/shim.c").include(&out).std("c11").opt_level(2);
    // Main modules of emscripten up to 4.0.18 are linked as shared libraries, with their data at an address of run time.
    shim.pic(true);
    // The linker enables what its objects list, and older ones refuse what they do not know. This one uses nothing.
    shim.flag("-mcpu=mvp");
    if variable("CARGO_CFG_TARGET_FEATURE").split(',').any(|feature| feature == "atomics") {
        shim.flags(["-matomics", "-mbulk-memory"]);
    }
    shim.flag("-Wall").flag("-Wextra").warnings_into_errors(true).compile("pyem_trampoline_shim");
}

/// What `src/shim.c` defines, as `src/abi.rs` has it: another type or size does not compile.
fn declarations() -> String {
    let mut fields = String::new();
    let mut asserts = String::new();
    for (index, (name, c_type)) in abi::FIELDS.iter().enumerate() {
        let offset = abi::WORD * index;
        fields += &format!("  {c_type} {name};\n");
        asserts += &format!(
            "_Static_assert(offsetof(struct pyem_abi, {name}) == {offset}, \"{name} is not where the hook reads it\");\n"
        );
    }
    let version = abi::ABI_VERSION;
    let cache_length = abi::CACHE_LENGTH;
    let paths = resolution::Path::ALL.len();
    format!(
        "#include <stddef.h>
#include <stdint.h>
#define PYEM_ABI_VERSION {version}
#define PYEM_CACHE_LENGTH {cache_length}
#define PYEM_PATHS {paths}
typedef uint32_t (*pyem_resolver)(uintptr_t slot);
struct pyem_abi {{
{fields}}};
{asserts}extern const struct pyem_abi pyem_trampoline_abi;
extern uint8_t pyem_signature_cache[{cache_length}];
extern uint32_t pyem_resolutions[{paths}];
"
    )
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
