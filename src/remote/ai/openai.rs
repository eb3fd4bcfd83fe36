//! Providers that speak OpenAI's wire format, Azure's two forms of it among them.

use async_stream::try_stream;
use eventsource_stream::Eventsource;
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt};
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use reqwest::{RequestBuilder, Response};
use secrecy::ExposeSecret;
use url::Url;

use super::wire::{self, Chunk, Read, Request};
use super::{AiClient, Ask, Failure, FailureKind, Model, Piece, Pieces};
use crate::config::{AiKind, AiProvider};

/// The longest answer, and the longest list of models, in bytes.
const LONGEST: usize = 4 * 1024 * 1024;
/// How much of an error's body is read.
const LONGEST_ERROR: usize = 64 * 1024;
/// The host that wants the newer name of a field.
const OPENAI: &str = "api.openai.com";

/// One provider.
pub(super) struct OpenAi {
    http: reqwest::Client,
    provider: AiProvider,
    base: Url,
}

impl OpenAi {
    /// The provider at `base`.
    pub fn new(http: reqwest::Client, provider: AiProvider, base: Url) -> Self {
        Self {
            http,
            provider,
            base,
        }
    }

    /// An address below the base.
    fn url(&self, parts: &[&str]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(parts);
        }
        if let Some(version) = &self.provider.api_version {
            url.query_pairs_mut().append_pair("api-version", version);
        }
        url
    }

    /// Whether it can be asked to say what a streamed answer used.
    fn tells_usage(&self) -> bool {
        self.provider.kind != AiKind::AzureInference
    }

    fn signed(&self, request: RequestBuilder) -> RequestBuilder {
        let Some(key) = &self.provider.api_key else {
            return request;
        };
        let key = key.expose_secret();
        match self.provider.kind {
            AiKind::AzureOpenAi => request.header("api-key", key),
            AiKind::AzureInference => request.header("api-key", key).bearer_auth(key),
            AiKind::OpenAi | AiKind::Echo => request.bearer_auth(key),
        }
    }

    async fn send(&self, ask: &Ask, model: &str, stream: bool) -> Result<Pieces, Failure> {
        let url = match self.provider.kind {
            AiKind::AzureOpenAi => {
                self.url(&["openai", "deployments", model, "chat", "completions"])
            }
            _ => self.url(&["chat", "completions"]),
        };
        let mut body = Request::new(ask, model, stream, self.tells_usage());
        if self.base.host_str() == Some(OPENAI) {
            body.max_completion_tokens = body.max_tokens.take();
        }
        let request = self.signed(self.http.post(url)).json(&body);
        let accepted = if stream {
            "text/event-stream"
        } else {
            "application/json"
        };
        let response = request.header(ACCEPT, accepted).send();
        let response = checked(response.await.map_err(Failure::of_connection)?).await?;
        // What is not streamed although it should be comes whole.
        let kind = response.headers().get(CONTENT_TYPE);
        let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if kind.starts_with("text/event-stream") {
            return Ok(streamed(response));
        }
        if kind.starts_with("text/html") {
            return Err(unreadable("a web page"));
        }
        Ok(whole(response))
    }
}

impl AiClient for OpenAi {
    fn ask(&self, ask: &Ask, model: &str, stream: bool) -> BoxFuture<'_, Result<Pieces, Failure>> {
        let (ask, model) = (ask.clone(), model.to_owned());
        async move { self.send(&ask, &model, stream).await }.boxed()
    }

    fn streams_gladly(&self) -> bool {
        self.tells_usage()
    }

    fn models(&self) -> BoxFuture<'_, Result<Vec<Model>, Failure>> {
        async move {
            let url = match self.provider.kind {
                AiKind::AzureOpenAi => self.url(&["openai", "models"]),
                _ => self.url(&["models"]),
            };
            let response = self.signed(self.http.get(url)).send().await;
            let response = checked(response.map_err(Failure::of_connection)?).await?;
            let body = read(response, LONGEST).await?;
            wire::models(&body).ok_or_else(|| unreadable("no list of models"))
        }
        .boxed()
    }
}

fn unreadable(what: &str) -> Failure {
    let message = format!("The AI provider answered with {what}.");
    Failure::passing(FailureKind::Unavailable, message)
}

/// The response of a success; otherwise what the provider says.
async fn checked(response: Response) -> Result<Response, Failure> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let headers = response.headers().clone();
    let body = read(response, LONGEST_ERROR).await.unwrap_or_default();
    let said = wire::message_of(&body);
    Err(Failure::of_status(status, &headers, said.as_deref()))
}

/// The body, of at most so many bytes.
async fn read(mut response: Response, most: usize) -> Result<Vec<u8>, Failure> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(Failure::of_connection)? {
        body.extend_from_slice(&chunk);
        if body.len() > most {
            return Err(unreadable("more than anybody can read"));
        }
    }
    Ok(body)
}

/// An answer in one piece.
fn whole(response: Response) -> Pieces {
    try_stream! {
        let body = read(response, LONGEST).await?;
        let chunk: Chunk = serde_json::from_slice(&body)
            .map_err(|_| unreadable("what is not JSON of the agreed form"))?;
        refused(&chunk)?;
        let mut read = Read::default();
        let text = read.take(chunk);
        if !text.is_empty() {
            yield Piece::Text(text);
        }
        yield read.end();
    }
    .boxed()
}

/// An answer as it comes.
fn streamed(response: Response) -> Pieces {
    let mut seen = 0;
    let bytes = response.bytes_stream().map(move |bytes| {
        let bytes = bytes.map_err(Failure::of_connection)?;
        seen += bytes.len();
        if seen > LONGEST {
            return Err(unreadable("more than anybody can read"));
        }
        Ok(bytes)
    });
    try_stream! {
        let mut events = bytes.eventsource();
        let mut read = Read::default();
        let mut done = false;
        while let Some(event) = events.next().await {
            let event = event.map_err(|error| match error {
                eventsource_stream::EventStreamError::Transport(failure) => failure,
                _ => unreadable("what is not text"),
            })?;
            let data = event.data.trim();
            if data == "[DONE]" {
                done = true;
                break;
            }
            // Comments and names alone.
            if data.is_empty() {
                continue;
            }
            let chunk: Chunk = serde_json::from_str(data)
                .map_err(|_| unreadable("what is not JSON of the agreed form"))?;
            refused(&chunk)?;
            let text = read.take(chunk);
            if !text.is_empty() {
                yield Piece::Text(text);
            }
        }
        // Some say why an answer ended and not that it did, others the other way round.
        if !done && read.finish.is_none() {
            Err(Failure::broken_off())?;
        }
        yield read.end();
    }
    .boxed()
}

/// Errors also come with a success's status.
fn refused(chunk: &Chunk) -> Result<(), Failure> {
    let Some(error) = chunk.error.as_ref().filter(|error| !error.is_null()) else {
        return Ok(());
    };
    let told = wire::error_message(error);
    let told = told.map(|told| format!(": {told}")).unwrap_or_default();
    let message = format!("The AI provider fails{told}.");
    Err(Failure::passing(FailureKind::Unavailable, message))
}
