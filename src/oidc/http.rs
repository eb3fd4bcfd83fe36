//! How providers are asked: within a time, without following redirects, and no more than a megabyte.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use axum::http::Response;
use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};

/// Discovery documents and key sets have some kilobytes.
const LARGEST: usize = 1024 * 1024;

/// A client for every provider.
pub fn client(timeout: Duration) -> reqwest::Result<Client> {
    let client = reqwest::Client::builder()
        .timeout(timeout)
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("pluma/", env!("CARGO_PKG_VERSION")))
        .build();
    client.map(Client)
}

/// reqwest as openidconnect wants it: the crate's own support is for an older version.
#[derive(Clone)]
pub struct Client(reqwest::Client);

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Failed {
    /// The connection failed, or took too long.
    #[error("{0}")]
    Connection(#[from] reqwest::Error),
    /// The answer goes on and on.
    #[error("the answer is larger than a megabyte")]
    TooLarge,
    /// It cannot be represented.
    #[error("{0}")]
    Odd(#[from] axum::http::Error),
}

impl<'c> AsyncHttpClient<'c> for Client {
    type Error = Failed;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, Failed>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            let mut response = self.0.execute(request.try_into()?).await?;
            let mut answer = Response::builder().status(response.status());
            for (name, value) in response.headers() {
                answer = answer.header(name, value);
            }
            let mut body = Vec::new();
            while let Some(chunk) = response.chunk().await? {
                if body.len() + chunk.len() > LARGEST {
                    return Err(Failed::TooLarge);
                }
                body.extend_from_slice(&chunk);
            }
            Ok(answer.body(body)?)
        })
    }
}
