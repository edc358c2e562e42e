//! Golden texts, each a file of `tests/golden`.

use std::{env, fs, path::Path};

use similar::TextDiff;

/// Fails with the difference unless the text is that of the file. With `BLESS=1` the file gets the text first.
pub fn compare(name: &str, text: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if env::var_os("BLESS").is_some() {
        fs::write(&file, text).expect("write the golden text");
    }
    let golden = fs::read_to_string(&file).expect("read the golden text");
    let diff = TextDiff::from_lines(&golden, text);
    let diff = diff.unified_diff().header(&format!("tests/golden/{name}"), "now").to_string();
    let test = concat!("cargo test -p ", env!("CARGO_PKG_NAME"), " --test ", env!("CARGO_CRATE_NAME"));
    assert!(golden == text, "if it is meant: BLESS=1 {test}\n{diff}");
}
