//! `/graphql`: finds out what a request is, and hands it to the transport it asks for.

mod batch;

use super::client_address::ClientAddress;
use super::gateway::{Gateway, Streamer, Viewer};
use super::negotiate::{Accepted, Media, Streaming, accepted};
use super::operation::{Operation, prepare};
use super::persisted::PersistedQueries;
use super::request::{self, Received};
use super::response::{self, Refusal, coded, complete_codes};
use super::seats::{Seat, Seats};
use super::server::Gone;
use super::upload::Sender;
use super::{idempotent, multipart, sse, stream, ws};
use async_graphql::Request;
use async_graphql::parser::types::OperationType;
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use axum::routing::any;
use futures_util::FutureExt;
use futures_util::future::pending;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What every transport needs.
#[derive(Clone)]
pub struct Transports {
    /// The way into the house.
    pub gateway: Gateway,
    /// Texts known by their hash.
    pub persisted: PersistedQueries,
    streams: Seats<Streamer>,
    connections: Arc<Semaphore>,
    most: u32,
}

async fn serve(State(transports): State<Transports>, request: axum::extract::Request) -> Response {
    let (parts, body) = request.into_parts();
    let is_upgrade = parts.headers.contains_key(header::UPGRADE) && parts.method == Method::GET;
    if is_upgrade || parts.method == Method::CONNECT {
        return ws::upgrade(transports, parts).await;
    }
    let accepted = accepted(&parts.headers);
    let address = parts.extensions.get::<ClientAddress>();
    let address = address.map(|address| address.0);
    if let Some(error) = address.and_then(|address| transports.gateway.must_wait(address)) {
        return Refusal::well_formed(error).into_answer(accepted.single);
    }
    match transports.answer(&parts, body, accepted).await {
        Ok(answer) => answer,
        Err(refusal) => {
            transports.gateway.junk(address).await;
            refusal.into_answer(accepted.single)
        }
    }
}

async fn refuse_single_connection() -> Response {
    let message = "GraphQL over SSE works here in its distinct connections mode only: \
                   send each operation to /graphql with `Accept: text/event-stream`.";
    Refusal::new(StatusCode::NOT_FOUND, "NOT_FOUND", message).into_answer(None)
}

impl Transports {
    /// Everything behind `/graphql`.
    pub fn new(gateway: Gateway) -> Self {
        let most = gateway.limits().connections.min(Semaphore::MAX_PERMITS);
        let most = u32::try_from(most).unwrap_or(u32::MAX);
        let connections = Arc::new(Semaphore::new(most as usize));
        Self {
            persisted: PersistedQueries::new(gateway.trusted().clone()),
            streams: Seats::new(gateway.limits().streams_per_viewer),
            gateway,
            connections,
            most,
        }
    }

