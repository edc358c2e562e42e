//! CPython in Cloudflare's runtime, from a snapshot and precompiled modules.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::{
    Workshop,
    build::{
        archive,
        cpython::Cpython,
        interpreter,
        python::Run,
        snapshot::{self, Embedder},
    },
    tools::{
        files::{clear, copy, copy_all},
        http, need,
        node::{TOOLS_NODE, npm_install},
    },
};

const PACKAGE: &str = "@cloudflare/workerd-linux-64";

/// The Worker with all its modules in a folder.
#[derive(Debug)]
pub struct Site {
    folder: PathBuf,
    program: PathBuf,
}

/// Installs workerd; returns the program.
pub fn install(workshop: &Workshop) -> Result<PathBuf> {
    let home = workshop.home.join("workerd");
    let version = &workshop.pins.workerd.version;
    workshop.steps.once(&format!("workerd {version}"), &format!("{} {version}", home.display()), |log| {
        need("npm", "npm")?;
        clear(&home)?;
        log.run(&npm_install(&home, &[format!("{PACKAGE}@{version}")]))
    })?;
    Ok(home.join("node_modules").join(PACKAGE).join("bin/workerd"))
}

impl Site {
    /// Installs workerd and puts the folder together.
    pub fn build(workshop: &Workshop, cpython: &Cpython) -> Result<Self> {
        let site = Self { folder: workshop.home.join("workerd-site"), program: install(workshop)? };
        let python = interpreter::build(workshop, cpython)?;
        workshop.steps.always("workerd's modules", |log| {
            clear(&site.folder)?;
            let (root, dist) = (&workshop.root, workshop.root.join(archive::DIST));
            let example = root.join("examples/workerd");
            for file in [
                example.join("worker.mjs"),
                example.join("config.capnp"),
                python.join("python.mjs"),
                python.join("python.wasm"),
                python.join("python.build"),
                dist.join("adaptor.wasm"),
            ] {
                let name = file.file_name().context("a file")?;
                copy(&file, &site.folder.join(name))?;
            }
            for part in ["snapshot", "pool"] {
                copy_all(&root.join("npm").join(part), &site.folder.join(part))?;
            }
            let stdlib = site.folder.join(format!("python{}.zip", workshop.pins.cpython.digits()));
            log.run(&cpython.pack_library(workshop, &stdlib))?;
            let embedder = Embedder { workshop, cpython };
            let handler = fs::read_to_string(example.join("handler.py"))?;
            let snapshot = site.folder.join(snapshot::FILE);
            // Another V8 than workerd's takes the snapshot.
            let run = Run { library: Some(stdlib), ..Run::new(&python, TOOLS_NODE) };
            log.run(&embedder.take(&run, &snapshot, &handler)?)
        })?;
        Ok(site)
    }

    /// Starts it; it has answered once when this returns.
    pub fn serve(&self) -> Result<Server> {
        let start = Instant::now();
        let mut server = Server::start(&self.program, &self.folder, "config.capnp")?;
        let answer = server.get("/?number=2")?;
        server.start_up = start.elapsed();
        server.first = check(&answer, 2, false)?;
        Ok(server)
    }
}

/// A running workerd, which is ended when this is dropped.
#[derive(Debug)]
pub struct Server {
    child: Child,
    /// Without a slash at its end.
    pub address: String,
    /// From the start of the process to the first answer, for a [`Site`].
    pub start_up: Duration,
    /// The first answer.
    pub first: Value,
}

impl Server {
    /// Starts workerd on a free port of the loopback, with a configuration of a folder.
    pub fn start(program: &Path, folder: &Path, configuration: &str) -> Result<Self> {
        let mut child = Command::new(program)
            .args(["serve", "--control-fd=1", configuration])
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("start {}", program.display()))?;
        let output = child.stdout.take().context("workerd's output")?;
        let mut server = Self { child, address: String::new(), start_up: Duration::ZERO, first: Value::Null };
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let event: Value =
            serde_json::from_str(&line).context("workerd did not start: see its messages above")?;
        let port = event["port"].as_u64().with_context(|| format!("workerd's port, not {line}"))?;
        server.address = format!("http://127.0.0.1:{port}");
        Ok(server)
    }

    /// Requests a path; returns the text of the answer.
    pub fn get(&self, path: &str) -> Result<String> {
        let response = http::get(&format!("{}{path}", self.address))?;
        let status = response.status();
        let text = String::from_utf8(response.into_body().into())?;
        ensure!(status.is_success(), "{path}: {status}: {text}");
        Ok(text)
    }

    /// Waits for it to end by itself.
    pub fn wait(mut self) -> Result<()> {
        self.child.wait()?;
        Ok(())
    }

    /// Makes requests, some at a time, each to a fresh Python or all to one, and checks each answer. Returns answers per second.
    pub fn load(&self, requests: u32, at_a_time: u32, fresh: bool) -> Result<f64> {
        let next = AtomicU32::new(0);
        let path = if fresh { "/fresh" } else { "/" };
        let client = || -> Result<()> {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= requests {
                    return Ok(());
                }
                check(&self.get(&format!("{path}?number={number}"))?, number, fresh)?;
            }
        };
        let start = Instant::now();
        thread::scope(|scope| {
            let clients: Vec<_> = (0..at_a_time).map(|_| scope.spawn(client)).collect();
            clients
                .into_iter()
                .try_for_each(|client| client.join().map_err(|_| anyhow::anyhow!("a client panicked"))?)
        })?;
        Ok(f64::from(requests) / start.elapsed().as_secs_f64())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// What examples/workerd/handler.py answers. A fresh Python has had one request.
fn check(answer: &str, number: u32, fresh: bool) -> Result<Value> {
    let found: Value = serde_json::from_str(answer).with_context(|| format!("parse {answer}"))?;
    let number = u64::from(number);
    let right = found["number"] == number
        && found["square"] == number * number
        && found["noargs"] == serde_json::json!([0, 1, 3])
        && found["o"] == number
        && found["varargs"] == serde_json::json!([number, number + 1])
        && found["getter"] == 1
        && found["path"] == "wasm-gc"
        && (!fresh || found["requests"] == 1)
        && found["refused"]
            .as_str()
            .is_some_and(|text| text.starts_with("Handler has unexpected call signature"));
    ensure!(right, "a wrong answer for {number}: {answer}");
    Ok(found)
}
