//! Links CPython with a trampoline into `python.mjs` and `python.wasm`.

use std::{
    collections::BTreeSet,
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use crate::{
    Workshop,
    build::{
        cpython::{CFLAGS, Cpython, Kind},
        extension::{self, Extension, is_cpp},
    },
    tools::{
        files::{clear, sha256},
        steps::Log,
    },
};

/// Whose trampoline is linked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Trampoline {
    /// Ours, in one of the ways of docs/links.md.
    Ours(Way),
    /// CPython's own.
    Stock,
}

/// How our archive takes the place of CPython's object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Way {
    /// Named before CPython's library, whose object is then never pulled in.
    ArchiveFirst,
    /// `--whole-archive` with `--allow-multiple-definition`: the first definition wins.
    AllowMultipleDefinition,
    /// The same with `--wrap`: ours is called although it stands last.
    Wrap,
    /// CPython's object is taken out of its library.
    DeleteObject,
}

/// The names that CPython's call sites and start-up use, for `--wrap`.
pub const WRAPPED: [&str; 4] = [
    "_PyEM_TrampolineCall",
    "_PyEM_TrampolineCall_JavaScript",
    "_PyEM_TrampolineCall_Reflection",
    "_Py_EmscriptenTrampoline_Init",
];

/// CPython's object with its trampoline, a member of its library.
pub const STOCK_OBJECT: &str = "emscripten_trampoline.o";

/// An interpreter to be linked.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Link {
    /// Its folder's name.
    pub name: String,
    pub trampoline: Trampoline,
    pub extensions: Vec<Extension>,
    /// The folders of the extensions' headers.
    pub include: Vec<PathBuf>,
    pub flags: Vec<String>,
}

impl Link {
    pub fn new(name: &str, trampoline: Trampoline) -> Self {
        Self {
            name: name.to_owned(),
            trampoline,
            extensions: Vec::new(),
            include: Vec::new(),
            flags: Vec::new(),
        }
    }

    pub fn extension(mut self, name: &str, files: &[PathBuf]) -> Self {
        self.extensions.push(Extension { name: name.to_owned(), files: files.to_owned() });
        self
    }

    pub fn flags(mut self, flags: &[&str]) -> Self {
        self.flags.extend(flags.iter().map(|&flag| flag.to_owned()));
        self
    }

    /// Links unless the same inputs were linked before; returns the folder.
    pub fn build(&self, workshop: &Workshop, cpython: &Cpython, archive: &Path) -> Result<PathBuf> {
        let folder = workshop.home.join("python").join(&self.name);
        let key = self.key(workshop, cpython, archive, &folder)?;
        workshop.steps.once(&format!("link {}", self.name), &key, |log| {
            clear(&folder)?;
            let main = folder.join("main.c");
            fs::write(&main, main_c(&self.extensions))?;
            let sources = self.sources();
            let mut objects = Vec::new();
            for (index, source) in [&main].into_iter().chain(sources.iter().copied()).enumerate() {
                let stem = source.file_stem().unwrap_or_default().display();
                let object = folder.join(format!("{index}-{stem}.o"));
                compile(log, workshop, cpython, &self.include, source, &object)?;
                objects.push(object);
            }
            let mut arguments = self.arguments(log, workshop, cpython, archive, &folder, objects)?;
            let mut linker = "emcc";
            if sources.iter().any(|source| is_cpp(source)) {
                // It adds the C++ library.
                linker = "em++";
                arguments.push(CPP_EXCEPTIONS.to_owned());
            }
            log.run(&workshop.emscripten.command(linker, arguments))?;
            // What `buildId` of npm/snapshot computes.
            let build = sha256(&fs::read(folder.join("python.wasm"))?);
            fs::write(folder.join("python.build"), build)?;
            // Part of the name of the standard library's folder.
            Ok(fs::write(folder.join("python.minor"), &cpython.minor)?)
        })?;
        Ok(folder)
    }

    fn key(&self, workshop: &Workshop, cpython: &Cpython, archive: &Path, folder: &Path) -> Result<String> {
        let mut hasher = DefaultHasher::new();
        (self, folder, &workshop.emscripten.version, FLAGS, &cpython.minor).hash(&mut hasher);
        let library = fs::metadata(cpython.library())?;
        (library.len(), library.modified()?).hash(&mut hasher);
        if self.trampoline != Trampoline::Stock {
            fs::read(archive)?.hash(&mut hasher);
        }
        // A flag may name a file, whose content may change: --pre-js FILE, an archive.
        for file in self.flags.iter().map(Path::new).filter(|path| path.is_file()) {
            fs::read(file)?.hash(&mut hasher);
        }
        let sources = self.sources();
        let headers = extension::headers(&sources, &self.include)?;
        for file in sources.into_iter().chain(&headers) {
            let text = fs::read(file).with_context(|| format!("read {}", file.display()))?;
            text.hash(&mut hasher);
        }
        Ok(format!("{:016x}", hasher.finish()))
    }

    /// The files of all extensions, each once.
    fn sources(&self) -> BTreeSet<&PathBuf> {
        self.extensions.iter().flat_map(|extension| &extension.files).collect()
    }

