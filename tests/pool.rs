//! The module by which a pool zeroes memory: its text, its length, its validity.

use std::{fs, path::Path};

mod golden_text;

#[test]
fn the_module_that_clears_is_its_text() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let source = fs::read_to_string(root.join("npm/pool/clear.mjs")).expect("read the source");
    let encoded = source.split("const MODULE =\n  '").nth(1).and_then(|rest| rest.split('\'').next());
    let byte =
        |digits: &[u8]| u8::from_str_radix(std::str::from_utf8(digits).expect("text"), 16).expect("hex");
    let module: Vec<u8> = encoded.expect("the module").as_bytes().chunks(2).map(byte).collect();
    assert!(source.contains(&format!("a module of {} bytes", module.len())), "{} bytes", module.len());
    wasmparser::validate(&module).expect("it is valid");
    let text = wasmprinter::print_bytes(module).expect("print the module");
    golden_text::compare("clear.wat", &text);
}
