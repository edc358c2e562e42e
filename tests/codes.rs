//! The numbers that Rust, the adaptor, the hook and the header share.

use std::{fs, path::Path};

use resolution::{Path as ResolverPath, Resolution};
use signature::Signature;

#[allow(dead_code, reason = "the numbers alone are used")]
#[path = "../src/abi.rs"]
mod abi;
#[allow(dead_code, reason = "each user takes what it needs")]
#[path = "../build/adaptor.rs"]
mod adaptor;
#[path = "../src/resolution.rs"]
mod resolution;
#[path = "../src/signature.rs"]
mod signature;

fn source(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("read {}: {error}", path.display()))
}

/// The number behind `name` in a source text.
fn number_behind(text: &str, name: &str) -> usize {
    let start = text.find(name).unwrap_or_else(|| panic!("no {name}")) + name.len();
    let digits: String = text[start..].chars().take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap_or_else(|_| panic!("no number behind {name}"))
}

/// Each signature that a resolver answers, by the name that the header gives it.
const ANSWERS: [(&str, Signature); 6] = [
    ("NO_FUNCTION", Signature::UNKNOWN),
    ("ARITY_0", Signature::ARITY_0),
    ("ARITY_1", Signature::ARITY_1),
    ("ARITY_2", Signature::ARITY_2),
    ("ARITY_3", Signature::ARITY_3),
    ("UNEXPECTED", Signature::UNEXPECTED),
];

#[test]
fn each_signature_has_a_bit_of_its_own() {
    let bits = ANSWERS.map(|(_, signature)| signature).into_iter().chain([Signature::UNCACHED]);
    let mut taken = 0;
    for signature in bits.skip(1) {
        assert!(signature.to_byte().is_power_of_two() && taken & signature.to_byte() == 0, "{signature:?}");
        taken |= signature.to_byte();
        assert_eq!(Signature::from_byte(signature.to_byte()), signature);
    }
}

#[test]
fn signatures_are_the_adaptors() {
    let signatures = [Signature::ARITY_0, Signature::ARITY_1, Signature::ARITY_2, Signature::ARITY_3];
    for (arity, signature) in (0..).zip(signatures) {
        assert_eq!(i32::from(signature.to_byte()), adaptor::code_of_arity(arity));
    }
    assert_eq!(i32::from(Signature::UNKNOWN.to_byte()), adaptor::NO_FUNCTION);
    assert_eq!(i32::from(Signature::UNEXPECTED.to_byte()), adaptor::UNEXPECTED);
}

/// The hook makes the codes of the arities by shifting 1, as the adaptor does.
#[test]
fn signatures_and_paths_are_the_hooks() {
    let hook = source("preRun.js");
    let code = |name: &str| number_behind(&hook, &format!("const {name} = "));
    assert_eq!(code("NO_FUNCTION"), usize::from(Signature::UNKNOWN.to_byte()));
    assert_eq!(code("UNEXPECTED"), usize::from(Signature::UNEXPECTED.to_byte()));
    assert_eq!(code("UNCACHED"), usize::from(Signature::UNCACHED.to_byte()));
    let name = |path: ResolverPath| path.name().to_str().expect("UTF-8");
    let paths = ResolverPath::ALL.map(|path| format!("'{}'", name(path))).join(", ");
    assert!(hook.contains(&format!("const PATHS = [{paths}];")), "{paths}");
}

/// The hook reads each field by its place, and names it as Rust does.
#[test]
fn fields_are_the_hooks() {
    let hook = source("preRun.js");
    let version = u32::try_from(number_behind(&hook, "const ABI_VERSION = ")).expect("a version");
    assert_eq!(version, abi::ABI_VERSION);
    let names: Vec<String> = abi::FIELDS.iter().map(|(name, _)| camel_case(name)).collect();
    let (_, rest) = hook.split_once("const [version, ").expect("the hook takes the words apart");
    let (list, words) = rest.split_once("] = ").expect("a list");
    let read: Vec<&str> = list.split(", ").collect();
    assert_eq!(read, names[1..], "in the order of the fields");
    assert!(
        words.starts_with("fields;")
            && hook.contains("const fields = /** @type {any} */ (HEAPU32.subarray(address >>> 2));")
    );
}

fn camel_case(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |all, word| all + &word[..1].to_uppercase() + &word[1..])
}

#[test]
fn signatures_are_the_headers() {
    let header = source("include/pyem_trampoline.h");
    for (name, signature) in ANSWERS {
        let code = number_behind(&header, &format!("PYEM_{name} = "));
        assert_eq!(code, usize::from(signature.to_byte()), "{name}");
    }
    let all = header.matches("PYEM_").count() - header.matches("PYEM_TRAMPOLINE_H").count();
    assert_eq!(all, ANSWERS.len(), "the header has a code that no test knows");
}

#[test]
fn a_bit_test_is_exact() {
    for byte in 0..=u8::MAX {
        for (_, one) in ANSWERS {
            assert_eq!(Signature::from_byte(byte).has(one), byte & one.to_byte() != 0, "{byte} {one:?}");
        }
    }
}

#[test]
fn only_what_stays_right_is_cached() {
    for byte in 0..=u8::MAX {
        let signature = Signature::from_byte(byte);
        let answer = ANSWERS[1..].iter().any(|&(_, answer)| answer == signature);
        assert_eq!(signature.may_be_cached(), answer, "{byte}");
    }
}

#[test]
fn arities_are_those_of_the_callable() {
    for byte in 0..=u8::MAX {
        let place = ANSWERS[1..=4].iter().position(|(_, answer)| answer.to_byte() == byte);
        let arity = Signature::from_byte(byte).arity();
        assert_eq!(arity.map(usize::from), place, "{byte}");
    }
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
