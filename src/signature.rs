//! What is known of a slot, in one byte.
//!
//! The adaptor (`build/adaptor.rs`), the hook (`preRun.js`) and the header for other interpreters
//! use the same numbers; `tests/codes.rs` holds them together.

/// The signature of a function-table slot, as far as a call trampoline has to know it.
///
/// One bit each, so that dispatch is a chain of bit tests with the commonest first. (LLVM makes a
/// jump table of a chain of comparisons, which costs more: benches/README.md.)
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Signature(u8);

impl Signature {
    /// Not asked yet. As a resolver's answer: the slot is empty or outside the table.
    pub const UNKNOWN: Self = Self(0);
    /// `() -> i32`
    pub const ARITY_0: Self = Self(1);
    /// `(i32) -> i32`
    pub const ARITY_1: Self = Self(2);
    /// `(i32, i32) -> i32`
    pub const ARITY_2: Self = Self(4);
    /// `(i32, i32, i32) -> i32`
    pub const ARITY_3: Self = Self(8);
    /// A function of any other signature.
    pub const UNEXPECTED: Self = Self(16);
    /// JavaScript wrote the slot, and threads share the memory: it is asked for again at each call.
    pub const UNCACHED: Self = Self(32);

    /// The signature of a byte of the cache or of a resolver's answer.
    pub const fn from_byte(byte: u8) -> Self {
        Self(byte)
    }

    /// The byte of the cache.
    pub const fn to_byte(self) -> u8 {
        self.0
    }

    /// The number of parameters, if a function of this signature can be called.
    pub const fn arity(self) -> Option<u8> {
        match self.0 {
            1 => Some(0),
            2 => Some(1),
            4 => Some(2),
            8 => Some(3),
            _ => None,
        }
    }

    /// Whether this is `one`: a bit test.
    #[cfg_attr(not(target_os = "emscripten"), allow(dead_code, reason = "dispatch is on the target only"))]
    pub(crate) const fn has(self, one: Self) -> bool {
        self.0 & one.0 != 0
    }

    /// Whether the answer stays right until JavaScript rewrites the slot. An empty slot does
    /// not: a side module's element segment may fill it.
    pub const fn may_be_cached(self) -> bool {
        matches!(self.0, 1 | 2 | 4 | 8 | 16)
    }
}
