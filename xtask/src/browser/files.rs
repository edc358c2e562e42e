//! A static file server on loopback that closes each connection, for pages that load many files at once.
//!
//! `serve.rs` keeps connections open, and tiny_http's pool of threads may then leave a new one waiting for ever:
//! Chromium opens six at once for Pyodide.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    thread,
};

use anyhow::Result;

use super::serve::POLICY;

/// Serves a folder as long as the program runs.
pub struct Files {
    /// With a slash at its end.
    pub address: String,
}

impl Files {
    /// On any free port.
    pub fn start(folder: &Path) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let address = format!("http://{}/", listener.local_addr()?);
        let folder = folder.to_owned();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let folder = folder.clone();
                // A visitor may leave.
                thread::spawn(move || answer(stream, &folder).ok());
            }
        });
        Ok(Self { address })
    }
}

fn answer(mut stream: TcpStream, folder: &Path) -> Result<()> {
    let mut lines = BufReader::new(&stream).lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    // The whole request is read, or closing would reset the connection.
    for line in lines {
        if line?.is_empty() {
            break;
        }
    }
    let url = first.split(' ').nth(1).unwrap_or_default();
    let path = url.split('?').next().unwrap_or_default().trim_start_matches('/');
    let file: PathBuf = folder.join(path);
    let (status, content) = match fs::read(&file) {
        Ok(content) if !path.contains("..") => ("200 OK", content),
        _ => ("404 Not Found", Vec::new()),
    };
    let kind = match file.extension().and_then(|end| end.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript",
        Some("json") => "application/json",
        Some("wasm") => "application/wasm",
        _ => "application/octet-stream",
    };
    write!(
        stream,
        "HTTP/1.1 {status}\r\nConnection: close\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\
         Cross-Origin-Opener-Policy: same-origin\r\nCross-Origin-Embedder-Policy: require-corp\r\n\
         Content-Security-Policy: {POLICY}\r\n\r\n",
        content.len()
    )?;
    Ok(stream.write_all(&content)?)
}
