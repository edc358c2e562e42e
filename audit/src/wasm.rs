//! Types of WebAssembly functions.

use std::fmt;

/// The type of one parameter or result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ValueType {
    I32,
    I64,
    F32,
    F64,
    /// One that C does not have, or that was not found out. It is none of the others.
    Other,
}

impl ValueType {
    /// One letter, as in [`FunctionType::from_text`].
    pub fn from_letter(letter: char) -> Self {
        match letter {
            'i' => Self::I32,
            'l' => Self::I64,
            'f' => Self::F32,
            'd' => Self::F64,
            _ => Self::Other,
        }
    }

    /// The byte that stands for it in a module; none for [`ValueType::Other`].
    pub fn code(self) -> Option<u8> {
        match self {
            Self::I32 => Some(0x7f),
            Self::I64 => Some(0x7e),
            Self::F32 => Some(0x7d),
            Self::F64 => Some(0x7c),
            Self::Other => None,
        }
    }
}

impl fmt::Display for ValueType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::I32 => "i32",
            Self::I64 => "i64",
            Self::F32 => "f32",
            Self::F64 => "f64",
            Self::Other => "?",
        })
    }
}

/// The type of a function.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FunctionType {
    pub parameters: Vec<ValueType>,
    pub results: Vec<ValueType>,
}

impl FunctionType {
    /// What C functions of pointers, `int` and `Py_ssize_t` have: `i32` throughout.
    pub fn of_words(parameters: usize, results: usize) -> Self {
        Self { parameters: vec![ValueType::I32; parameters], results: vec![ValueType::I32; results] }
    }

    /// Reads `ild>i`: a letter each, `i` i32, `l` i64, `f` f32, `d` f64, and any other for the rest.
    pub fn from_text(text: &str) -> Self {
        let (parameters, results) = text.split_once('>').unwrap_or((text, ""));
        let read = |letters: &str| letters.chars().map(ValueType::from_letter).collect();
        Self { parameters: read(parameters), results: read(results) }
    }

    /// Whether it has `i32` only.
    pub fn is_of_words(&self) -> bool {
        self.parameters.iter().chain(&self.results).all(|each| *each == ValueType::I32)
    }
}

impl fmt::Display for FunctionType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |types: &[ValueType]| types.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        write!(f, "({}) -> ", list(&self.parameters))?;
        match &self.results[..] {
            [] => f.write_str("void"),
            [one] => write!(f, "{one}"),
            more => write!(f, "({})", list(more)),
        }
    }
}
