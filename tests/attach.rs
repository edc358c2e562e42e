//! The attach module: its text, its size, its validity, and its imports.

#[allow(dead_code, reason = "each user takes what it needs")]
#[path = "../build/adaptor.rs"]
mod adaptor;
#[allow(dead_code, reason = "each user takes what it needs")]
#[path = "../build/attach.rs"]
mod attach;
mod golden_text;

use attach::Resolver;
use wasmparser::WasmFeatures;

/// The most that the module may have; the adaptor's function comes on top.
const MOST_BYTES: usize = 400;
const BOTH: [Resolver; 2] = [Resolver::Imported, Resolver::WasmGc];

#[test]
fn text_is_golden() {
    let text = wasmprinter::print_bytes(attach::encode(Resolver::Imported)).expect("print the module");
    golden_text::compare("attach.wat", &text);
}

/// The functions' bodies, as text.
fn functions(module: Vec<u8>) -> Vec<String> {
    let text = wasmprinter::print_bytes(module).expect("print");
    let body = |part: &str| {
        part.split_once('\n').expect("a head line").1.trim_end_matches([')', '\n', ' ']).to_owned()
    };
    text.split("\n  (func ").skip(1).map(body).collect()
}

/// So its text needs no file of its own.
#[test]
fn with_gc_it_is_the_adaptor_and_the_same_dispatch() {
    let [imported, with_gc] = BOTH.map(|resolver| functions(attach::encode(resolver)));
    let adaptor = functions(adaptor::encode());
    assert_eq!(with_gc[0], adaptor[0]);
    let swapped: Vec<String> = imported
        .iter()
        .map(|body| {
            let other = |line: &str| match line.trim() {
                "call 0" => line.replace("call 0", "call 1"),
                "call 1" => line.replace("call 1", "call 0"),
                _ => line.to_owned(),
            };
            body.lines().map(other).collect::<Vec<_>>().join("\n")
        })
        .collect();
    assert_eq!(with_gc[1..], swapped);
}

#[test]
fn both_are_small() {
    let adaptor = adaptor::resolve().byte_len();
    for (resolver, most) in [(Resolver::Imported, MOST_BYTES), (Resolver::WasmGc, MOST_BYTES + adaptor)] {
        let bytes = attach::encode(resolver).len();
        assert!(bytes <= most, "{resolver:?}: {bytes} bytes");
    }
}

#[test]
fn only_the_one_with_the_adaptor_needs_gc() {
    // WebAssembly as engines had it before 2020, with an exported mutable global.
    let old = WasmFeatures::WASM1;
    let valid = |resolver, features| {
        wasmparser::Validator::new_with_features(features).validate_all(&attach::encode(resolver)).map(drop)
    };
    valid(Resolver::Imported, old).expect("valid anywhere");
    valid(Resolver::WasmGc, WasmFeatures::default() | WasmFeatures::GC).expect("valid with GC");
    valid(Resolver::WasmGc, WasmFeatures::default() & !WasmFeatures::GC).expect_err("refused without GC");
}

/// The interpreter's memory would have to match in being shared and in its index type.
#[test]
fn imports_no_memory() {
    let imports = |resolver| {
        let bytes = attach::encode(resolver);
        let mut names = Vec::new();
        for payload in wasmparser::Parser::new(0).parse_all(&bytes) {
            if let wasmparser::Payload::ImportSection(section) = payload.expect("parse") {
                names.extend(section.into_imports().map(|import| import.expect("import").name.to_owned()));
            }
        }
        names
    };
    assert_eq!(imports(Resolver::Imported), ["t", "resolve", "fail"]);
    assert_eq!(imports(Resolver::WasmGc), ["t", "fail"]);
}
