//! Answers of an AI: what is asked, what comes back, what goes wrong, and what it all uses.

mod calls;
mod forms;
mod input;
mod litellm;
mod providers;
mod usage;
mod waiting;

use pluma::config::{AiKind, Config};
use serde_json::Value;

use crate::support::*;

/// Asks one question; the fields that most tests look at.
pub const CHAT: &str = "mutation ($input: AiChatInput!) { aiChat(input: $input) {
    completion { content json model finishReason attempts latencyMs
        usage { promptTokens completionTokens totalTokens estimated } }
    errors { code message path retryable } } }";

/// A question.
fn hi() -> Value {
    json!({ "userMessage": "Hi" })
}

/// What a question is answered.
pub async fn chat(client: &Client, input: Value) -> Value {
    let reply = client.graphql(CHAT, json!({ "input": input })).await;
    reply.at("/aiChat").clone()
}

/// The code of the only error of an answer.
pub fn code(answer: &Value) -> &str {
    assert!(answer["completion"].is_null(), "{answer}");
    assert_eq!(answer["errors"].as_array().unwrap().len(), 1, "{answer}");
    answer["errors"][0]["code"].as_str().unwrap()
}

/// A server whose one provider is a stand-in, and somebody signed in.
pub async fn with_provider(tweak: impl FnOnce(&mut Config)) -> (TestApp, Client, Provider) {
    let provider = Provider::start().await;
    let app = TestApp::on(Engine::Sqlite, |config| {
        config.ai.providers = Some(vec![provider.configured("stand-in", AiKind::OpenAi)]);
        tweak(config);
    });
    let app = app.await;
    let ann = app.user("ann").await;
    (app, ann, provider)
}
