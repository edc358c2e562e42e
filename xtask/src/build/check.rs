//! What a linked program holds: whose trampoline, and the hook.

use std::{
    collections::BTreeMap,
    fmt, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail, ensure};
use wasmparser::{Parser, Payload, TypeRef};

use crate::build::archive::adaptor;

/// The import by which our archive asks JavaScript. It is in every program that calls anything of ours.
const OURS: &str = "pyem_resolve_js";
/// What only CPython's own trampolines import, of 3.11 and 3.12, 3.13, and later versions.
const UPSTREAM: [&str; 10] = [
    "_PyCFunctionWithKeywords_TrampolineCall",
    "descr_set_trampoline_call",
    "descr_get_trampoline_call",
    "_PyImport_InitFunc_TrampolineCall",
    "_PyEM_detect_type_reflection",
    "_PyEM_CountFuncParams",
    "_PyEM_TrampolineCall_JavaScript",
    "_PyEM_GetCountArgsPtr",
    "_PyEM_TrampolineCall_JS",
    "_PyEM_TrampolineCall_inner",
];
/// What CPython 3.13 imports for its start, even where nothing calls its trampoline.
const UPSTREAM_START: &str = "_PyEM_detect_type_reflection";
/// Text that each copy of the hook has once.
const HOOK: &str = "pyem-trampoline: ";
/// What collects hooks in the glue code of emscripten 3 and of later ones.
const HOOK_LISTS: [&str; 2] = ["__ATPRERUN__", "onPreRuns"];

/// The longest import's name that -O3 may have made.
const SHORT: usize = 3;
/// The length of what each WebAssembly module begins with.
const HEADER: usize = 8;

/// Whose trampoline is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Live {
    Ours,
    Upstream,
    /// Both are in it: the names at the call sites decide.
    Both,
    Neither,
    /// The names of the imports are gone.
    Unknown,
}

/// What was found in a program.
#[derive(Debug)]
pub struct Linked {
    pub live: Live,
    /// The imports of CPython's trampoline.
    pub upstream: Vec<&'static str>,
    /// Whether the adaptor is in its data.
    pub adaptor: bool,
    /// The copies of the hook in the glue code. One is enough; more do no harm.
    pub hooks: usize,
    /// Whether the glue code runs hooks; unknown where Closure has renamed everything.
    pub runs_hooks: Option<bool>,
    /// Whether the glue code has the address that the hook reads; unknown where Closure has renamed everything.
    pub address: Option<bool>,
}

impl Linked {
    /// Reads `program.wasm`, and `program.mjs` or `program.js` beside it.
    pub fn read(wasm: &Path) -> Result<Self> {
        let bytes = fs::read(wasm).with_context(|| format!("read {}", wasm.display()))?;
        let program = wasm.display();
        ensure!(
            Parser::is_core_wasm(&bytes),
            "{program} is no WebAssembly: name the .wasm file (-sSINGLE_FILE and -sWASM=0 make none: link once without)"
        );
        let module = Module::read(&bytes).with_context(|| format!("{program} is damaged or cut off"))?;
        ensure!(
            !module.memory64,
            "{program} has 64-bit memory (-sMEMORY64): pyem-trampoline is for 32-bit memory"
        );
        let Some(glue) = glue_of(wasm) else {
            ensure!(
                !module.relocated,
                "{program} is a side module, or a main module whose .mjs or .js is not beside it: name the program that \
                 loads it"
            );
            bail!(
                "there is no .mjs or .js of the same name beside {program}: it is the glue code that emcc writes"
            );
        };
        let glue = fs::read_to_string(&glue).with_context(|| format!("read {}", glue.display()))?;
        let names = imports_of_glue(&glue);
        let full = |name| *names.as_ref().and_then(|names| names.get(name)).unwrap_or(&name);
        let imports: Vec<&str> = module.imports.into_iter().map(full).collect();
        let has = |name: &str| {
            imports.iter().any(|import| *import == name || import.strip_prefix('_') == Some(name))
        };
        let upstream: Vec<&str> = UPSTREAM.into_iter().filter(|name| has(name)).collect();
        // Without its first bytes: Binaryen leaves zeros out of the data.
        let adaptor = &adaptor::encode()[HEADER..];
        let adaptor = bytes.windows(adaptor.len()).any(|window| window == adaptor);
        let calls_upstream = upstream.iter().any(|name| *name != UPSTREAM_START);
        // Closure renames the list of imports, and -O3 their names in wasm.
        let renamed = names.is_none() && imports.iter().all(|name| name.len() <= SHORT);
        Ok(Self {
            live: match (has(OURS) || renamed && adaptor, calls_upstream) {
                (true, false) => Live::Ours,
                (true, true) => Live::Both,
                (false, true) => Live::Upstream,
                (false, false) if renamed => Live::Unknown,
                (false, false) => Live::Neither,
            },
            upstream,
            adaptor,
            hooks: glue.matches(HOOK).count(),
            runs_hooks: names.is_some().then(|| HOOK_LISTS.iter().any(|list| glue.contains(list))),
            address: names.is_some().then(|| assigns(&glue, "_pyem_trampoline_abi")),
        })
    }

