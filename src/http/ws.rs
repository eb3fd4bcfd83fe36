//! GraphQL over WebSocket: the subprotocol graphql-transport-ws, one task per operation.

use super::client_address::ClientAddress;
use super::gateway::{Credentials, Streamer, Viewer};
use super::graphql::{Transports, forbidden_origin};
use super::json_size;
use super::operation::has_document;
use super::response::{Refusal, code, coded};
use super::seats::Seat;
use super::stream::{self, Event};
use super::ws_messages::{ClientMessage, Close, ServerMessage, bearer};
use super::ws_outbox::{Outbox, Running, Slot};
use async_graphql::parser::types::OperationType;
use async_graphql::{Request, ServerError};
use axum::extract::FromRequestParts;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use futures_util::future::{BoxFuture, pending};
use futures_util::{FutureExt, Stream, StreamExt};
use serde_json::{Map, Value};
use std::panic::AssertUnwindSafe;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until, timeout};

const SUBPROTOCOL: &str = "graphql-transport-ws";
/// How long a closing handshake may take.
const FAREWELL: Duration = Duration::from_secs(5);
/// A peer that was silent for so many pings is gone.
const SILENT_PINGS: u32 = 3;

/// Answers an upgrade request.
pub async fn upgrade(transports: Transports, mut parts: Parts) -> Response {
    if !transports.gateway.origins().allow(&parts.headers) {
        return forbidden_origin().into_answer(None);
    }
    let address = parts.extensions.get::<ClientAddress>();
    let waiting = address.and_then(|address| transports.gateway.must_wait(address.0));
    if let Some(error) = waiting {
        return Refusal::well_formed(error).into_answer(None);
    }
    let upgrade = match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
        Ok(upgrade) => upgrade,
        Err(rejection) => return rejection.into_response(),
    };
    let permit = match transports.connect() {
        Ok(permit) => permit,
        Err(refusal) => return refusal.into_answer(None),
    };
    let credentials = transports.gateway.credentials(&parts);
    // Twice as much as is accepted: a message over the limit is still read, so that its sender
    // gets to see the closing frame.
    let largest = transports.gateway.limits().body_bytes.saturating_mul(2);
    upgrade
        .max_message_size(largest)
        .max_frame_size(largest)
        .protocols([SUBPROTOCOL])
        .on_upgrade(move |socket| async move {
            let _permit = permit;
            serve(transports, credentials, socket).await;
        })
}

async fn serve(transports: Transports, credentials: Credentials, socket: WebSocket) {
    let speaks_protocol = socket.protocol().is_some();
    let (sink, mut incoming) = socket.split();
    let outbox = Outbox::start(sink);
    let mut connection = Connection {
        transports: transports.clone(),
        credentials,
        viewer: None,
        seat: None,
        outbox: outbox.clone(),
        running: Running::default(),
        ended: pending().boxed(),
        asking: JoinSet::new(),
        watching: JoinSet::new(),
    };
    let close = if speaks_protocol {
        connection.run(&mut incoming).await
    } else {
        Some(Close::new(4406, "Subprotocol not acceptable"))
    };
    let (gateway, address) = (transports.gateway.clone(), connection.credentials.address);
    // Ends every operation, so that nothing is sent after the closing frame.
    drop(connection);
    if close.as_ref().is_some_and(Close::is_refusal) {
        gateway.junk(Some(address)).await;
    }
    let farewell = async {
        if let Some(close) = close
            && outbox.send(close.frame()).await.is_err()
        {
            return;
        }
        // Reading on finishes the handshake; leaving earlier could cost the peer the frame.
        while let Some(Ok(_)) = incoming.next().await {}
    };
    let _ = timeout(FAREWELL, farewell).await;
}

struct Connection {
    transports: Transports,
    credentials: Credentials,
    viewer: Option<Viewer>,
    /// Held as long as the connection is open.
    seat: Option<Seat<Streamer>>,
    outbox: Outbox,
    running: Running,
    /// Ready when the viewer's session ends.
    ended: BoxFuture<'static, ServerError>,
    /// Queries and mutations.
    asking: JoinSet<()>,
    /// Subscriptions.
    watching: JoinSet<()>,
}

