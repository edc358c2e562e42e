//! Emscripten: the one on PATH, or Debian's in the project's prefix.

use std::{
    env,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use duct::{Expression, cmd};

use crate::tools::{
    debian::Debian,
    node::{self, TOOLS_NODE, npm_install},
    pins::Pins,
    steps::Steps,
};

/// An emscripten that was found or installed.
#[derive(Debug)]
pub struct Emscripten {
    /// `6.0.5`
    pub version: String,
    /// Where it comes from, for people.
    pub origin: String,
    /// The folder of clang, wasm-ld and llvm-nm.
    pub llvm: PathBuf,
    /// What its programs find in their environment.
    pub variables: Vec<(String, String)>,
}

impl Emscripten {
    /// Takes the emcc on PATH if there is one and it is new enough; else installs Debian's.
    pub fn find_or_install(steps: &Steps, home: &Path, pins: &Pins, debian: &Debian<'_>) -> Result<Self> {
        let mut found = match version_on_path()? {
            Some(version) => {
                ensure_new_enough(&version, &pins.emscripten.version)?;
                Self { version, origin: "on PATH".to_owned(), llvm: PathBuf::new(), variables: Vec::new() }
            }
            None => return Self::install(steps, home, pins, debian, &debian.build_python()?),
        };
        let llvm = found.command("em-config", ["LLVM_ROOT"]).read().context("em-config")?;
        found.llvm = PathBuf::from(llvm.trim());
        Ok(found)
    }

    /// Debian's oldest that the archive is linked with, installed unless it is there.
    pub fn install_oldest(steps: &Steps, home: &Path, pins: &Pins, python: &Path) -> Result<Self> {
        let debian = Debian::of_oldest_emscripten(home, pins);
        debian.install(steps)?;
        Self::install(steps, home, pins, &debian, python)
    }

    /// A command with this emscripten's programs in front of PATH.
    pub fn command<I>(&self, program: &str, arguments: I) -> Expression
    where
        I: IntoIterator,
        I::Item: Into<OsString>,
    {
        self.with_variables(cmd(self.program(program), arguments))
    }

    /// A command that finds this emscripten's programs on its PATH.
    pub fn with_variables(&self, command: Expression) -> Expression {
        let set = |command: Expression, (name, value): &(String, String)| command.env(name, value);
        self.variables.iter().fold(command, set)
    }

    /// The same, with the programs of one more folder.
    pub fn with_tools(&self, command: Expression, folder: &Path) -> Expression {
        let own = self.variables.iter().find(|(name, _)| name == "PATH").map(|(_, value)| value.clone());
        let path = own.unwrap_or_else(|| env::var("PATH").unwrap_or_default());
        self.with_variables(command.env("PATH", format!("{}:{path}", folder.display())))
    }

    /// A program's path, or its bare name, for which PATH is searched. (As a `Path` duct would take that for `./NAME`.)
    pub fn program(&self, name: &str) -> OsString {
        let path = self.variables.iter().find(|(name, _)| name == "PATH");
        let folder = path.and_then(|(_, value)| env::split_paths(value).next());
        match folder.map(|folder| folder.join(name)) {
            Some(program) if program.exists() => program.into(),
            _ => name.into(),
        }
    }

    /// Makes the emscripten in a prefix ready.
    fn install(steps: &Steps, home: &Path, pins: &Pins, debian: &Debian<'_>, python: &Path) -> Result<Self> {
        let (name, version) = debian.emscripten;
        let tools = debian.prefix.join("usr/share/emscripten");
        let config = home.join(format!("{name}.py"));
        // Debian's older packages bring the system libraries compiled.
        let compiled = tools.join("cache");
        let cache = if compiled.is_dir() { compiled } else { home.join(format!("{name}-cache")) };
        let path = format!("{}:{}", tools.display(), env::var("PATH").unwrap_or_default());
        let variables = [
            ("EM_CONFIG", config.display().to_string()),
            ("EMSDK_PYTHON", python.display().to_string()),
            ("PATH", path),
        ];
        let found = Self {
            version: fs::read_to_string(tools.join("emscripten-version.txt"))
                .context("read emscripten's version")?
                .trim()
                .trim_matches('"')
                .to_owned(),
            origin: "Debian's, in .toolchain".to_owned(),
            llvm: debian.llvm_bin()?,
            variables: variables.map(|(name, value)| (name.to_owned(), value)).into(),
        };
        ensure_new_enough(&found.version, version)?;
        let text = format!(
            "LLVM_ROOT = '{}'\nBINARYEN_ROOT = '{}'\nNODE_JS = '{}'\nCACHE = '{}'\nCLOSURE_COMPILER = ['{}']\n",
            found.llvm.display(),
            debian.prefix.join("usr").display(),
            node::program(home, pins, TOOLS_NODE)?.display(),
            cache.display(),
            tools.join("node_modules/google-closure-compiler-linux/compiler").display(),
        );
        let key = format!("{text} {:?} {}", pins.npm, debian.key);
        steps.once(&debian.emscripten_step(), &key, |log| {
            fs::write(&config, &text).with_context(|| format!("write {}", config.display()))?;
            let packages: Vec<String> =
                pins.npm.iter().map(|(name, version)| format!("{name}@{version}")).collect();
            log.run(&npm_install(&tools, &packages))?;
            let trial = home.join(format!("{name}-trial.c"));
            fs::write(&trial, "int main(void) { return 0; }\n")?;
            let output = home.join(format!("{name}-trial.mjs"));
            let arguments: [&std::ffi::OsStr; 4] =
                [trial.as_os_str(), "-O2".as_ref(), "-o".as_ref(), output.as_os_str()];
            log.run(&found.command("emcc", arguments))
        })?;
        Ok(found)
    }
}

fn version_on_path() -> Result<Option<String>> {
    let path = env::var_os("PATH").unwrap_or_default();
    let Some(emcc) = env::split_paths(&path).map(|folder| folder.join("emcc")).find(|emcc| emcc.is_file())
    else {
        return Ok(None);
    };
    let text = cmd!(&emcc, "--version").read().with_context(|| format!("{} --version", emcc.display()))?;
    let version = text
        .split_whitespace()
        .find(|word| word.split('.').count() == 3 && word.starts_with(|c: char| c.is_ascii_digit()))
        .with_context(|| format!("{} --version names no version: {text}", emcc.display()))?;
    Ok(Some(version.trim_end_matches("-git").to_owned()))
}

/// Refuses an emscripten older than the tested one.
pub fn ensure_new_enough(version: &str, wanted: &str) -> Result<()> {
    let numbers =
        |text: &str| -> Vec<u32> { text.split(['.', '-']).filter_map(|n| n.parse().ok()).collect() };
    ensure!(
        numbers(version) >= numbers(wanted),
        "emscripten {version} is too old: {wanted} or newer is required (take it off PATH to use the project's own)"
    );
    Ok(())
}
