//! What is audited, and where the walk begins.

use crate::FunctionType;

/// The function that a pointer names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signature {
    /// A function of this type.
    Is(FunctionType),
    /// The slot of the table is empty or beyond its end: a call traps.
    Empty,
    /// A function that the image does not have, such as one of another file.
    Unknown,
}

/// Memory and function table of a CPython on wasm32.
pub trait Image {
    /// The little-endian word of four bytes at an address; `None` where the image has none.
    fn word(&self, address: u32) -> Option<u32>;

    /// The word at an offset of an object.
    fn member(&self, object: u32, offset: u32) -> Option<u32> {
        self.word(object.checked_add(offset)?)
    }

    /// The byte at an address.
    fn byte(&self, address: u32) -> Option<u8> {
        let word = self.word(address & !3)?;
        Some(word.to_le_bytes()[(address & 3) as usize])
    }

    /// The type of the function in a slot of the table.
    fn signature(&self, slot: u32) -> Signature;

    /// The text at an address, up to a zero byte; at most 1,000 bytes.
    fn text(&self, address: u32) -> Option<String> {
        let mut bytes = Vec::new();
        for at in 0..1000 {
            match self.byte(address.checked_add(at)?)? {
                0 => break,
                byte => bytes.push(byte),
            }
        }
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }
}

/// Addresses of the objects that the walk begins with; it finds more from them. All have to be what they are said
/// to be.
#[derive(Clone, Debug, Default)]
pub struct Roots {
    /// `type` and what derives from it.
    pub types: Vec<u32>,
    /// `module`, with its name.
    pub modules: Vec<(u32, String)>,
    /// `builtin_function_or_method`.
    pub functions: Vec<u32>,
    /// `method_descriptor`, `classmethod_descriptor`.
    pub methods: Vec<u32>,
    /// `getset_descriptor`.
    pub getsets: Vec<u32>,
    /// `wrapper_descriptor`.
    pub wrappers: Vec<u32>,
    /// `PyCapsule`.
    pub capsules: Vec<u32>,
}
