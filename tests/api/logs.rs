//! The log: noted by clients, written by the server, sealed, listed, followed and kept.

mod chain;
mod command;
mod entries;
mod lists;
mod live;
mod retention;

use pluma::logs::sealing;
use serde_json::Value;

use crate::support::*;

/// Notes something as `client`; gives the payload.
async fn note(client: &Client, input: Value) -> Value {
    let create = "mutation ($input: CreateLogInput!) {
        createLog(input: $input) { log { id kind action subjectId details username } errors { code path } } }";
    let reply = client.graphql(create, json!({ "input": input })).await;
    reply.data()["createLog"].clone()
}

/// The id of what `client` notes.
async fn noted(client: &Client, action: &str) -> String {
    let payload = note(client, json!({ "action": action })).await;
    assert_eq!(payload["errors"], json!([]));
    payload["log"]["id"].as_str().unwrap().to_owned()
}

/// The code and path of a payload's only error.
fn refusal(payload: &Value) -> (&str, String) {
    let errors = payload["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 1, "{payload}");
    let path = errors[0]["path"].as_array().unwrap().iter();
    let path: Vec<_> = path.map(|part| part.as_str().unwrap()).collect();
    (errors[0]["code"].as_str().unwrap(), path.join("."))
}

/// Seals what waits, and follows the chain as `admin`.
async fn verify(app: &TestApp, admin: &Client) -> Value {
    sealing::seal(app.app()).await.unwrap();
    let query = "{ verifyAuditLog { valid entries problem head firstBroken { id action } } }";
    let reply = admin.graphql(query, json!({})).await;
    reply.data()["verifyAuditLog"].clone()
}