impl Connection {
    /// Serves until the peer goes, which gives `None`, or has to go.
    async fn run(
        &mut self,
        incoming: &mut (impl StreamExt<Item = Result<Message, axum::Error>> + Unpin),
    ) -> Option<Close> {
        let (wait, keepalive, largest) = {
            let limits = self.transports.gateway.limits();
            (limits.ws_init_timeout, limits.keepalive, limits.body_bytes)
        };
        let init_by = Instant::now() + wait;
        let shutdown = self.transports.gateway.shutdown().clone();
        let mut pings = interval(keepalive);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut heard = Instant::now();
        loop {
            tokio::select! {
                biased;
                () = shutdown.cancelled() => {
                    self.finish().await;
                    return Some(Close::new(1001, "Going away"));
                }
                _ = &mut self.ended => {
                    self.finish().await;
                    return Some(Close::new(4403, "Forbidden"));
                }
                close = self.outbox.closed() => return close,
                () = sleep_until(init_by), if self.viewer.is_none() => {
                    return Some(Close::new(4408, "Connection initialisation timeout"));
                }
                message = incoming.next() => {
                    heard = Instant::now();
                    let text = match message {
                        Some(Ok(Message::Text(text))) => text,
                        Some(Ok(Message::Ping(_) | Message::Pong(_))) => continue,
                        Some(Ok(Message::Binary(_))) => {
                            return Some(Close::new(4400, "Binary messages are not understood"));
                        }
                        Some(Ok(Message::Close(_))) | None => return None,
                        // Not WebSocket, not UTF-8, or far too large: nothing can be said any more.
                        Some(Err(_)) => return None,
                    };
                    if text.len() > largest {
                        return Some(Close::new(1009, "Message too big"));
                    }
                    if let Err(close) = self.receive(&text).await {
                        return Some(close);
                    }
                }
                _ = pings.tick() => {
                    if heard.elapsed() > keepalive * SILENT_PINGS {
                        return None;
                    }
                    self.outbox.ping();
                }
            }
        }
    }

    /// Lets queries and mutations answer, such as the logout that ends the session; subscriptions end at once.
    async fn finish(&mut self) {
        self.watching.abort_all();
        let answered = async { while self.asking.join_next().await.is_some() {} };
        let _ = timeout(FAREWELL, answered).await;
    }

    async fn receive(&mut self, text: &str) -> Result<(), Close> {
        json_size::check(text.as_bytes(), self.transports.gateway.limits())
            .map_err(|refusal| Close::new(4400, refusal.into_error().message))?;
        let message = serde_json::from_str(text)
            .map_err(|error| Close::new(4400, format!("Invalid message: {error}")))?;
        match message {
            ClientMessage::ConnectionInit { payload } => {
                self.init(payload.unwrap_or_default()).await
            }
            ClientMessage::Ping { payload } => {
                self.outbox
                    .send(ServerMessage::Pong { payload }.frame()?)
                    .await
            }
            ClientMessage::Pong { .. } => Ok(()),
            ClientMessage::Subscribe { id, payload } => self.subscribe(id, (*payload).into()).await,
            ClientMessage::Complete { id } => {
                self.running.stop(&id);
                Ok(())
            }
        }
    }

    async fn init(&mut self, parameters: Map<String, Value>) -> Result<(), Close> {
        if self.viewer.is_some() {
            return Err(Close::new(4429, "Too many initialisation requests"));
        }
        let forbidden = || Close::new(4403, "Forbidden");
        if let Some(token) = bearer(&parameters).map_err(|()| forbidden())? {
            self.credentials.bearer = Some(token);
            self.credentials.cookie = None;
        }
        let gateway = &self.transports.gateway;
        let viewer = gateway.viewer(&self.credentials).await.map_err(|error| {
            let error = gateway.error_response(&error, &self.credentials.request_id);
            match code(&error) {
                Some("UNAUTHENTICATED" | "FORBIDDEN") => forbidden(),
                // Clients connect again after this one.
                _ => Close::new(1013, "Try again later"),
            }
        })?;
        let Ok(seat) = self.transports.seat(&viewer) else {
            return Err(Close::new(1013, "Too many streams"));
        };
        self.seat = Some(seat);
        self.ended = gateway.session_ended(&viewer);
        self.viewer = Some(viewer);
        self.outbox
            .send(ServerMessage::ConnectionAck.frame()?)
            .await
    }

