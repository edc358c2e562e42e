//! The one HTTP client: hyper, on which the WebDriver client and the server of static files stand too.

use anyhow::{Context, Result};
use http_body_util::{BodyExt, Empty};
use hyper::{Response, body::Bytes};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};

/// Requests an address. What comes back is an answer, whatever its status.
pub fn get(address: &str) -> Result<Response<Bytes>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let client = Client::builder(TokioExecutor::new()).build_http::<Empty<Bytes>>();
        let response = client.get(address.parse()?).await.with_context(|| format!("request {address}"))?;
        let (head, body) = response.into_parts();
        let body = body.collect().await.with_context(|| format!("receive {address}"))?;
        Ok(Response::from_parts(head, body.to_bytes()))
    })
}
