//! Steps that show their progress, and are not done twice.

use std::{
    collections::BTreeMap,
    fs,
    io::IsTerminal,
    panic,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use duct::Expression;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

/// How many lines of a failed command's output are shown.
const TAIL: usize = 40;

/// Runs steps whose results stay in a folder.
#[derive(Debug)]
pub struct Steps {
    home: PathBuf,
    /// A line for each step that is being done.
    lines: MultiProgress,
    /// By name: who comes second waits, and finds it done.
    turns: Mutex<BTreeMap<String, Arc<Mutex<()>>>>,
}

impl Steps {
    /// Keeps stamps and logs in `home`.
    pub fn new(home: &Path) -> Result<Self> {
        for folder in ["stamps", "logs"] {
            let path = home.join(folder);
            fs::create_dir_all(&path).with_context(|| format!("create {}", path.display()))?;
        }
        Ok(Self { home: home.to_owned(), lines: MultiProgress::new(), turns: Mutex::default() })
    }

    /// Does `work` unless it was finished before with the same `key`. An interrupted step has no
    /// stamp, so it is done anew: `work` starts by clearing what it finds.
    ///
    /// Returns whether there was anything to do.
    pub fn once(&self, name: &str, key: &str, work: impl FnOnce(&Log) -> Result<()>) -> Result<bool> {
        let turn = Arc::clone(
            self.turns.lock().unwrap_or_else(PoisonError::into_inner).entry(name.to_owned()).or_default(),
        );
        let _turn = turn.lock().unwrap_or_else(PoisonError::into_inner);
        let stamp = self.home.join("stamps").join(file_name(name));
        if fs::read_to_string(&stamp).is_ok_and(|done| done == key) {
            return Ok(false);
        }
        self.forget(&[name])?;
        self.always(name, work)?;
        fs::write(&stamp, key).with_context(|| format!("write {}", stamp.display()))?;
        Ok(true)
    }

    /// Makes steps be done anew whose results another step is about to remove.
    pub fn forget(&self, names: &[&str]) -> Result<()> {
        for name in names {
            let stamp = self.home.join("stamps").join(file_name(name));
            if stamp.exists() {
                fs::remove_file(&stamp).with_context(|| format!("remove {}", stamp.display()))?;
            }
        }
        Ok(())
    }

    /// Does `work` and shows its name and time.
    pub fn always<T>(&self, name: &str, work: impl FnOnce(&Log) -> Result<T>) -> Result<T> {
        let start = Instant::now();
        let log = Log { path: self.home.join("logs").join(file_name(name) + ".log") };
        fs::write(&log.path, "").with_context(|| format!("write {}", log.path.display()))?;
        let spinner = self.spinner(name);
        let result = work(&log);
        spinner.finish_and_clear();
        let time = time(start.elapsed());
        let word = if result.is_ok() { "done  " } else { "FAILED" };
        self.lines.suspend(|| eprintln!("  {word}  {name} ({time})"));
        result.with_context(|| name.to_owned())
    }

    fn spinner(&self, name: &str) -> ProgressBar {
        if !std::io::stderr().is_terminal() {
            eprintln!("  start   {name}");
            return ProgressBar::hidden();
        }
        let style = ProgressStyle::with_template("  {spinner} {msg} ({elapsed})")
            .unwrap_or_else(|_| ProgressStyle::default_spinner());
        let bar = self.lines.add(ProgressBar::new_spinner().with_style(style).with_message(name.to_owned()));
        bar.enable_steady_tick(Duration::from_millis(120));
        bar
    }
}

/// Does two things at once, whose steps differ. Both come to their end; the error is the first one's if both fail.
pub fn at_once<A: Send, B>(
    first: impl FnOnce() -> Result<A> + Send,
    second: impl FnOnce() -> Result<B>,
) -> Result<(A, B)> {
    thread::scope(|scope| {
        let first = scope.spawn(first);
        let second = second();
        let first = first.join().unwrap_or_else(|panicked| panic::resume_unwind(panicked));
        Ok((first?, second?))
    })
}

/// Where the output of a step's commands goes.
#[derive(Debug)]
pub struct Log {
    pub path: PathBuf,
}

impl Log {
    /// Runs a command with its output in the log; a failure shows the end of it.
    pub fn run(&self, command: &Expression) -> Result<()> {
        let file = fs::OpenOptions::new().append(true).open(&self.path)?;
        let output = command.stderr_to_stdout().stdout_file(file).stdin_null().unchecked().run()?;
        if output.status.success() {
            return Ok(());
        }
        let text = String::from_utf8_lossy(&fs::read(&self.path)?).into_owned();
        let lines: Vec<&str> = text.lines().collect();
        let tail = lines[lines.len().saturating_sub(TAIL)..].join("\n");
        bail!("a command failed: {}\n{tail}\n(whole output: {})", output.status, self.path.display())
    }
}

pub fn time(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..60 => format!("{:.1} s", duration.as_secs_f64()),
        _ => format!("{} min {:02} s", seconds / 60, seconds % 60),
    }
}

fn file_name(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() || "-.".contains(c) { c } else { '_' }).collect()
}
