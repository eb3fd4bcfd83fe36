//! Mutations that are sent again with the same idempotency key: answered again, and done once.

mod crash;
mod owners;
mod replays;
mod transports;

use serde_json::{Value, json};

use crate::support::{Client, Reply};

const CREATE: &str = "mutation ($title: String!) { createNotebook(input: { title: $title }) {
    notebook { id title } errors { code path } } }";

/// How many notebooks of this title there are for `client`.
async fn notebooks(client: &Client, title: &str) -> usize {
    let query = "{ notebooks(mine: true, first: 100) { nodes { title } } }";
    let reply = client.graphql(query, json!({})).await;
    let nodes = reply.at("/notebooks/nodes").as_array().unwrap().iter();
    nodes.filter(|node| node["title"] == title).count()
}

fn create(title: &str) -> Value {
    json!({ "query": CREATE, "variables": { "title": title } })
}

fn replayed(reply: &Reply) -> bool {
    let header = reply.headers.get("idempotency-replayed");
    header.is_some_and(|value| value == "true")
}
