//! What is no known CPython is refused before anything is read.

mod image;

use image::{MINORS, Synthetic};
use proptest::prelude::*;
use pyem_audit::{Error, Layout, Trampoline, audit};

fn refusal(image: &Synthetic) -> String {
    audit(image, &image.facts, &image.roots, Trampoline::Ours).expect_err("refused").to_string()
}

#[test]
fn unknown_versions_and_builds_are_refused() {
    for (major, minor) in [(3, 10), (3, 16), (2, 13), (4, 13)] {
        let mut image = Synthetic::new(13);
        (image.facts.major, image.facts.minor) = (major, minor);
        assert_eq!(
            refusal(&image),
            format!("CPython {major}.{minor} (3.11 to 3.15 are known) cannot be audited")
        );
    }
    let mut image = Synthetic::new(13);
    image.facts.free_threaded = true;
    assert_eq!(refusal(&image), "a free-threaded build (Py_GIL_DISABLED) cannot be audited");
    let mut image = Synthetic::new(13);
    image.facts.trace_refs = true;
    assert_eq!(refusal(&image), "a build with Py_TRACE_REFS cannot be audited");
}

#[test]
fn a_version_is_not_taken_for_another() {
    for minor in MINORS {
        for other in MINORS.filter(|other| *other != minor) {
            let mut image = Synthetic::new(minor);
            image.facts.minor = other;
            assert!(
                refusal(&image).starts_with("this CPython lays its objects out in another way"),
                "{minor} as {other}"
            );
        }
    }
}

#[test]
fn each_table_of_slots_has_to_be_proved() {
    for minor in MINORS {
        let image = Synthetic::new(minor);
        for index in 0..image.facts.anchors.wrappers.len() {
            let mut facts = image.facts.clone();
            facts.anchors.wrappers.remove(index);
            let result = Layout::checked(&image, &facts);
            // 3.11 has no wrappers of buffer methods.
            assert_eq!(result.is_ok(), minor == 11 && index == 5, "{minor}: {result:?}");
        }
    }
}

fn config() -> ProptestConfig {
    ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    /// A word that is checked, changed: an error, and no finding made of it.
    #[test]
    fn a_contradiction_is_an_error(minor in MINORS, which in 0..16_usize, by in 1..u32::MAX) {
        let mut image = Synthetic::new(minor);
        let anchors = image.facts.anchors.clone();
        let definition = if minor >= 15 { 44 } else { 12 };
        let place = [
            anchors.type_ + 4, anchors.type_ + 16, anchors.type_ + 20, anchors.type_ + 84, anchors.type_ + 104,
            anchors.type_ + 128, anchors.type_ + 144, anchors.type_ + 168, anchors.type_ + 172, anchors.mro + 8,
            anchors.join + 8, anchors.getset + 8, anchors.len + 12, anchors.len + 16, anchors.builtins + 8,
            anchors.builtins + definition,
        ][which];
        let word = pyem_audit::Image::word(&image, place).expect("memory");
        image.write(place, word.wrapping_add(by));
        let result = audit(&image, &image.facts, &image.roots, Trampoline::Ours);
        prop_assert!(matches!(result, Err(Error::Layout(_))), "{result:?}");
    }
}