    async fn subscribe(&mut self, id: String, request: Request) -> Result<(), Close> {
        let Some(viewer) = &self.viewer else {
            return Err(Close::new(4401, "Unauthorized"));
        };
        if id.is_empty() || !has_document(&request) {
            return Err(Close::new(
                4400,
                "Invalid message: an operation has an id and a query",
            ));
        }
        if self.running.contains(&id) {
            return Err(Close::new(
                4409,
                format!("Subscriber for {id} already exists"),
            ));
        }
        let most = self.transports.gateway.limits().ws_operations;
        if self.running.len() >= most {
            let message = format!("A connection has at most {most} operations at a time.");
            let error = coded("TOO_MANY_OPERATIONS", message);
            return fail(&self.outbox, &id, &[error]).await;
        }
        let operation = match self.transports.prepare(request) {
            Ok(operation) => operation,
            Err(refusal) => {
                let address = self.credentials.address;
                self.transports.gateway.junk(Some(address)).await;
                return fail(&self.outbox, &id, &[refusal.into_error()]).await;
            }
        };
        let gateway = &self.transports.gateway;
        let viewer = match gateway.renewed(viewer).await {
            Ok(viewer) => viewer,
            Err(error) => {
                let error = gateway.error_response(&error, &self.credentials.request_id);
                return match code(&error) {
                    Some("UNAUTHENTICATED") => Err(Close::new(4403, "Forbidden")),
                    _ => fail(&self.outbox, &id, &[error]).await,
                };
            }
        };
        let tasks = match operation.kind {
            OperationType::Subscription => &mut self.watching,
            OperationType::Query | OperationType::Mutation => &mut self.asking,
        };
        while tasks.try_join_next().is_some() {}
        let events = stream::events(&self.transports.gateway, viewer, operation);
        let slot = self.running.slot(&id);
        let outbox = self.outbox.clone();
        let operating = AssertUnwindSafe(operate(slot.clone(), events, outbox.clone()));
        let task = tasks.spawn(async move {
            if operating.catch_unwind().await.is_err() {
                // The client would wait for the end of this operation for ever.
                outbox.close(Close::new(1011, "Internal error"));
            }
        });
        slot.start(task);
        Ok(())
    }
}

/// Answers an operation that cannot start.
async fn fail(outbox: &Outbox, id: &str, payload: &[ServerError]) -> Result<(), Close> {
    outbox
        .send(ServerMessage::Error { id, payload }.frame()?)
        .await
}

/// Sends what an operation gives, as long as the client wants it.
async fn operate(slot: Slot, events: impl Stream<Item = Event>, outbox: Outbox) {
    let mut events = std::pin::pin!(events);
    let id = slot.id();
    let last = loop {
        match events.next().await {
            Some(Event::Next(response)) => {
                let sent = match ServerMessage::next(id, &response).frame() {
                    Ok(frame) => outbox.send_if(frame, || slot.is_running()).await,
                    Err(close) => Err(close),
                };
                if let Err(close) = sent {
                    return outbox.close(close);
                }
            }
            Some(Event::Failed(errors)) => {
                let errors: Vec<_> = errors
                    .into_iter()
                    .map(|error| error.with_path(Vec::new()))
                    .collect();
                break ServerMessage::Error {
                    id,
                    payload: &errors,
                }
                .frame();
            }
            Some(Event::SessionEnded(_)) => return outbox.close(Close::new(4403, "Forbidden")),
            None => break ServerMessage::Complete { id }.frame(),
        }
    };
    let sent = match last {
        // The id is free before the client learns of it, and may take it again at once.
        Ok(frame) => outbox.send_if(frame, || slot.finish()).await,
        Err(close) => Err(close),
    };
    if let Err(close) = sent {
        outbox.close(close);
    }
}
