//! Pictures: uploaded, kept, used in pages, served, swept, and refused.

mod avatars;
mod bad_pictures;
mod drawn;
mod faults;
mod fsck;
mod s3;
mod serving;
mod sweeping;
mod tickets;
mod uploads;
mod uses;

use pluma::storage::Stored;
use serde_json::Value;

use crate::support::*;
use drawn::{jpeg, png};

const UPLOAD: &str = "mutation ($input: UploadImageInput!) { uploadImage(input: $input) {
    image { id url contentType width height byteSize altText purpose owner { id } createdAt }
    errors { code message path } } }";

/// Sends a file in a multipart request; gives the answer.
async fn send(client: &Client, name: &str, bytes: Vec<u8>, input: Value) -> Reply {
    client.upload_named(UPLOAD, input, name, bytes).await
}

/// A new picture of these bytes.
async fn upload(client: &Client, bytes: Vec<u8>) -> Value {
    let reply = send(client, "picture", bytes, json!({ "altText": "A picture" })).await;
    assert_eq!(reply.user_errors("uploadImage"), &json!([]));
    reply.at("/uploadImage/image").clone()
}

/// Its id.
async fn uploaded(client: &Client, bytes: Vec<u8>) -> String {
    id(&upload(client, bytes).await)
}

fn id(image: &Value) -> String {
    image["id"].as_str().unwrap().to_owned()
}

/// The code and path of a payload's only error.
fn refusal(payload: &Value) -> (&str, String) {
    let errors = payload["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 1, "{payload}");
    let path = errors[0]["path"].as_array().unwrap().iter();
    let path: Vec<_> = path.map(|part| part.as_str().unwrap()).collect();
    (errors[0]["code"].as_str().unwrap(), path.join("."))
}

/// Path and query of an address, which names the server as the configuration does.
fn path(address: &str) -> String {
    let address = url::Url::parse(address).unwrap();
    let query = address.query().map(|query| format!("?{query}"));
    format!("{}{}", address.path(), query.unwrap_or_default())
}

/// What `client` is told as the address of a picture.
async fn address(client: &Client, image: &str) -> String {
    let query = "query ($id: ID!) { node(id: $id) { ... on Image { url } } }";
    let reply = client.graphql(query, json!({ "id": image })).await;
    path(reply.text("/node/url"))
}

/// Deletes a picture; gives the payload.
async fn delete(client: &Client, image: &str, force: bool) -> Value {
    let query = "mutation ($id: ID!, $force: Boolean) { deleteImage(imageId: $id, force: $force) {
        deletedId errors { code message path } } }";
    let reply = client
        .graphql(query, json!({ "id": image, "force": force }))
        .await;
    reply.data()["deleteImage"].clone()
}

/// A page of a notebook that mentions a picture.
async fn page_with(client: &Client, notebook: &str, image: &str) -> Page {
    let content = format!("Look: ![a picture](/media/{image})");
    client.page(notebook, "Illustrated", &content).await
}

/// Publishes both.
async fn publish(client: &Client, notebook: &str) {
    let query = "mutation ($id: ID!) { publishNotebook(notebookId: $id) { errors { code } } }";
    let reply = client.graphql(query, json!({ "id": notebook })).await;
    assert_eq!(reply.user_errors("publishNotebook"), &json!([]));
}

/// Everything in the store, by key.
async fn stored(app: &TestApp) -> Vec<Stored> {
    use futures_util::TryStreamExt;
    let mut stored: Vec<Stored> = app.app().storage.list("media").try_collect().await.unwrap();
    stored.sort_by(|a, b| a.key.cmp(&b.key));
    stored
}

/// The actions of `client`'s log entries, the newest first.
async fn log(client: &Client) -> Vec<String> {
    let query = "{ logs(first: 50, filter: { kind: AUDIT }) { nodes { action } } }";
    let reply = client.graphql(query, json!({})).await;
    let nodes = reply.at("/logs/nodes").as_array().unwrap().iter();
    nodes
        .map(|node| node["action"].as_str().unwrap().to_owned())
        .collect()
}