    /// What to do, a sentence for each fault; none if all is well.
    pub fn advice(&self) -> Vec<&'static str> {
        let mut advice = Vec::new();
        match self.live {
            Live::Ours => {}
            Live::Upstream => advice.push(
                "link libpyem_trampoline.a before CPython's library (a Pyodide that others linked: attach instead, \
                 docs/attach.md)",
            ),
            Live::Both => advice.push(
                "take CPython's out: emar d LIBPYTHON emscripten_trampoline.o, or name our archive first",
            ),
            Live::Neither => {
                advice.push("compile CPython with -DPY_CALL_TRAMPOLINE and link libpyem_trampoline.a")
            }
            Live::Unknown => advice.push("link once without --closure 1, and check that"),
        }
        if self.live != Live::Ours {
            return advice;
        }
        if !self.adaptor {
            advice.push("the archive is of another version than this check");
        }
        if self.hooks == 0 {
            advice.push("the glue code is not that of this link: take both files from one");
        }
        if self.runs_hooks == Some(false) {
            advice.push(
                "link with '-sDEFAULT_LIBRARY_FUNCS_TO_INCLUDE=$addOnPreRun' (emcc 3.1.69: without MINIMAL_RUNTIME): \
                 nothing runs the hook",
            );
        }
        if self.address == Some(false) {
            advice
                .push("link with -sEXPORTED_FUNCTIONS=_main,_pyem_trampoline_abi: the hook does not find it");
        }
        advice
    }
}

impl fmt::Display for Linked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = |state: Option<bool>| match state {
            Some(true) => "yes",
            Some(false) => "no",
            None => {
                "unknown: Closure has renamed it; start the program and read Module['pyemTrampoline'].path"
            }
        };
        let live = match self.live {
            Live::Ours => "pyem-trampoline",
            Live::Upstream => "CPython's own",
            Live::Both => "pyem-trampoline and CPython's own: the names at the call sites decide",
            Live::Neither => "none",
            Live::Unknown => "unknown: Closure has renamed the imports",
        };
        let upstream = match &self.upstream[..] {
            [] => "no".to_owned(),
            names => format!("yes: imports {}", names.join(", ")),
        };
        writeln!(f, "trampoline:               {live}")?;
        writeln!(f, "CPython's in the program: {upstream}")?;
        writeln!(f, "adaptor in the data:      {}", known(Some(self.adaptor)))?;
        writeln!(f, "copies of the hook:       {}", self.hooks)?;
        writeln!(f, "hooks are run:            {}", known(self.runs_hooks))?;
        writeln!(f, "pyem_trampoline_abi:      {}", known(self.address))?;
        self.advice().iter().try_for_each(|advice| writeln!(f, "TO DO: {advice}"))
    }
}

/// What is read of a WebAssembly module.
struct Module<'a> {
    /// The names of the imported functions.
    imports: Vec<&'a str>,
    memory64: bool,
    /// Whether it is linked anew when it is loaded, as side modules and their programs are.
    relocated: bool,
}

impl<'a> Module<'a> {
    fn read(bytes: &'a [u8]) -> Result<Self> {
        let mut module = Self { imports: Vec::new(), memory64: false, relocated: false };
        for payload in Parser::new(0).parse_all(bytes) {
            match payload? {
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        let import = import?;
                        match import.ty {
                            TypeRef::Memory(memory) => module.memory64 |= memory.memory64,
                            TypeRef::Func(_) => module.imports.push(import.name),
                            _ => {}
                        }
                    }
                }
                Payload::MemorySection(section) => {
                    for memory in section {
                        module.memory64 |= memory?.memory64;
                    }
                }
                Payload::CustomSection(section) => module.relocated |= section.name() == "dylink.0",
                _ => {}
            }
        }
        Ok(module)
    }
}

fn glue_of(wasm: &Path) -> Option<PathBuf> {
    ["mjs", "js", "cjs"]
        .map(|extension| wasm.with_extension(extension))
        .into_iter()
        .find(|glue| glue.is_file())
}

/// The names of the functions that the glue code hands in, by the names that wasm imports, which -O3 shortens.
/// `wasmImports = { /** @export */ a: _fd_write, … }`
fn imports_of_glue(glue: &str) -> Option<BTreeMap<&str, &str>> {
    let list = glue.split("wasmImports").skip(1).find_map(|rest| {
        let rest = rest.trim_start().strip_prefix('=')?.trim_start().strip_prefix('{')?;
        Some(rest.split_once('}')?.0)
    })?;
    let words = list.split(',').filter_map(|entry| {
        let (name, value) = entry.rsplit("*/").next()?.split_once(':')?;
        Some((name.trim().trim_matches(['"', '\'']), value.trim()))
    });
    Some(words.collect())
}

fn assigns(glue: &str, name: &str) -> bool {
    glue.split(name).skip(1).any(|rest| {
        let rest = rest.trim_start();
        rest.starts_with('=') && !rest.starts_with("==")
    })
}
