//! Questions that nobody could answer, refused before anybody is asked.

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_asked_is_refused_at_its_path_and_costs_nothing() {
    let (_app, ann, provider) = with_provider(|config| config.ai.prompt_characters = 10_000).await;
    let options = |options: Value| json!({ "userMessage": "Hi", "options": options });
    for (input, code, path) in [
        (
            options(json!({ "temperature": 3 })),
            "OUT_OF_RANGE",
            "options.temperature",
        ),
        (
            options(json!({ "temperature": -0.1 })),
            "OUT_OF_RANGE",
            "options.temperature",
        ),
        (
            options(json!({ "topP": 1.5 })),
            "OUT_OF_RANGE",
            "options.topP",
        ),
        (
            options(json!({ "maxTokens": 0 })),
            "OUT_OF_RANGE",
            "options.maxTokens",
        ),
        (
            options(json!({ "maxTokens": 2_000_000_000 })),
            "OUT_OF_RANGE",
            "options.maxTokens",
        ),
        (options(json!({ "model": " " })), "BLANK", "options.model"),
        (
            options(json!({ "responseFormat": "JSON_SCHEMA" })),
            "BLANK",
            "options.jsonSchema",
        ),
        (
            options(json!({ "jsonSchema": {} })),
            "INVALID",
            "options.jsonSchema",
        ),
        (
            options(json!({ "responseFormat": "JSON_SCHEMA", "jsonSchema": { "type": "texte" } })),
            "INVALID",
            "options.jsonSchema",
        ),
        (
            options(json!({ "responseFormat": "JSON_SCHEMA",
                "jsonSchema": { "$ref": "http://127.0.0.1:9/schema.json" } })),
            "INVALID",
            "options.jsonSchema",
        ),
        (json!({ "userMessage": " \n" }), "BLANK", "userMessage"),
        (
            json!({ "userMessage": "a\u{0}b" }),
            "INVALID",
            "userMessage",
        ),
        (
            json!({ "userMessage": "é".repeat(1_000_000) }),
            "TOO_LONG",
            "userMessage",
        ),
        (
            json!({ "userMessage": "Hi {name}" }),
            "MISSING_VARIABLE",
            "variables",
        ),
        (
            json!({ "userMessage": "Hi", "variables": { "name": "Ann" } }),
            "UNKNOWN_VARIABLE",
            "variables",
        ),
        (
            json!({ "userMessage": "Hi", "variables": [1] }),
            "INVALID",
            "variables",
        ),
    ] {
        let answer = chat(&ann, input.clone()).await;
        let shown = input.to_string().chars().take(100).collect::<String>();
        assert_eq!(super::code(&answer), code, "{shown}");
        let at: Vec<&str> = std::iter::once("input").chain(path.split('.')).collect();
        assert_eq!(answer["errors"][0]["path"], json!(at), "{shown}");
    }
    assert_eq!(provider.asked().len(), 0);
    let usage = ann.graphql("{ aiUsage { requests } }", json!({})).await;
    assert_eq!(usage.at("/aiUsage/requests"), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_conversation_needs_something_to_answer() {
    let (_app, ann, provider) = with_provider(|_| {}).await;
    let complete = "mutation ($input: AiCompleteInput!) { aiComplete(input: $input) {
        completion { content } errors { code path } } }";
    let message = |role: &str, content: &str| json!({ "role": role, "content": content });
    let many = vec![message("USER", "Hi"); 501];
    for (messages, code, path) in [
        (json!([]), "BLANK", json!(["input", "messages"])),
        (json!(many), "TOO_LONG", json!(["input", "messages"])),
        (
            json!([message("SYSTEM", "Be kind.")]),
            "BLANK",
            json!(["input", "messages"]),
        ),
        (
            json!([message("USER", "Hi"), message("USER", "")]),
            "BLANK",
            json!(["input", "messages", "1", "content"]),
        ),
    ] {
        let input = json!({ "input": { "messages": messages } });
        let reply = ann.graphql(complete, input).await;
        let errors = reply.user_errors("aiComplete");
        assert_eq!(errors, &json!([{ "code": code, "path": path }]));
    }
    assert_eq!(provider.asked().len(), 0);
}
