//! A static file server on loopback, for the demo page.

use std::{
    fs,
    path::{Component, Path, PathBuf},
    sync::Arc,
    thread,
};

use anyhow::{Context, Result, anyhow};
use tiny_http::{Header, Response, Server as Http, StatusCode};

/// Isolated, so that pages may share memory with their workers: Python is then interrupted by a signal.
const HEADERS: [(&str, &str); 4] = [
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Embedder-Policy", "require-corp"),
    ("Cache-Control", "no-cache"),
    (
        "Content-Security-Policy",
        "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; \
         img-src 'self' data:; object-src 'none'",
    ),
];

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
                let response = answer(&folder, request.url());
                // A visitor may read slowly, and others wait.
                thread::spawn(move || {
                    // Or may have left.
                    request.respond(response).ok();
                });
            }
        });
        Ok(Self { http, thread: Some(thread), address: format!("http://{address}/") })
    }

    /// Serves on.
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

fn answer(folder: &Path, url: &str) -> Response<std::io::Cursor<Vec<u8>>> {
    let path = url.split(['?', '#']).next().unwrap_or_default().trim_start_matches('/');
    let path = if path.is_empty() { "index.html" } else { path };
    let inside = Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
    let file: Option<PathBuf> = inside.then(|| folder.join(path));
    let (status, content) = match file.as_ref().map(fs::read) {
        Some(Ok(content)) => (200, content),
        _ => (404, b"not found".to_vec()),
    };
    let mut response = Response::from_data(content).with_status_code(StatusCode(status));
    for (name, value) in HEADERS.into_iter().chain([("Content-Type", content_type(path))]) {
        if let Ok(header) = Header::from_bytes(name, value) {
            response.add_header(header);
        }
    }
    response
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css",
        Some("js" | "mjs") => "text/javascript",
        Some("json") => "application/json",
        Some("wasm") => "application/wasm",
        _ => "application/octet-stream",
    }
}
