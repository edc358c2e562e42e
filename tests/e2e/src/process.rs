//! Programs that tests start: those that they do not wait for, and those that must end.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Output, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use duct::Expression;

/// What a script may take on a busy machine. Node was once seen to wait for ever where it ended while it compiled.
const LONGEST: Duration = Duration::from_mins(8);

/// Runs a command that must end; its standard output is captured.
pub fn finish(what: &str, command: &Expression) -> Result<Output> {
    let run = command.stdout_capture().unchecked().start()?;
    let Some(output) = run.wait_timeout(LONGEST)? else {
        run.kill()?;
        bail!("{what} did not end in {LONGEST:?}");
    };
    Ok(output.clone())
}

/// Runs a command that must end, and end well; returns what it printed.
pub fn read(what: &str, command: &Expression) -> Result<String> {
    let output = finish(what, command)?;
    ensure!(output.status.success(), "{what}: {}", output.status);
    Ok(String::from_utf8(output.stdout)?)
}

/// A program that ends when this is dropped: also in a test that fails.
#[derive(Debug)]
pub struct Process(Child);

impl Process {
    /// Starts it with nothing to read, and with its output for [`Process::line`].
    pub fn start(command: &mut Command) -> Result<Self> {
        let command = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        Ok(Self(command.spawn().with_context(|| format!("start {command:?}"))?))
    }

    /// By this the system knows it.
    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// Waits for a line of its output that begins so.
    pub fn line(&mut self, beginning: &str) -> Result<String> {
        let output = self.0.stdout.as_mut().context("its output")?;
        let mut lines = BufReader::new(output).lines().map_while(Result::ok);
        lines.find(|line| line.starts_with(beginning)).with_context(|| format!("it printed no {beginning}"))
    }

    /// Whether it has ended by itself.
    pub fn has_ended(&mut self) -> Result<bool> {
        Ok(self.0.try_wait()?.is_some())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        self.0.kill().ok();
        self.0.wait().ok();
    }
}