    fn arguments(
        &self,
        log: &Log,
        workshop: &Workshop,
        cpython: &Cpython,
        archive: &Path,
        folder: &Path,
        objects: Vec<PathBuf>,
    ) -> Result<Vec<String>> {
        let text = |path: &Path| path.display().to_string();
        let mut arguments: Vec<String> = objects.iter().map(|object| text(object)).collect();
        let ours = text(archive);
        let library = text(&cpython.library());
        match self.trampoline {
            Trampoline::Stock => arguments.push(library),
            Trampoline::Ours(Way::ArchiveFirst) => arguments.extend([ours, library]),
            Trampoline::Ours(Way::AllowMultipleDefinition) => {
                arguments.extend(whole(&[&ours, &library]));
            }
            Trampoline::Ours(Way::Wrap) => {
                arguments.extend(whole(&[&library, &ours]));
                arguments.extend(WRAPPED.map(|name| format!("-Wl,--wrap={name}")));
            }
            Trampoline::Ours(Way::DeleteObject) => {
                let copy = folder.join(cpython.library_name());
                fs::copy(cpython.library(), &copy)?;
                let delete = ["d", &text(&copy), STOCK_OBJECT];
                log.run(&workshop.emscripten.command("emar", delete))?;
                arguments.extend([text(&copy), ours]);
            }
        }
        arguments.extend(cpython.dependencies().iter().map(|library| text(library)));
        // wasm-ld 21 crashes when it writes the map of a main module whose side modules throw C++ exceptions.
        let no_map = cpython.kind == Kind::Dynamic;
        let flags = FLAGS.into_iter().filter(|flag| !(no_map && *flag == "--emit-symbol-map"));
        arguments.extend(flags.map(str::to_owned));
        arguments.extend(cpython.kind.flags().iter().map(|&flag| flag.to_owned()));
        arguments.extend(self.flags.iter().cloned());
        arguments.extend(["-o".to_owned(), text(&folder.join("python.mjs"))]);
        Ok(arguments)
    }
}

/// As an embedder links for Node and browsers: modular, two files, a growing memory.
const FLAGS: [&str; 15] = [
    "-O2",
    "--emit-symbol-map",
    "-sMODULARIZE",
    "-sEXPORT_ES6",
    "-sWASM_BIGINT",
    "-sALLOW_MEMORY_GROWTH",
    "-sINITIAL_MEMORY=32MB",
    "-sSTACK_SIZE=5MB",
    "-sEXIT_RUNTIME",
    "-sFORCE_FILESYSTEM",
    "-lnodefs.js",
    RUNTIME_METHODS,
    EXPORTED_FUNCTIONS,
    "-sNODEJS_CATCH_EXIT=0",
    "-sNODEJS_CATCH_REJECTION=0",
];

/// What npm/snapshot calls.
pub const EXPORTED_FUNCTIONS: &str = "-sEXPORTED_FUNCTIONS=_main,_PyRun_SimpleString,_PyGILState_Ensure,_PyGILState_Release,_sbrk,_emscripten_stack_get_base,_emscripten_stack_get_current,_emscripten_stack_get_end,__emscripten_stack_restore";

/// Only the last such flag counts: a link that needs more methods lists these as well.
pub const RUNTIME_METHODS: &str =
    "-sEXPORTED_RUNTIME_METHODS=FS,ENV,callMain,ccall,wasmExports,wasmMemory,wasmTable,growMemory";

fn whole(archives: &[&str]) -> Vec<String> {
    let mut arguments = vec!["-Wl,--whole-archive".to_owned()];
    arguments.extend(archives.iter().map(|&archive| archive.to_owned()));
    arguments.push("-Wl,--no-whole-archive".to_owned());
    arguments.push("-Wl,--allow-multiple-definition".to_owned());
    arguments
}

/// `python` with more built-in modules, and a start for embedders: it initialises and returns.
fn main_c(extensions: &[Extension]) -> String {
    let mut text = String::from("#include <Python.h>\n#include <emscripten.h>\n");
    // CPython's own: by it, PyModule_Create learns the package of a module that is loaded from a file.
    text += "extern const char *_PyImport_SwapPackageContext(const char *);\n";
    for (index, extension) in extensions.iter().enumerate() {
        let (name, init) = (&extension.name, extension.init_function());
        text += &format!(
            "extern PyObject *{init}(void);\n\
             static PyObject *init_{index}(void) {{\n\
             \x20 const char *before = _PyImport_SwapPackageContext(\"{name}\");\n\
             \x20 PyObject *module = {init}();\n\
             \x20 _PyImport_SwapPackageContext(before);\n\
             \x20 return module;\n}}\n"
        );
    }
    text += "static int add_modules(void) {\n";
    for (index, Extension { name, .. }) in extensions.iter().enumerate() {
        text += &format!("  if (PyImport_AppendInittab(\"{name}\", init_{index}) < 0) return 1;\n");
    }
    text += "  return 0;\n}\n";
    text += "int main(int argc, char **argv) { return add_modules() ? 1 : Py_BytesMain(argc, argv); }\n";
    text += "EMSCRIPTEN_KEEPALIVE int python_start(void) {\n";
    text + "  if (add_modules()) return 1;\n  Py_InitializeEx(0);\n  return 0;\n}\n"
}

/// C++ is compiled and linked with it. Emscripten's default puts JavaScript frames under functions that catch.
pub const CPP_EXCEPTIONS: &str = "-fwasm-exceptions";

/// Compiles a C or C++ file as CPython compiles its own modules.
pub fn compile(
    log: &Log,
    workshop: &Workshop,
    cpython: &Cpython,
    include: &[PathBuf],
    source: &Path,
    object: &Path,
) -> Result<()> {
    let mut arguments = cpython.include_flags();
    arguments.extend(cpython.kind.flags().iter().map(|&flag| flag.to_owned()));
    arguments.extend(include.iter().map(|folder| format!("-I{}", folder.display())));
    if is_cpp(source) {
        arguments.push(CPP_EXCEPTIONS.to_owned());
    }
    let source = source.display().to_string();
    let object = object.display().to_string();
    let flags = [CFLAGS, "-DNDEBUG", "-O3", "-fno-strict-overflow", "-c", &source, "-o", &object];
    arguments.extend(flags.map(str::to_owned));
    log.run(&workshop.emscripten.command("emcc", arguments))
}