    /// The routes.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/graphql", any(serve))
            .route("/graphql/stream", any(refuse_single_connection))
            .with_state(self.clone())
    }

    /// Waits until no stream and no socket is open; after the shutdown token is cancelled
    /// that takes seconds.
    pub async fn drained(&self) {
        let _ = self.connections.acquire_many(self.most).await;
    }

    async fn answer(
        &self,
        parts: &Parts,
        body: Body,
        accepted: Accepted,
    ) -> Result<Response, Refusal> {
        if accepted.single.is_none() && accepted.streaming.is_none() {
            let message = "Accept `application/graphql-response+json` or `application/json`.";
            return Err(Refusal::new(
                StatusCode::NOT_ACCEPTABLE,
                "NOT_ACCEPTABLE",
                message,
            ));
        }
        if self.gateway.origins().abuse_cookies(&parts.headers) {
            let message = "Another web site sends your cookies along: name its origin in PLUMA_CORS_ORIGINS \
                           if it may.";
            return Err(Refusal::new(StatusCode::FORBIDDEN, "FORBIDDEN", message));
        }
        let mut received = match parts.method {
            Method::GET | Method::HEAD => {
                Received::Single(Box::new(request::from_query(parts, self.gateway.limits())?))
            }
            Method::POST => {
                // Who brings files is known before any of them is read: strangers may bring less.
                let signed_in = request::has_files(&parts.headers)
                    && self
                        .viewer(parts)
                        .await
                        .is_ok_and(|viewer| !viewer.is_anonymous());
                let sender = Sender {
                    signed_in,
                    persisted: &self.persisted,
                };
                request::from_body(parts, body, self.gateway.limits(), &sender).await?
            }
            _ => return Err(Refusal::method("GET, POST", "Send GraphQL by POST or GET.")),
        };
        request::carry_idempotency_key(&parts.headers, &mut received)?;
        match received {
            Received::Single(request) => self.answer_single(parts, *request, accepted).await,
            Received::Batch(requests) => self.answer_batch(parts, requests, accepted).await,
        }
    }

    async fn answer_single(
        &self,
        parts: &Parts,
        request: Request,
        accepted: Accepted,
    ) -> Result<Response, Refusal> {
        let operation = match (self.prepare(request), accepted) {
            (Ok(operation), _) => operation,
            // An event source could not read the error from any other answer.
            (
                Err(refusal),
                Accepted {
                    single: None,
                    streaming: Some(Streaming::EventStream),
                },
            ) if refusal.is_well_formed() => {
                let failed = stream::Event::Failed(vec![refusal.into_error()]);
                let events = futures_util::stream::iter([failed]);
                return Ok(self.stream(Streaming::EventStream, events, None));
            }
            (Err(refusal), _) => return Err(refusal),
        };
        let by_get = parts.method != Method::POST;
        if by_get && operation.kind == OperationType::Mutation {
            return Err(Refusal::method("POST", "Mutations are sent by POST."));
        }
        match accepted {
            Accepted {
                single: Some(media),
                ..
            } if operation.kind != OperationType::Subscription => {
                let is_query = operation.is_query();
                let answering = async {
                    let viewer = self.viewer(parts).await?;
                    Ok(self.execute(parts, viewer, operation, media).await)
                };
                if is_query {
                    while_wanted(parts, answering).await
                } else {
                    answering.await
                }
            }
            Accepted {
                streaming: Some(streaming),
                ..
            } => self.answer_stream(parts, operation, streaming).await,
            Accepted {
                streaming: None, ..
            } => {
                let message = "Subscriptions need a stream: use graphql-transport-ws, or accept \
                               `text/event-stream` or `multipart/mixed;subscriptionSpec=1.0`.";
                Err(Refusal::new(
                    StatusCode::NOT_ACCEPTABLE,
                    "NOT_ACCEPTABLE",
                    message,
                ))
            }
        }
    }

    async fn viewer(&self, parts: &Parts) -> Result<Viewer, Refusal> {
        let credentials = self.gateway.credentials(parts);
        self.gateway.viewer(&credentials).await.map_err(|error| {
            let error = self.gateway.error_response(&error, &credentials.request_id);
            Refusal::well_formed(error)
        })
    }

    async fn execute(
        &self,
        parts: &Parts,
        viewer: Viewer,
        operation: Operation,
        media: Media,
    ) -> Response {
        let may_cache =
            parts.method != Method::POST && operation.is_query() && viewer.is_anonymous();
        let mut executed = self.gateway.execute(viewer, operation.request).await;
        complete_codes(&mut executed.response);
        let longest = self.gateway.limits().public_max_age;
        let age = response::public_age(&executed.response, longest)
            .filter(|_| may_cache && executed.set_cookies.is_empty());
        let mut answer = match age {
            Some(age) => response::public(&executed.response, media, age, &parts.headers),
            None => {
                let mut answer = response::single(&executed.response, media);
                if let Some(standing) = executed.standing {
                    standing.tell(answer.headers_mut());
                }
                answer
            }
        };
        set_cookies(&mut answer, executed.set_cookies);
        if executed.replayed {
            say_replayed(&mut answer);
        }
        answer
    }

    /// Finds the document and the operation in it.
    pub fn prepare(&self, request: Request) -> Result<Operation, Refusal> {
        prepare(request, &self.persisted, self.gateway.limits())
    }

    async fn answer_stream(
        &self,
        parts: &Parts,
        operation: Operation,
        streaming: Streaming,
    ) -> Result<Response, Refusal> {
        if !self.gateway.origins().allow(&parts.headers) {
            return Err(forbidden_origin());
        }
        let permit = self.connect()?;
        let viewer = self.viewer(parts).await?;
        let seat = self.seat(&viewer)?;
        let ended = match operation.kind {
            OperationType::Subscription => self.gateway.session_ended(&viewer),
            // These end by themselves, and a logout is to be answered.
            OperationType::Query | OperationType::Mutation => pending().boxed(),
        };
        let events = stream::events(&self.gateway, viewer, operation);
        let events = stream::while_signed_in(events, ended);
        Ok(self.stream(streaming, events, Some((permit, seat))))
    }

    fn stream(
        &self,
        streaming: Streaming,
        events: impl futures_util::Stream<Item = stream::Event> + Send + 'static,
        held: Option<(OwnedSemaphorePermit, Seat<Streamer>)>,
    ) -> Response {
        let keepalive = self.gateway.limits().keepalive;
        let shutdown = self.gateway.shutdown().clone();
        match streaming {
            Streaming::EventStream => sse::answer(events, keepalive, shutdown, held),
            Streaming::Multipart => multipart::answer(events, keepalive, shutdown, held),
        }
    }

    /// Takes one of the streams that a viewer may have open at once.
    pub fn seat(&self, viewer: &Viewer) -> Result<Seat<Streamer>, Refusal> {
        self.streams.take(viewer.streamer()).ok_or_else(|| {
            let most = self.gateway.limits().streams_per_viewer;
            let message = format!(
                "You have {most} streams open, which is as many as there may be: close one first."
            );
            Refusal::well_formed(coded("TOO_MANY_STREAMS", message))
        })
    }

    /// Takes one of the connections that may stay open at once.
    pub fn connect(&self) -> Result<OwnedSemaphorePermit, Refusal> {
        Arc::clone(&self.connections)
            .try_acquire_owned()
            .map_err(|_| {
                let message = "Too many connections are open; try again later.";
                Refusal::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "SERVICE_UNAVAILABLE",
                    message,
                )
            })
    }
}

/// Stops reading when the client goes away; what writes is not passed through here.
async fn while_wanted(
    parts: &Parts,
    answering: impl Future<Output = Result<Response, Refusal>>,
) -> Result<Response, Refusal> {
    let Some(gone) = parts.extensions.get::<Gone>() else {
        return answering.await;
    };
    let unread = || Refusal::new(StatusCode::BAD_REQUEST, "BAD_USER_INPUT", "Nobody waits.");
    gone.unless(answering)
        .await
        .unwrap_or_else(|| Err(unread()))
}

/// The refusal of a stream that another web site asks for.
pub fn forbidden_origin() -> Refusal {
    let message = "Streams are not opened for this origin.";
    Refusal::new(StatusCode::FORBIDDEN, "FORBIDDEN", message)
}

fn say_replayed(answer: &mut Response) {
    let headers = answer.headers_mut();
    headers.insert(idempotent::REPLAYED, HeaderValue::from_static("true"));
}

fn set_cookies(answer: &mut Response, cookies: Vec<HeaderValue>) {
    for cookie in cookies {
        answer.headers_mut().append(header::SET_COOKIE, cookie);
    }
}
