//! The adaptor: its text, its size, its validity.

#[allow(dead_code, reason = "each user takes what it needs")]
#[path = "../build/adaptor.rs"]
mod adaptor;
mod golden_text;

/// The most that the hook may have to compile at start-up.
const MOST_BYTES: usize = 160;

#[test]
fn text_is_golden() {
    let text = wasmprinter::print_bytes(adaptor::encode()).expect("print the adaptor");
    golden_text::compare("adaptor.wat", &text);
}

#[test]
fn is_small() {
    let bytes = adaptor::encode();
    assert!(bytes.len() <= MOST_BYTES, "{} bytes", bytes.len());
}

#[test]
fn is_valid_with_gc_and_only_with_it() {
    let bytes = adaptor::encode();
    let validate = |features| {
        let mut validator = wasmparser::Validator::new_with_features(features);
        validator.validate_all(&bytes).map(drop)
    };
    validate(wasmparser::WasmFeatures::default() | wasmparser::WasmFeatures::GC).expect("valid");
    let without = wasmparser::WasmFeatures::default() & !wasmparser::WasmFeatures::GC;
    validate(without).expect_err("an engine without GC must refuse it, or be asked by another path");
}

#[test]
fn imports_the_function_table_only() {
    let bytes = adaptor::encode();
    let mut imports = Vec::new();
    let mut exports = Vec::new();
    for payload in wasmparser::Parser::new(0).parse_all(&bytes) {
        match payload.expect("parse") {
            wasmparser::Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import.expect("import");
                    assert!(matches!(import.ty, wasmparser::TypeRef::Table(_)), "{import:?}");
                    imports.push((import.module.to_owned(), import.name.to_owned()));
                }
            }
            wasmparser::Payload::ExportSection(section) => {
                exports.extend(section.into_iter().map(|export| export.expect("export").name.to_owned()));
            }
            _ => {}
        }
    }
    assert_eq!(imports, [(adaptor::TABLE_IMPORT.0.to_owned(), adaptor::TABLE_IMPORT.1.to_owned())]);
    assert_eq!(exports, [adaptor::RESOLVE_EXPORT]);
}
