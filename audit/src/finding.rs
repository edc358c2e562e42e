//! What an audit found.

use std::fmt;

use crate::{Callee, Signature, repair::Mend};

/// What happens when CPython calls a mismatched function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verdict {
    /// A trap: the interpreter does not survive it.
    Traps,
    /// `SystemError`.
    Refused,
    /// The trampoline calls it.
    Handled,
}

impl Verdict {
    pub const ALL: [Self; 3] = [Self::Traps, Self::Refused, Self::Handled];

    pub fn name(self) -> &'static str {
        match self {
            Self::Traps => "traps",
            Self::Refused => "refused",
            Self::Handled => "handled",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A mismatched function, and where CPython finds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// `operator`.
    pub module: String,
    /// The type, function or method within it: `methodcaller`, `Struct.pack`; empty for the module itself.
    pub name: String,
    /// What CPython calls it as.
    pub callee: Callee,
    /// What the function is; never [`Signature::Unknown`].
    pub declared: Signature,
    /// Its slot in the function table.
    pub table_slot: u32,
    pub verdict: Verdict,
    pub mend: Mend,
    /// Addresses of all pointers to it that CPython calls in this way, in the order in which they were found.
    pub places: Vec<u32>,
    /// Types that inherited it.
    pub inherited_by: Vec<String>,
}

impl Finding {
    /// `operator.methodcaller`.
    pub fn full_name(&self) -> String {
        match (self.module.as_str(), self.name.as_str()) {
            ("", name) => name.to_owned(),
            (module, "") => module.to_owned(),
            (module, name) => format!("{module}.{name}"),
        }
    }

    /// The function's type for people.
    pub fn declared_text(&self) -> String {
        match &self.declared {
            Signature::Is(declared) => declared.to_string(),
            _ => "no function".to_owned(),
        }
    }
}

/// All that an audit has to say.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// How many pointers to functions were compared.
    pub checked: usize,
    /// How many could not be, because the image does not have their function or the memory they are in.
    pub unknown: usize,
    /// By verdict, the worst first, then by name.
    pub findings: Vec<Finding>,
}

impl Report {
    /// Keeps the findings of these modules and what is in them; all of them if none is named.
    pub fn keep_modules(&mut self, modules: &[String]) {
        let is_in = |module: &str, name: &String| {
            module.strip_prefix(name.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        let kept = |finding: &Finding| modules.iter().any(|name| is_in(&finding.module, name));
        self.findings.retain(|finding| modules.is_empty() || kept(finding));
    }
}
