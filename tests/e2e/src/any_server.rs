//! A server that knows nothing of the page: Python's own.

use std::{
    net::{TcpListener, TcpStream},
    path::Path,
    process::Command,
    thread,
    time::Duration,
};

use anyhow::{Result, ensure};
use xtask::Workshop;

use crate::process::Process;

/// Serves a folder until it is dropped: neither headers nor types of ours, nothing compressed.
#[derive(Debug)]
pub struct AnyServer {
    _process: Process,
    /// With a slash at its end.
    pub address: String,
}

impl AnyServer {
    /// On a free port of the loopback.
    pub fn start(workshop: &Workshop, folder: &Path) -> Result<Self> {
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let mut command = Command::new(&workshop.build_python);
        command.args(["-m", "http.server", &port.to_string(), "--bind", "127.0.0.1", "--directory"]);
        let mut process = Process::start(command.arg(folder))?;
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            ensure!(!process.has_ended()?, "the server has ended");
            thread::sleep(Duration::from_millis(50));
        }
        Ok(Self { _process: process, address: format!("http://127.0.0.1:{port}/") })
    }
}
