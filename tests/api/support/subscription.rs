//! A client of graphql-transport-ws that runs one operation.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::Client;

/// Nothing that a test waits for takes longer.
const PATIENCE: Duration = Duration::from_secs(10);

/// A running operation.
pub struct Subscription {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    patience: Duration,
}

/// How an operation ended.
#[derive(Debug, PartialEq)]
pub enum Ending {
    /// With its last result.
    Complete,
    /// With these errors.
    Failed(Value),
    /// With the connection, closed with this code.
    Closed(u16),
}

enum Event {
    Next(Value),
    End(Ending),
}

impl Subscription {
    /// Connects as `client` and subscribes.
    pub async fn start(url: &str, client: &Client, query: &str, variables: Value) -> Self {
        let payload = json!({ "query": query, "variables": variables });
        Self::start_with(url, client, payload).await
    }

    /// The same with a whole request.
    pub async fn start_with(url: &str, client: &Client, payload: Value) -> Self {
        let mut request = url.into_client_request().unwrap();
        let protocol = "graphql-transport-ws".parse().unwrap();
        request
            .headers_mut()
            .insert("sec-websocket-protocol", protocol);
        let (socket, _) = connect_async(request).await.unwrap();
        let mut subscription = Self {
            socket,
            patience: PATIENCE,
        };
        let init = match client.access_token.as_str() {
            "" => json!({ "type": "connection_init" }),
            token => json!({
                "type": "connection_init",
                "payload": { "authorization": format!("Bearer {token}") },
            }),
        };
        subscription.send(init).await;
        let answer = subscription.message().await;
        assert_eq!(answer, Ok(json!({ "type": "connection_ack" })));
        subscription
            .send(json!({ "type": "subscribe", "id": "1", "payload": payload }))
            .await;
        subscription
    }

    /// The same operation, whose results are waited for longer than ten seconds.
    pub fn patient(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// The next result; waits ten seconds for it.
    pub async fn next(&mut self) -> Value {
        match self.event().await {
            Event::Next(payload) => payload,
            Event::End(ending) => panic!("a result was expected, and not {ending:?}"),
        }
    }

    /// The end, if that is what comes next; waits ten seconds for it.
    pub async fn ended(&mut self) -> Ending {
        match self.event().await {
            Event::End(ending) => ending,
            Event::Next(payload) => panic!("the end was expected, and not {payload:#}"),
        }
    }

    /// The next result or the end, whichever comes; waits ten seconds for it.
    pub async fn answer(&mut self) -> Result<Value, Ending> {
        match self.event().await {
            Event::Next(payload) => Ok(payload),
            Event::End(ending) => Err(ending),
        }
    }

    /// Ends the operation and the connection.
    pub async fn stop(mut self) {
        self.send(json!({ "type": "complete", "id": "1" })).await;
        let _ = self.socket.close(None).await;
    }

    async fn event(&mut self) -> Event {
        loop {
            let mut message = match self.message().await {
                Ok(message) => message,
                Err(code) => return Event::End(Ending::Closed(code)),
            };
            match message["type"].as_str() {
                Some("next") => return Event::Next(message["payload"].take()),
                Some("error") => return Event::End(Ending::Failed(message["payload"].take())),
                Some("complete") => return Event::End(Ending::Complete),
                Some("ping") => self.send(json!({ "type": "pong" })).await,
                _ => {}
            }
        }
    }

    async fn send(&mut self, message: Value) {
        let text = Message::text(message.to_string());
        self.socket.send(text).await.unwrap();
    }

    /// The next message, or the code that the connection was closed with.
    async fn message(&mut self) -> Result<Value, u16> {
        loop {
            let next = tokio::time::timeout(self.patience, self.socket.next()).await;
            let next = next.expect("something arrives in time");
            match next {
                Some(Ok(Message::Text(text))) => return Ok(serde_json::from_str(&text).unwrap()),
                Some(Ok(Message::Close(frame))) => {
                    return Err(frame.map_or(1005, |frame| frame.code.into()));
                }
                Some(Ok(_)) => {}
                // A connection that breaks off has no code; 1006 stands for that.
                Some(Err(_)) | None => return Err(1006),
            }
        }
    }
}
