//! Processing texts: recognised, checked, enriched, kept, alone and in batches.

mod answers;
mod batches;
mod cut;
mod enrichers;
mod records;
mod results;
mod schemas;

use std::time::Duration;

use pluma::config::EnricherSettings;
use serde_json::Value;

use crate::support::*;

const PROCESS: &str = "mutation ($input: ProcessInput!) { process(input: $input) {
    result { source format records variable issues { path code message } enrichment durationMs
      record { id source format content extracted enrichment metadata owner { id } job { id } createdAt } }
    errors { code path message } } }";

/// What processing gives `client`: the payload.
async fn process(client: &Client, input: Value) -> Value {
    let reply = client.graphql(PROCESS, json!({ "input": input })).await;
    reply.at("/process").clone()
}

/// The result of processing what is in order.
async fn result(client: &Client, input: Value) -> Value {
    let payload = process(client, input).await;
    assert_eq!(payload["errors"], json!([]));
    payload["result"].clone()
}

/// The only error of a payload, as `CODE path.to.argument`, and its message.
#[track_caller]
fn complaint(payload: &Value) -> (String, String) {
    let errors = payload["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 1, "{payload:#}");
    let path = errors[0]["path"].as_array().unwrap().iter();
    let path: Vec<_> = path.map(|part| part.as_str().unwrap()).collect();
    let code = errors[0]["code"].as_str().unwrap();
    let message = errors[0]["message"].as_str().unwrap();
    (format!("{code} {}", path.join(".")), message.to_owned())
}

/// The settings of an enricher at `service` that is given a second.
pub fn enricher(name: &str, service: &StandIn, endpoint: &str) -> EnricherSettings {
    EnricherSettings {
        name: name.to_owned(),
        base_url: service.url(),
        endpoint: endpoint.to_owned(),
        headers: [("x-key".parse().unwrap(), "opensesame".parse().unwrap())]
            .into_iter()
            .collect(),
        timeout: Duration::from_secs(1),
    }
}
