//! The LiteLLM proxy, as teams run it in front of their models: another program's idea of the wire format.

use std::time::Duration;

use super::*;
use crate::chat::{answered, chat as new_chat, read, say, watch};
use pluma::config::AiProvider;

/// The proxy that PLUMA_TEST_LITELLM names; `model` is the one that is asked unless a request names another.
#[expect(
    clippy::disallowed_methods,
    reason = "where the tests find their server is no part of the configuration"
)]
fn proxy(name: &str, kind: AiKind, model: &str) -> AiProvider {
    let [url, key] = ["PLUMA_TEST_LITELLM", "PLUMA_TEST_LITELLM_KEY"].map(|name| {
        std::env::var(name).unwrap_or_else(|_| {
            panic!("{name} is not set: `script/test` starts the LiteLLM proxy and says where it is")
        })
    });
    let base = match kind {
        AiKind::AzureOpenAi => url,
        _ => format!("{url}/v1"),
    };
    AiProvider {
        name: name.to_owned(),
        kind,
        base_url: Some(base.parse().unwrap()),
        api_key: Some(key.into()),
        model: model.to_owned(),
        api_version: (kind != AiKind::OpenAi).then(|| "2024-10-21".to_owned()),
        concurrency: 64,
    }
}

const HERONS: &str = "Five grey herons stood in the reeds — até logo 😀";

async fn server(providers: Vec<AiProvider>) -> (TestApp, Client) {
    let app = TestApp::on(Engine::Sqlite, |config| {
        config.ai.providers = Some(providers);
        config.ai.first_token = Duration::from_secs(20);
    });
    let app = app.await;
    let ann = app.user("ann").await;
    (app, ann)
}

fn ask(model: &str) -> Value {
    json!({ "userMessage": "Hi", "options": { "model": model } })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn litellm_answers_at_once_and_piece_by_piece() {
    let (app, ann) = server(vec![proxy("litellm", AiKind::OpenAi, "good")]).await;
    let answer = chat(&ann, json!({ "userMessage": "Hi" })).await;
    let completion = &answer["completion"];
    assert_eq!(
        (&completion["content"], &completion["finishReason"]),
        (&json!(HERONS), &json!("STOP"))
    );
    assert_eq!(completion["usage"]["estimated"], false);
    let id = new_chat(&ann, json!({})).await;
    let (_, message) = say(&ann, &id, "Hi").await;
    let (text, end) = read(watch(&app, &ann, &message, None).await).await;
    assert_eq!((text.as_str(), &end["content"]), (HERONS, &json!(HERONS)));
    let said = crate::chat::message(&ann, &message).await;
    assert_eq!(
        said["usage"]["estimated"], false,
        "the usage of a stream is the provider's"
    );
    let reply = ann
        .graphql("{ aiModels { id } aiStatus { available } }", json!({}))
        .await;
    assert!(
        reply
            .at("/aiModels")
            .as_array()
            .unwrap()
            .contains(&json!({ "id": "litellm/limited" }))
    );
    assert_eq!(reply.at("/aiStatus/available"), true);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn litellm_is_asked_by_azure_s_path_too() {
    let (app, ann) = server(vec![proxy("azure", AiKind::AzureOpenAi, "azure-good")]).await;
    let answer = chat(&ann, json!({ "userMessage": "Hi" })).await;
    assert_eq!(
        answer["completion"]["content"],
        "An answer by the Azure path"
    );
    let id = new_chat(&ann, json!({})).await;
    let message = answered(&app, &ann, &id, "Hi").await;
    assert_eq!(
        (&message["content"], &message["status"]),
        (&json!("An answer by the Azure path"), &json!("COMPLETE"))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn litellm_s_429_and_500_are_tried_again_told_and_answered_by_another_provider() {
    let (app, ann) = server(vec![
        proxy("litellm", AiKind::OpenAi, "limited"),
        proxy("other", AiKind::OpenAi, "good"),
    ])
    .await;
    for (model, expected) in [
        ("litellm/limited", "PROVIDER_RATE_LIMITED"),
        ("litellm/broken", "PROVIDER_UNAVAILABLE"),
    ] {
        assert_eq!(code(&chat(&ann, ask(model)).await), expected);
    }
    let reply = ann
        .graphql("{ aiUsage { requests failures } }", json!({}))
        .await;
    assert_eq!(
        reply.at("/aiUsage"),
        &json!({ "requests": 6, "failures": 6 }),
        "each is asked three times"
    );
    // The breaker may stand open by now; whoever is next answers in both cases.
    let id = new_chat(&ann, json!({})).await;
    let message = answered(&app, &ann, &id, "Hi").await;
    assert_eq!(
        (&message["content"], &message["model"]),
        (&json!(HERONS), &json!("other/good"))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_litellm_that_does_not_answer_is_not_waited_for() {
    let app = TestApp::on(Engine::Sqlite, |config| {
        config.ai.providers = Some(vec![proxy("litellm", AiKind::OpenAi, "slow")]);
        config.ai.first_token = Duration::from_secs(1);
    });
    let app = app.await;
    let ann = app.user("ann").await;
    assert_eq!(
        code(&chat(&ann, json!({ "userMessage": "Hi" })).await),
        "PROVIDER_TIMEOUT"
    );
    let id = new_chat(&ann, json!({})).await;
    let message = answered(&app, &ann, &id, "Hi").await;
    assert_eq!(
        (&message["status"], &message["content"]),
        (&json!("FAILED"), &json!(""))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_litellm_does_not_know_is_told_and_not_shown() {
    let mut stranger = proxy("stranger", AiKind::OpenAi, "good");
    stranger.api_key = Some("sk-wrong".to_owned().into());
    let (_app, ann) = server(vec![stranger]).await;
    let answer = chat(&ann, json!({ "userMessage": "Hi" })).await;
    assert_eq!(code(&answer), "PROVIDER_REJECTED");
    assert!(!answer.to_string().contains("sk-wrong"), "{answer}");
}
