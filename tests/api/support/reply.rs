//! What the server answered.

use reqwest::header::HeaderMap;
use serde_json::Value;

/// An answer to a GraphQL request.
#[derive(Debug)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Value,
}

impl Reply {
    /// Reads an answer.
    pub async fn read(response: reqwest::Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Self {
            status,
            headers,
            body,
        }
    }

    /// The data of an answer without errors.
    #[track_caller]
    pub fn data(&self) -> &Value {
        assert!(
            self.body.get("errors").is_none() && self.body["data"].is_object(),
            "data was expected, and this was answered with {}: {:#}",
            self.status,
            self.body
        );
        &self.body["data"]
    }

    /// A value of the data: `/createPage/page/id`.
    #[track_caller]
    pub fn at(&self, pointer: &str) -> &Value {
        let found = self.data().pointer(pointer);
        found.unwrap_or_else(|| panic!("there is no {pointer} in {:#}", self.body))
    }

    /// The text at `pointer`.
    #[track_caller]
    pub fn text(&self, pointer: &str) -> &str {
        let found = self.at(pointer).as_str();
        found.unwrap_or_else(|| panic!("{pointer} is no text in {:#}", self.body))
    }

    /// `extensions.code` of the first error.
    #[track_caller]
    pub fn code(&self) -> &str {
        let found = self.body.pointer("/errors/0/extensions/code");
        found
            .and_then(Value::as_str)
            .unwrap_or_else(|| panic!("a coded error was expected in {:#}", self.body))
    }

    /// The errors of a mutation's payload, which are what the user can correct.
    #[track_caller]
    pub fn user_errors(&self, field: &str) -> &Value {
        self.at(&format!("/{field}/errors"))
    }
}
