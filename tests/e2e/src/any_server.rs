//! A server that knows nothing of the page: Python's own.

use std::{
    net::{TcpListener, TcpStream},
    path::Path,
    thread,
    time::Duration,
};

use anyhow::{Result, ensure};
use duct::{Handle, cmd};
use xtask::Workshop;

/// Serves a folder until it is dropped: neither headers nor types of ours, nothing compressed.
pub struct AnyServer {
    process: Handle,
    /// With a slash at its end.
    pub address: String,
}

impl AnyServer {
    /// On a free port of the loopback.
    pub fn start(workshop: &Workshop, folder: &Path) -> Result<Self> {
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let text = port.to_string();
        let program = &workshop.build_python;
        let server = cmd!(program, "-m", "http.server", text, "--bind", "127.0.0.1", "--directory", folder);
        let process = server.stdout_null().stderr_null().start()?;
        let server = Self { process, address: format!("http://127.0.0.1:{port}/") };
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            ensure!(server.process.try_wait()?.is_none(), "the server has ended");
            thread::sleep(Duration::from_millis(50));
        }
        Ok(server)
    }
}

impl Drop for AnyServer {
    fn drop(&mut self) {
        // It may have ended already.
        self.process.kill().ok();
    }
}
