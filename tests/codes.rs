//! The numbers that Rust, the adaptor and the hook share.

use std::{fs, path::Path};

use pyem_trampoline::{Path as ResolverPath, Resolution, Signature};

#[allow(dead_code, reason = "each user takes what it needs")]
#[path = "../build/adaptor.rs"]
mod adaptor;

fn source(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("read {}: {error}", path.display()))
}

/// The number behind `name`, a separator and the end of a word in a source text.
fn number_behind(text: &str, name: &str) -> i64 {
    let start = text.find(name).unwrap_or_else(|| panic!("no {name}")) + name.len();
    let digits: String = text[start..].chars().take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap_or_else(|_| panic!("no number behind {name}"))
}

#[test]
fn signatures_are_the_adaptors() {
    let signatures = [Signature::ARITY_0, Signature::ARITY_1, Signature::ARITY_2, Signature::ARITY_3];
    for (arity, signature) in (0..).zip(signatures) {
        assert_eq!(i32::from(signature.to_byte()), adaptor::code_of_arity(arity));
        assert_eq!(signature.arity().map(u32::from), Some(arity));
    }
    assert_eq!(i32::from(Signature::UNKNOWN.to_byte()), adaptor::NO_FUNCTION);
    assert_eq!(i32::from(Signature::UNEXPECTED.to_byte()), adaptor::UNEXPECTED);
}

#[test]
fn signatures_are_the_hooks() {
    let hook = source("preRun.js");
    let code = |name: &str| number_behind(&hook, &format!("const {name} = "));
    assert_eq!(code("NO_FUNCTION"), Signature::UNKNOWN.to_byte().into());
    assert_eq!(code("UNEXPECTED"), Signature::UNEXPECTED.to_byte().into());
    assert_eq!(code("UNCACHED"), Signature::UNCACHED.to_byte().into());
    let paths = ResolverPath::ALL.map(|path| format!("'{}'", path.name())).join(", ");
    assert!(hook.contains(&format!("const PATHS = [{paths}];")), "{paths}");
}

#[test]
fn signatures_are_the_headers() {
    let header = source("include/pyem_trampoline.h");
    let code = |name: &str| number_behind(&header, &format!("{name} = "));
    assert_eq!(code("PYEM_NO_FUNCTION"), Signature::UNKNOWN.to_byte().into());
    assert_eq!(code("PYEM_ARITY_0"), Signature::ARITY_0.to_byte().into());
    assert_eq!(code("PYEM_ARITY_3"), Signature::ARITY_3.to_byte().into());
    assert_eq!(code("PYEM_UNEXPECTED"), Signature::UNEXPECTED.to_byte().into());
}

#[test]
fn only_what_stays_right_is_cached() {
    for byte in 0..=u8::MAX {
        let signature = Signature::from_byte(byte);
        let callable = signature.arity().is_some();
        assert_eq!(signature.may_be_cached(), callable || signature == Signature::UNEXPECTED);
    }
    assert!(!Signature::UNKNOWN.may_be_cached() && !Signature::UNCACHED.may_be_cached());
}

#[test]
fn resolutions_hold_three_things() {
    for (number, path) in (0..).zip(ResolverPath::ALL) {
        assert_eq!(path as u32, number);
        for parameters in [None, Some(0), Some(4), Some(999)] {
            let upper = parameters.map_or(0, |n: u16| u32::from(n) + 1) << 16;
            let resolution = Resolution::from_bits(upper | number << 8 | 4);
            assert_eq!(resolution.signature(), Signature::ARITY_2);
            assert_eq!(resolution.path(), path);
            assert_eq!(resolution.parameters(), parameters);
        }
    }
}
