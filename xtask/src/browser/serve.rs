//! A static file server on loopback, for the demo page.

use std::{
    convert::Infallible,
    fs,
    io::Write,
    net::TcpListener,
    path::{Component, Path, PathBuf},
    thread,
    time::UNIX_EPOCH,
};

use anyhow::{Context, Result};
use flate2::{Compression, write::GzEncoder};
use http_body_util::Full;
use hyper::{
    Request, Response, StatusCode, body::Bytes, header::HeaderValue, server::conn::http1, service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::runtime::Runtime;

/// Isolated, so that pages may share memory with their workers: Python is then interrupted by a signal.
const HEADERS: [(&str, &str); 3] = [
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-embedder-policy", "require-corp"),
    ("cache-control", "no-cache"),
];
/// As in demo/page/index.html; a test compares them.
pub const POLICY: &str = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'self'";

/// Serves a folder until it is dropped.
pub struct Server {
    /// Where connections are tasks, which end with it.
    _runtime: Runtime,
    /// With a slash at its end.
    pub address: String,
}

impl Server {
    /// On `port`, or on any free one.
    pub fn start(folder: &Path, port: Option<u16>) -> Result<Self> {
        Self::with_policy(folder, port, POLICY)
    }

    /// The same for pages with another content security policy.
    pub fn with_policy(folder: &Path, port: Option<u16>, policy: &'static str) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", port.unwrap_or(0)))?;
        listener.set_nonblocking(true)?;
        let address = format!("http://{}/", listener.local_addr()?);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        runtime.spawn(serve(listener, folder.to_owned(), policy));
        Ok(Self { _runtime: runtime, address })
    }

    /// Serves until the program is ended.
    pub fn wait(self) -> ! {
        loop {
            thread::park();
        }
    }
}

async fn serve(listener: TcpListener, folder: PathBuf, policy: &'static str) -> Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    loop {
        let (stream, _) = listener.accept().await.context("accept a connection")?;
        let folder = folder.clone();
        tokio::spawn(async move {
            let answer = service_fn(|request| {
                std::future::ready(Ok::<_, Infallible>(answer(&folder, policy, &request)))
            });
            // The visitor may have left.
            http1::Builder::new().serve_connection(TokioIo::new(stream), answer).await.ok();
        });
    }
}

fn answer<T>(folder: &Path, policy: &'static str, request: &Request<T>) -> Response<Full<Bytes>> {
    let path = request.uri().path().trim_start_matches('/');
    let path = if path.is_empty() { "index.html" } else { path };
    let inside = Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
    let file = inside.then(|| folder.join(path));
    let tag = file.as_deref().and_then(tag);
    let known = request.headers().get("if-none-match").and_then(|known| known.to_str().ok());
    if tag.is_some() && tag.as_deref() == known {
        let mut response = Response::new(Full::new(Bytes::new()));
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        for (name, value) in HEADERS {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        return response;
    }
    let content = file.and_then(|file| fs::read(file).ok());
    let status = if content.is_some() { StatusCode::OK } else { StatusCode::NOT_FOUND };
    let content = content.unwrap_or_else(|| b"not found".to_vec());
    let accepts_gzip = request.headers().get("accept-encoding");
    let accepts_gzip =
        accepts_gzip.is_some_and(|value| value.as_bytes().windows(4).any(|part| part == b"gzip"));
    let mut headers = HEADERS.to_vec();
    headers.push(("content-type", content_type(path)));
    // A worker has a policy of its own: what the page says of itself is not the worker's.
    headers.push(("content-security-policy", policy));
    // What the page has packed already stays as it is.
    let content = if accepts_gzip && content_type(path) != OTHER {
        headers.push(("content-encoding", "gzip"));
        pack(&content)
    } else {
        content
    };
    let mut response = Response::new(Full::new(content.into()));
    *response.status_mut() = status;
    for (name, value) in headers {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    if let Some(tag) = tag.and_then(|tag| HeaderValue::from_str(&tag).ok()) {
        response.headers_mut().insert("etag", tag);
    }
    response
}

/// By it a browser asks whether its copy is still right: what it has compiled of a script stays with the copy.
fn tag(file: &Path) -> Option<String> {
    let found = fs::metadata(file).ok()?;
    let changed = found.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(format!("\"{:x}-{:x}\"", found.len(), changed.as_nanos()))
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
