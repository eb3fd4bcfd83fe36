//! Pages: writing, saving together, history, order, publishing, and watching it all happen.

mod autosaves;
mod history;
mod live;
mod main_job;
mod numbered_saves;
mod order;
mod organising;
pub mod paging;
mod presence;
mod proposals;
mod publishing;
mod saving;
mod visibility;

use serde_json::Value;

use crate::support::*;

/// Everything that a save answers.
const SAVE: &str = "mutation ($input: SavePageInput!) { savePage(input: $input) {
    page { title content wordCount currentRevision { id } }
    revision { id number kind title content message }
    merged superseded
    conflict { base { id content } current { id content } marked }
    errors { code path } } }";

/// Runs one mutation, given with its arguments; gives its payload.
pub async fn change(client: &Client, call: &str, selection: &str) -> Value {
    let field = call.split('(').next().unwrap();
    let query = format!("mutation {{ {call} {{ {selection} errors {{ code path }} }} }}");
    let reply = client.graphql(&query, json!({})).await;
    reply.at(&format!("/{field}")).clone()
}

/// The payload of a mutation that is expected to have succeeded.
#[track_caller]
pub fn done(payload: Value) -> Value {
    assert_eq!(payload["errors"], json!([]), "{payload:#}");
    payload
}

/// Runs one mutation that is expected to be refused; gives its errors as `CODE path.to.argument`.
pub async fn refused(client: &Client, call: &str) -> Vec<String> {
    errors(&change(client, call, "__typename").await)
}

/// The errors of a payload as `CODE path.to.argument`.
pub fn errors(payload: &Value) -> Vec<String> {
    let errors = payload["errors"].as_array().unwrap().iter();
    errors
        .map(|error| {
            let path = error["path"].as_array().unwrap().iter();
            let path: Vec<_> = path.map(|part| part.as_str().unwrap()).collect();
            format!("{} {}", error["code"].as_str().unwrap(), path.join("."))
        })
        .collect()
}

/// What `pointer` gives of the answer to a query.
pub async fn look(client: &Client, query: &str, pointer: &str) -> Value {
    client.graphql(query, json!({})).await.at(pointer).clone()
}

/// What a client sees of a page.
pub async fn see(client: &Client, page: &str, selection: &str) -> Value {
    let query = format!(r#"{{ page(id: "{page}") {{ {selection} }} }}"#);
    look(client, &query, "/page").await
}

/// Saves a page from `base`.
pub async fn save(client: &Client, page: &str, base: &str, mut input: Value) -> Value {
    input["pageId"] = json!(page);
    input["baseRevisionId"] = json!(base);
    let reply = client.graphql(SAVE, json!({ "input": input })).await;
    reply.at("/savePage").clone()
}

/// Saves a text that is expected to be stored; gives the revision's id.
pub async fn stored(client: &Client, page: &str, base: &str, input: Value) -> String {
    let payload = done(save(client, page, base, input).await);
    let id = payload["revision"]["id"].as_str();
    id.unwrap_or_else(|| panic!("this was not stored: {payload:#}"))
        .to_owned()
}

/// Autosaves a text from the editor `client_id`; gives the revision's id.
async fn autosaved(client: &Client, page: &str, base: &str, text: &str, editor: &str) -> String {
    let input = json!({ "content": text, "autosave": true, "clientId": editor });
    stored(client, page, base, input).await
}

/// Shares a notebook.
pub async fn share(owner: &Client, notebook: &str, with: &Client, role: &str) {
    let call = format!(
        r#"setCollaborator(notebookId: "{notebook}", userId: "{}", role: {role})"#,
        with.id
    );
    done(change(owner, &call, "notebook { id }").await);
}

/// Publishes a notebook with all its pages.
pub async fn publish_notebook(owner: &Client, notebook: &str) {
    let call = format!(r#"publishNotebook(notebookId: "{notebook}")"#);
    done(change(owner, &call, "notebook { state }").await);
}

/// Publishes the draft of a page.
pub async fn publish(client: &Client, page: &str) {
    let call = format!(r#"publishPage(pageId: "{page}")"#);
    done(change(client, &call, "page { state }").await);
}

/// The same user with a session that is valid now, after the clock was set forward.
async fn again(app: &TestApp, user: &Client) -> Client {
    let reply = app
        .client()
        .graphql(
            "mutation ($input: LoginInput!) { login(input: $input) { accessToken } }",
            json!({ "input": { "login": user.username, "password": user.password() } }),
        )
        .await;
    let mut user = user.clone();
    user.access_token = reply.text("/login/accessToken").to_owned();
    user
}

/// The numbers of a page's revisions as they are listed.
async fn numbers(client: &Client, page: &str, arguments: &str) -> Vec<i64> {
    let revisions = format!("revisions{arguments} {{ nodes {{ number }} }}");
    let seen = see(client, page, &revisions).await;
    let nodes = seen["revisions"]["nodes"].as_array().unwrap().iter();
    nodes.map(|node| node["number"].as_i64().unwrap()).collect()
}

/// How many log entries there are of an action on a subject.
pub async fn logged(app: &TestApp, action: &str, subject: &str) -> usize {
    app.execute(&format!(
        "UPDATE logs SET kind = kind WHERE action = '{action}' AND subject_id = '{subject}'"
    ))
    .await
}
