//! Which calls CPython sends through its trampoline, and what becomes of a mismatched function there.

use crate::{Callee, Returns, Signature, ValueType, Verdict};

/// The trampoline that is live. What it covers is the same from CPython 3.11 to 3.15; what it does with a function
/// that it cannot call as it is, is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trampoline {
    /// Ours, linked or attached: `SystemError` for what it cannot call.
    Ours,
    /// CPython's with WebAssembly GC (3.14 on; Pyodide from 0.27 on): `SystemError`, but a slot beyond the table
    /// traps.
    Adaptor,
    /// CPython 3.12's and 3.13's and Pyodide's to 0.26 where the engine has type reflection: it counts parameters, and calls a function
    /// with so many whatever their types are.
    Reflection,
    /// CPython's in JavaScript (3.11 to 3.13, and every version where there is no WebAssembly GC): it passes three
    /// arguments to anything, and converts.
    JavaScript,
}

/// The calls that go through it: `Objects/methodobject.c`, `descrobject.c` and `Python/bytecodes.c`. `tp_call` does
/// so in `f(x)` only, and not in `f(*arguments)` or `PyObject_Call`: it counts as not covered.
const COVERED: [&str; 6] =
    ["METH_NOARGS", "METH_O", "METH_VARARGS", "METH_VARARGS|METH_KEYWORDS", "getter", "setter"];

/// The most parameters that it passes.
const MOST: usize = 3;

impl Trampoline {
    /// What happens when CPython calls such a function as `callee`.
    pub fn verdict(self, callee: &Callee, declared: &Signature) -> Verdict {
        if !COVERED.contains(&callee.name) {
            return Verdict::Traps;
        }
        let Signature::Is(declared) = declared else {
            return if self == Self::Ours { Verdict::Refused } else { Verdict::Traps };
        };
        if self == Self::JavaScript {
            let is_number =
                |each: &ValueType| matches!(each, ValueType::I32 | ValueType::F32 | ValueType::F64);
            return match &declared.results[..] {
                // JavaScript converts no number to or from i64.
                _ if !declared.parameters.iter().all(is_number) => Verdict::Traps,
                // Its result counts as 0: success of a setter, and null without an exception of anything else.
                [] if callee.returns == Returns::Status => Verdict::Handled,
                [] => Verdict::Refused,
                [ValueType::I32] => Verdict::Handled,
                // A pointer that is none.
                [result] if is_number(result) && callee.returns == Returns::Status => Verdict::Handled,
                _ => Verdict::Traps,
            };
        }
        let few = declared.parameters.len() <= MOST;
        match few && declared.is_of_words() && declared.results.len() == 1 {
            true => Verdict::Handled,
            false if few && self == Self::Reflection => Verdict::Traps,
            false => Verdict::Refused,
        }
    }
}
