//! What a resolver answers.

use core::ffi::CStr;

use crate::signature::Signature;

/// The way a slot was resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Path {
    /// The adaptor: `ref.test` of WebAssembly GC.
    WasmGc = 0,
    /// JavaScript's type reflection of WebAssembly functions.
    Reflection = 1,
    /// The function's `length`, confirmed by linking a module that imports it.
    Probe = 2,
}

impl Path {
    /// All paths, in the order of their numbers.
    pub const ALL: [Self; 3] = [Self::WasmGc, Self::Reflection, Self::Probe];

    /// The name used in JavaScript, in messages and on command lines.
    pub const fn name(self) -> &'static CStr {
        match self {
            Self::WasmGc => c"wasm-gc",
            Self::Reflection => c"reflection",
            Self::Probe => c"probe",
        }
    }
}

/// A resolver's answer: the signature in the lowest byte, the path in the second, and one more
/// than the number of parameters in the upper half where the path knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(transparent)]
pub struct Resolution(u32);

impl Resolution {
    /// The answer as it crosses the C ABI.
    pub const fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    /// The signature; [`Signature::UNKNOWN`] where there is no function.
    pub const fn signature(self) -> Signature {
        Signature::from_byte(self.0 as u8)
    }

    /// The path that gave the answer. A number that is no path's counts as the last one.
    pub const fn path(self) -> Path {
        match (self.0 >> 8) as u8 {
            0 => Path::WasmGc,
            1 => Path::Reflection,
            _ => Path::Probe,
        }
    }

    /// The number of parameters, if the path knows it.
    pub const fn parameters(self) -> Option<u16> {
        match (self.0 >> 16) as u16 {
            0 => None,
            known => Some(known - 1),
        }
    }
}
