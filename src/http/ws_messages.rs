//! The messages of graphql-transport-ws, and the codes it closes with.

use super::request::Sent;
use super::response::Payload;
use async_graphql::{Response, ServerError};
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What a client may send.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ClientMessage {
    /// Asks for the connection, once; the payload may hold a token.
    ConnectionInit {
        /// The client's `connectionParams`.
        #[serde(default)]
        payload: Option<Map<String, Value>>,
    },
    /// To be answered with a pong.
    Ping {
        /// Anything.
        #[serde(default)]
        payload: Option<Map<String, Value>>,
    },
    /// The answer to a ping, or a sign of life.
    Pong {
        /// Anything.
        #[serde(default, rename = "payload")]
        _payload: Option<Map<String, Value>>,
    },
    /// Starts an operation.
    Subscribe {
        /// Chosen by the client, unique among what it has running.
        id: String,
        /// The operation.
        payload: Box<Sent>,
    },
    /// Ends an operation.
    Complete {
        /// Of the operation.
        id: String,
    },
}

/// What the server sends.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerMessage<'a> {
    /// The connection is there.
    ConnectionAck,
    /// Answers a ping, with its payload.
    Pong {
        /// The ping's.
        #[serde(skip_serializing_if = "Option::is_none")]
        payload: Option<Map<String, Value>>,
    },
    /// A result.
    Next {
        /// Of the operation.
        id: &'a str,
        /// The result.
        payload: Payload<'a>,
    },
    /// The operation failed; nothing follows.
    Error {
        /// Of the operation.
        id: &'a str,
        /// Never empty.
        payload: &'a [ServerError],
    },
    /// The operation has given all its results.
    Complete {
        /// Of the operation.
        id: &'a str,
    },
}

impl<'a> ServerMessage<'a> {
    /// A result.
    pub fn next(id: &'a str, response: &'a Response) -> Self {
        Self::Next {
            id,
            payload: Payload(response),
        }
    }

    /// As a frame.
    pub fn frame(&self) -> Result<Message, Close> {
        match serde_json::to_string(self) {
            Ok(text) => Ok(Message::Text(text.into())),
            Err(error) => {
                tracing::error!(%error, "a GraphQL result could not be serialised");
                Err(Close::INTERNAL)
            }
        }
    }
}

/// Why the server closes a socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Close {
    /// Of RFC 6455, or of graphql-transport-ws.
    pub code: u16,
    reason: String,
}

impl Close {
    const INTERNAL: Self = Self {
        code: 1011,
        reason: String::new(),
    };

    /// A code with its reason, cut where a control frame would not hold it.
    pub fn new(code: u16, reason: impl Into<String>) -> Self {
        let mut reason = reason.into();
        let mut end = reason.len().min(123);
        while !reason.is_char_boundary(end) {
            end -= 1;
        }
        reason.truncate(end);
        Self { code, reason }
    }

    /// Whether the client did what it should not.
    pub fn is_refusal(&self) -> bool {
        matches!(self.code, 4400..=4429 | 1009)
    }

    /// As a frame.
    pub fn frame(self) -> Message {
        let reason = Utf8Bytes::from(self.reason);
        Message::Close(Some(CloseFrame {
            code: self.code,
            reason,
        }))
    }
}

/// The token in `connectionParams`: `authorization` as in HTTP, or `token` alone. `Err` where
/// there is one that nobody can read.
pub fn bearer(parameters: &Map<String, Value>) -> Result<Option<String>, ()> {
    let given = |name: &str| parameters.get(name).filter(|value| !value.is_null());
    if let Some(value) = given("authorization").or_else(|| given("Authorization")) {
        let (scheme, token) = value
            .as_str()
            .and_then(|text| text.split_once(' '))
            .ok_or(())?;
        let is_bearer = scheme.eq_ignore_ascii_case("bearer");
        return if is_bearer {
            Ok(Some(token.trim().to_owned()))
        } else {
            Err(())
        };
    }
    match given("token") {
        Some(Value::String(token)) => Ok(Some(token.clone())),
        Some(_) => Err(()),
        None => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_token_is_found_in_each_of_its_places() {
        let read = |value: Value| bearer(value.as_object().unwrap());
        assert_eq!(read(json!({})), Ok(None));
        assert_eq!(read(json!({ "token": null })), Ok(None));
        assert_eq!(read(json!({ "token": "t" })), Ok(Some("t".into())));
        assert_eq!(
            read(json!({ "authorization": "bearer t" })),
            Ok(Some("t".into()))
        );
        assert_eq!(
            read(json!({ "Authorization": "Bearer t" })),
            Ok(Some("t".into()))
        );
        assert_eq!(read(json!({ "authorization": "Basic t" })), Err(()));
        assert_eq!(read(json!({ "authorization": 1 })), Err(()));
    }

    #[test]
    fn a_reason_fits_its_frame() {
        let close = Close::new(4409, "é".repeat(100));
        assert!(close.reason.len() <= 123);
        assert_eq!(close.reason, "é".repeat(61));
    }

    #[test]
    fn other_messages_are_invalid() {
        for text in [
            r#"{}"#,
            r#"{"type":"start","id":"1","payload":{"query":"{a}"}}"#,
            r#"{"type":"subscribe","payload":{"query":"{a}"}}"#,
            r#"{"type":"subscribe","id":1,"payload":{"query":"{a}"}}"#,
            r#"{"type":"subscribe","id":"1"}"#,
            r#"{"type":"connection_init","payload":[]}"#,
        ] {
            assert!(
                serde_json::from_str::<ClientMessage>(text).is_err(),
                "{text}"
            );
        }
    }
}
