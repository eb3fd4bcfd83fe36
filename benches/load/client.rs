//! One connection that is kept open, with one request at a time.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Result, bail};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, header};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

/// Nothing takes longer.
const PATIENCE: Duration = Duration::from_secs(30);

/// What stands between the parts of a form.
const BOUNDARY: &str = "a-boundary-that-no-part-holds";
/// What an answer with errors holds.
const ERRORS: &[u8] = b"\"errors\":[{";

/// A connection.
pub struct Client {
    sender: SendRequest<Full<Bytes>>,
    authority: String,
    authorization: Option<String>,
}

impl Client {
    /// Connects.
    pub async fn connect(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(Self {
            sender,
            authority: address.to_string(),
            authorization: None,
        })
    }

    /// Sends this access token from now on.
    pub fn authorize(&mut self, token: &str) {
        self.authorization = Some(format!("Bearer {token}"));
    }

    /// Sends an operation; gives the body of an answer without errors.
    pub async fn send(&mut self, query: &str, variables: &Value) -> Result<Bytes> {
        let body = serde_json::json!({ "query": query, "variables": variables }).to_string();
        self.exchange("application/json", body).await
    }

    /// Sends an operation with a text as the file of its input; gives the answer.
    pub async fn upload(&mut self, query: &str, variables: &Value, file: &str) -> Result<Value> {
        let operations = serde_json::json!({ "query": query, "variables": variables });
        let map = r#"{"0":["variables.input.file"]}"#;
        let mut body = String::new();
        for (name, content) in [
            ("operations\"", operations.to_string().as_str()),
            ("map\"", map),
            ("0\"; filename=\"file\"", file),
        ] {
            body += &format!(
                "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\r\n\r\n{content}\r\n"
            );
        }
        body += &format!("--{BOUNDARY}--\r\n");
        let form = format!("multipart/form-data; boundary={BOUNDARY}");
        let body = self.exchange(&form, body).await?;
        let mut answer: Value = serde_json::from_slice(&body)?;
        Ok(answer["data"].take())
    }

    async fn exchange(&mut self, content_type: &str, body: String) -> Result<Bytes> {
        let mut request = Request::post("/graphql")
            .header(header::HOST, &self.authority)
            .header(header::CONTENT_TYPE, content_type)
            .header("apollo-require-preflight", "1")
            .header(header::ACCEPT, "application/json");
        if let Some(authorization) = &self.authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        let request = request.body(Full::from(body))?;
        let exchange = async {
            self.sender.ready().await?;
            let response = self.sender.send_request(request).await?;
            let status = response.status();
            let body = response.into_body().collect().await?.to_bytes();
            Ok::<_, hyper::Error>((status, body))
        };
        let (status, body) = tokio::time::timeout(PATIENCE, exchange).await??;
        // Quotes of contents are escaped, and the list of a payload without errors is empty.
        let mut places = body.windows(ERRORS.len());
        if !status.is_success() || places.any(|place| place == ERRORS) {
            bail!("{status}: {}", String::from_utf8_lossy(&body));
        }
        Ok(body)
    }

    /// The same, read.
    pub async fn ask(&mut self, query: &str, variables: &Value) -> Result<Value> {
        let body = self.send(query, variables).await?;
        let mut answer: Value = serde_json::from_slice(&body)?;
        Ok(answer["data"].take())
    }
}
