//! Chats and answers that are watched: what is said, how it grows, who may see it, and what survives.

mod bad_input;
mod branches;
mod budget;
mod completions;
mod crash;
mod cuts;
mod failures;
mod life;
mod replicas;
mod stopping;
mod storing;
mod watching;

use pluma::config::AiKind;
use serde_json::Value;

use crate::support::*;

/// The fields of a message that most tests look at.
pub const MESSAGE: &str = "fragment Message on ChatMessage {
    id role content status model finishReason error parent { id }
    usage { promptTokens completionTokens totalTokens estimated } }";

const SEND: &str = "mutation ($input: SendMessageInput!) { sendMessage(input: $input) {
    userMessage { ...Message } assistantMessage { ...Message } errors { code message path retryable } } }";

const STREAM: &str =
    "subscription ($id: ID!, $after: Int) { messageStream(messageId: $id, afterSequence: $after) {
    __typename
    ... on CompletionDelta { sequence text }
    ... on CompletionFinished { sequence finishReason content json usage { totalTokens } }
    ... on CompletionFailed { sequence code message retryable } } }";

/// One of everything of these slices, all of it with `word` in it: ids by the names of the arguments that take them.
pub async fn things(client: &Client, page: &str, word: &str) -> Vec<(&'static str, String)> {
    let chat = chat(client, json!({ "title": word, "systemMessage": word })).await;
    let (_, message) = say(client, &chat, word).await;
    let propose = "mutation ($input: ProposePageEditInput!) { proposePageEdit(input: $input) { proposal { id } } }";
    let input = json!({ "pageId": page, "instruction": word });
    let reply = client.graphql(propose, json!({ "input": input })).await;
    let proposal = reply.text("/proposePageEdit/proposal/id").to_owned();
    vec![
        ("chatId", chat),
        ("messageId", message),
        ("proposalId", proposal),
    ]
}

/// A new chat of `client`'s.
pub async fn chat(client: &Client, input: Value) -> String {
    let create = "mutation ($input: CreateChatInput!) { createChat(input: $input) { chat { id } errors { code } } }";
    let reply = client.graphql(create, json!({ "input": input })).await;
    reply.text("/createChat/chat/id").to_owned()
}

/// Says something; gives the whole payload.
pub async fn send(client: &Client, input: Value) -> Value {
    let query = format!("{SEND} {MESSAGE}");
    let reply = client.graphql(&query, json!({ "input": input })).await;
    reply.at("/sendMessage").clone()
}

/// Says something in a chat; gives the ids of the question and of its answer.
pub async fn say(client: &Client, chat: &str, content: &str) -> (String, String) {
    let sent = send(client, json!({ "chatId": chat, "content": content })).await;
    assert_eq!(sent["errors"], json!([]), "{sent:#}");
    let id = |name: &str| sent[name]["id"].as_str().unwrap().to_owned();
    (id("userMessage"), id("assistantMessage"))
}

/// A message as it is now.
pub async fn message(client: &Client, id: &str) -> Value {
    let query = format!("query ($id: ID!) {{ node(id: $id) {{ ...Message }} }} {MESSAGE}");
    let reply = client.graphql(&query, json!({ "id": id })).await;
    reply.at("/node").clone()
}

/// Begins to watch a message.
pub async fn watch(app: &TestApp, client: &Client, id: &str, after: Option<usize>) -> Subscription {
    app.subscribe(client, STREAM, json!({ "id": id, "after": after }))
        .await
        .patient(PATIENCE)
}

/// Longer than anything takes that is not left to chance.
pub const PATIENCE: std::time::Duration = std::time::Duration::from_secs(60);

/// The next event of a stream of answers.
pub async fn event(events: &mut Subscription) -> Value {
    let mut payload = events.next().await;
    assert!(payload.get("errors").is_none(), "{payload:#}");
    let (_, event) = payload["data"]
        .as_object_mut()
        .unwrap()
        .iter_mut()
        .next()
        .unwrap();
    event.take()
}

/// Reads text until there are so many characters of it; `from` stand before.
pub async fn read_to(events: &mut Subscription, from: usize, length: usize) -> String {
    let mut text = String::new();
    while from + text.chars().count() < length {
        let event = event(events).await;
        assert_eq!(event["__typename"], "CompletionDelta", "{event:#}");
        text.push_str(event["text"].as_str().unwrap());
        assert_eq!(event["sequence"], from + text.chars().count());
    }
    text
}

/// Reads a stream to its end: the text that came, and the last event.
pub async fn read(mut events: Subscription) -> (String, Value) {
    let mut text = String::new();
    loop {
        let event = event(&mut events).await;
        match event["text"].as_str() {
            Some(more) => text.push_str(more),
            None => {
                assert_eq!(events.ended().await, Ending::Complete);
                return (text, event);
            }
        }
    }
}

/// Says something and waits for the whole answer; gives its message.
pub async fn answered(app: &TestApp, client: &Client, chat: &str, content: &str) -> Value {
    let (_, id) = say(client, chat, content).await;
    read(watch(app, client, &id, None).await).await;
    message(client, &id).await
}
