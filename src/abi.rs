//! What Rust, C and the hook agree on. This file and `resolution.rs` and `signature.rs` own the
//! numbers: build.rs writes the header of `shim.c` from them, `tests/codes.rs` compares the rest.

use core::{
    mem::offset_of,
    sync::atomic::{AtomicU8, AtomicU32},
};

use crate::resolution::Path;

/// Raised when a field of [`Abi`] changes.
#[allow(dead_code, reason = "build.rs writes it into the archive")]
pub const ABI_VERSION: u32 = 1;
/// The bytes of [`pyem_signature_cache`]; slots at or beyond are resolved at each call.
pub const CACHE_LENGTH: usize = 1 << 16;

/// A function from slot to [`crate::resolution::Resolution`].
///
/// # Safety
///
/// * It must not run the function in the slot.
pub type Resolver = unsafe extern "C" fn(slot: usize) -> u32;

/// Defines [`Abi`] and its description for C.
macro_rules! abi {
    ($($(#[$doc:meta])* $field:ident: $rust:ty = $c:literal,)*) => {
        /// What the hook reads before C runs. `shim.c` has the one value.
        #[repr(C)]
        pub struct Abi {
            $($(#[$doc])* pub $field: $rust,)*
        }

        /// Name and C type of each field. The hook takes each for a word of [`WORD`] bytes.
        pub const FIELDS: &[(&str, &str)] = &[$((stringify!($field), $c)),*];
        const OFFSETS: &[usize] = &[$(offset_of!(Abi, $field)),*];
    };
}

abi! {
    /// [`ABI_VERSION`]
    version: u32 = "uint32_t",
    /// The slot of `pyem_resolve_fallback`, into which the hook puts the adaptor.
    resolver: Resolver = "pyem_resolver",
    cache: *const AtomicU8 = "uint8_t *",
    cache_length: u32 = "uint32_t",
    adaptor: *const u8 = "const uint8_t *",
    adaptor_length: u32 = "uint32_t",
    /// How many resolutions each path has given.
    resolutions: *const AtomicU32 = "uint32_t *",
}

/// The size of each field in bytes.
pub const WORD: usize = 4;

const _: () = {
    let mut field = 0;
    while field < FIELDS.len() && cfg!(target_os = "emscripten") {
        assert!(OFFSETS[field] == WORD * field && size_of::<Abi>() == WORD * FIELDS.len());
        field += 1;
    }
};

// SAFETY: shim.c defines these with the same types; its EM_JS imports are called through it.
unsafe extern "C" {
    pub safe static pyem_trampoline_abi: Abi;
    pub safe static pyem_signature_cache: [AtomicU8; CACHE_LENGTH];
    pub safe static pyem_resolutions: [AtomicU32; Path::ALL.len()];

    /// Asks JavaScript for the resolution of a slot; installs the adaptor if the hook did not.
    pub safe fn pyem_resolve_with_js(slot: usize) -> u32;
    /// Asks JavaScript what an unexpected slot holds, for the message. Installs nothing.
    pub safe fn pyem_describe_with_js(slot: usize) -> u32;
    /// The number of slots in the function table.
    pub safe fn pyem_table_size() -> usize;
}
