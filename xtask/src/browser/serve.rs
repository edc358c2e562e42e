//! A static file server on loopback, for the demo page.

use std::{
    fs,
    io::Write,
    path::{Component, Path, PathBuf},
    sync::Arc,
    thread,
};

use anyhow::{Context, Result, anyhow};
use flate2::{Compression, write::GzEncoder};
use tiny_http::{Header, Response, Server as Http, StatusCode};

/// Isolated, so that pages may share memory with their workers: Python is then interrupted by a signal.
const HEADERS: [(&str, &str); 4] = [
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Embedder-Policy", "require-corp"),
    ("Cache-Control", "no-cache"),
    // A worker has a policy of its own: what the page says of itself is not the worker's.
    ("Content-Security-Policy", POLICY),
];
/// As in demo/page/index.html; a test compares them.
pub const POLICY: &str = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'self'";

/// Serves a folder until it is dropped.
pub struct Server {
    http: Arc<Http>,
    thread: Option<thread::JoinHandle<()>>,
    /// With a slash at its end.
    pub address: String,
}

impl Server {
    /// On `port`, or on any free one.
    pub fn start(folder: &Path, port: Option<u16>) -> Result<Self> {
        let http = Http::http(("127.0.0.1", port.unwrap_or(0))).map_err(|error| anyhow!("{error}"))?;
        let http = Arc::new(http);
        let address = http.server_addr().to_ip().context("an address of the loopback")?;
        let (requests, folder) = (Arc::clone(&http), folder.to_owned());
        let thread = thread::spawn(move || {
            for request in requests.incoming_requests() {
                let gzip = request.headers().iter().any(|header| {
                    header.field.equiv("Accept-Encoding") && header.value.as_str().contains("gzip")
                });
                let response = answer(&folder, request.url(), gzip);
                // A visitor may read slowly, and others wait.
                thread::spawn(move || {
                    // The visitor may have left.
                    request.respond(response).ok();
                });
            }
        });
        Ok(Self { http, thread: Some(thread), address: format!("http://{address}/") })
    }

    /// Serves until the process ends.
    pub fn wait(mut self) {
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.http.unblock();
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

fn answer(folder: &Path, url: &str, gzip: bool) -> Response<std::io::Cursor<Vec<u8>>> {
    let path = url.split(['?', '#']).next().unwrap_or_default().trim_start_matches('/');
    let path = if path.is_empty() { "index.html" } else { path };
    let inside = Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
    let file: Option<PathBuf> = inside.then(|| folder.join(path));
    let (status, content) = match file.as_ref().map(fs::read) {
        Some(Ok(content)) => (200, content),
        _ => (404, b"not found".to_vec()),
    };
    let mut headers = HEADERS.to_vec();
    headers.push(("Content-Type", content_type(path)));
    // What the page has packed already stays as it is.
    let (content, packed) = match content_type(path) {
        OTHER => (content, None),
        _ if gzip => (pack(&content), Some(("Content-Encoding", "gzip"))),
        _ => (content, None),
    };
    headers.extend(packed);
    let mut response = Response::from_data(content).with_status_code(StatusCode(status));
    for (name, value) in headers {
        if let Ok(header) = Header::from_bytes(name, value) {
            response.add_header(header);
        }
    }
    response
}

const OTHER: &str = "application/octet-stream";

fn pack(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    // Writing into memory cannot fail.
    encoder.write_all(content).ok();
    encoder.finish().unwrap_or_default()
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css",
        Some("js" | "mjs") => "text/javascript",
        Some("json") => "application/json",
        Some("wasm") => "application/wasm",
        _ => OTHER,
    }
}
