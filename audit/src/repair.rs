//! Adapters: functions of the right type that call the mismatched ones.
//!
//! ```wat
//! (module
//!   (import "f" "0" (func (param i32)))                   ;; the function as it is
//!   (func (export "0") (param i32 i32) (result i32)       ;; as CPython calls it
//!     local.get 0 call 0                                  ;; arguments that it does not take are dropped
//!     i32.const 0))                                       ;; a missing status is success; a result may be dropped
//! ```

use crate::{Callee, FunctionType, Returns, Signature, ValueType};

/// Whether an adapter can call a function without changing what it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mend {
    /// It can.
    Adapter,
    /// There is no function.
    NoFunction,
    /// It takes an argument that CPython does not pass.
    ArgumentMissing,
    /// It takes or returns another kind of number.
    OtherNumber,
    /// It returns nothing, and CPython uses the result.
    ResultMissing,
    /// It has to return a struct, and its type does not say whether it does.
    Struct,
}

impl Mend {
    /// What becomes of a function that is called as `callee`.
    pub fn of(callee: &Callee, declared: &Signature) -> Self {
        let Signature::Is(declared) = declared else { return Self::NoFunction };
        let other = |types: &[ValueType]| types.iter().any(|each| *each != ValueType::I32);
        if other(&declared.parameters) {
            return Self::OtherNumber;
        }
        if declared.parameters.len() > callee.parameters {
            return Self::ArgumentMissing;
        }
        match (callee.returns, &declared.results[..]) {
            (Returns::Struct, _) => Self::Struct,
            // Whatever it is, it is dropped.
            (Returns::Nothing, [] | [_]) | (Returns::Status, []) | (_, [ValueType::I32]) => Self::Adapter,
            (_, []) => Self::ResultMissing,
            _ => Self::OtherNumber,
        }
    }

    /// Why it is left as it is; nothing for an adapter.
    pub fn reason(self) -> Option<&'static str> {
        match self {
            Self::Adapter => None,
            Self::NoFunction => Some("the pointer names no function"),
            Self::ArgumentMissing => Some("the function takes an argument that CPython does not pass"),
            Self::OtherNumber => Some("the function takes or returns another kind of number"),
            Self::ResultMissing => Some("the function returns nothing, and CPython uses the result"),
            Self::Struct => Some("it has to return a struct, and its type does not say whether it does"),
        }
    }
}

const TYPES: u8 = 1;
const IMPORTS: u8 = 2;
const FUNCTIONS: u8 = 3;
const EXPORTS: u8 = 7;
const CODE: u8 = 10;
const FUNCTION: u8 = 0;
const LOCAL_GET: u8 = 0x20;
const CALL: u8 = 0x10;
const DROP: u8 = 0x1a;
const I32_CONST: u8 = 0x41;
const END: u8 = 0x0b;

/// A module with an adapter for each function: it imports `f` `0`, `f` `1`, … as they are declared, and exports
/// `0`, `1`, … as CPython calls them. Each pair, declared and expected, has to be one that [`Mend::of`] gives an adapter.
pub fn adapters(functions: &[(FunctionType, FunctionType)]) -> Vec<u8> {
    let count = functions.len();
    let mut types = Vec::new();
    let mut imports = Vec::new();
    let mut declarations = Vec::new();
    let mut exports = Vec::new();
    let mut code = Vec::new();
    for (index, (declared, expected)) in functions.iter().enumerate() {
        // The types alternate: as declared, as expected.
        for each in [declared, expected] {
            types.push(0x60);
            for part in [&each.parameters, &each.results] {
                vector(
                    &mut types,
                    part.len(),
                    &part.iter().filter_map(|each| each.code()).collect::<Vec<_>>(),
                );
            }
        }
        name(&mut imports, "f");
        name(&mut imports, &index.to_string());
        imports.push(FUNCTION);
        number(&mut imports, index * 2);
        number(&mut declarations, index * 2 + 1);
        name(&mut exports, &index.to_string());
        exports.push(FUNCTION);
        number(&mut exports, count + index);

        let mut body = vec![0];
        for parameter in 0..declared.parameters.len() {
            body.push(LOCAL_GET);
            number(&mut body, parameter);
        }
        body.push(CALL);
        number(&mut body, index);
        match (declared.results.len(), expected.results.len()) {
            (1, 0) => body.push(DROP),
            (0, 1) => body.extend([I32_CONST, 0]),
            _ => {}
        }
        body.push(END);
        vector(&mut code, body.len(), &body);
    }
    let mut module = b"\0asm\x01\0\0\0".to_vec();
    for (id, entries, bytes) in [
        (TYPES, count * 2, types),
        (IMPORTS, count, imports),
        (FUNCTIONS, count, declarations),
        (EXPORTS, count, exports),
        (CODE, count, code),
    ] {
        let mut section = Vec::new();
        vector(&mut section, entries, &bytes);
        module.push(id);
        vector(&mut module, section.len(), &section);
    }
    module
}

/// A count, and the bytes of so many things.
fn vector(to: &mut Vec<u8>, count: usize, bytes: &[u8]) {
    number(to, count);
    to.extend(bytes);
}

fn name(to: &mut Vec<u8>, name: &str) {
    vector(to, name.len(), name.as_bytes());
}

/// LEB128.
fn number(to: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        to.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    to.push(number as u8);
}
