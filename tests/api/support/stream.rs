//! A client of a subscription over plain HTTP.

use std::time::Duration;

use reqwest::Response;
use serde_json::{Value, json};

use super::{Client, TestApp};

/// A running subscription, as its bytes arrive.
pub struct Stream {
    response: Response,
    read: String,
}

impl Stream {
    /// Subscribes as `client`, with the media type that `accept` asks for.
    pub async fn open(
        app: &TestApp,
        client: &Client,
        accept: &str,
        query: &str,
        variables: &Value,
    ) -> Self {
        let request = client.http().post(format!("{}/graphql", app.url()));
        let request = request
            .header("accept", accept)
            .bearer_auth(&client.access_token)
            .json(&json!({ "query": query, "variables": variables }));
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        let read = String::new();
        Self { response, read }
    }

    /// More of it; `None` at its end.
    async fn more(&mut self) -> Option<()> {
        let chunk = tokio::time::timeout(Duration::from_secs(10), self.response.chunk());
        let chunk = chunk.await.expect("something arrives within ten seconds");
        let chunk = chunk.expect("the stream ends as HTTP says")?;
        self.read.push_str(std::str::from_utf8(&chunk).unwrap());
        Some(())
    }

    /// Reads until `text` has come.
    pub async fn until(&mut self, text: &str) {
        while !self.read.contains(text) {
            assert!(self.more().await.is_some(), "no {text} in {}", self.read);
        }
    }

    /// What has not been read yet, to the end.
    pub async fn rest(&mut self) -> String {
        self.read.clear();
        while self.more().await.is_some() {}
        std::mem::take(&mut self.read)
    }
}
