//! Answers that are waited for, without a network.

use super::*;

every_database!(
    async fn echo_repeats_the_prompt_and_says_that_it_is_echo(app: TestApp) {
        let ann = app.user("ann").await;
        let answer = chat(
            &ann,
            json!({ "userMessage": "Dear {name}, {{see}} {n}", "variables": { "name": "Ann", "n": 2 } }),
        );
        let answer = answer.await;
        assert_eq!(answer["errors"], json!([]));
        let completion = &answer["completion"];
        assert_eq!(completion["content"], "You said: Dear Ann, {see} 2");
        assert_eq!(completion["model"], "echo");
        assert_eq!(completion["finishReason"], "STOP");
        assert_eq!(completion["attempts"], 1);
        assert_eq!(completion["json"], Value::Null);
        assert!(completion["latencyMs"].as_f64().unwrap() > 0.0);
        let usage = &completion["usage"];
        assert_eq!(
            usage,
            &json!({ "promptTokens": 4, "completionTokens": 6, "totalTokens": 10, "estimated": false })
        );
    }
);

every_database!(
    async fn a_conversation_is_continued_and_its_braces_stay(app: TestApp) {
        let ann = app.user("ann").await;
        let complete = "mutation ($input: AiCompleteInput!) { aiComplete(input: $input) {
            completion { content finishReason } errors { code path } } }";
        let messages = json!([
            { "role": "SYSTEM", "content": "Be brief." },
            { "role": "USER", "content": "Hi" },
            { "role": "ASSISTANT", "content": "Hello" },
            { "role": "USER", "content": "What is {x}?" },
        ]);
        let input = json!({ "messages": messages, "options": { "maxTokens": 40 } });
        let reply = ann.graphql(complete, json!({ "input": input })).await;
        assert_eq!(
            reply.at("/aiComplete/completion/content"),
            "You said: What is {x}?"
        );
        let input = json!({ "messages": messages, "variables": {} });
        let reply = ann.graphql(complete, json!({ "input": input })).await;
        assert_eq!(
            reply.user_errors("aiComplete")[0]["code"],
            "MISSING_VARIABLE"
        );
        let input =
            json!({ "messages": messages, "variables": { "x": 1 }, "options": { "maxTokens": 3 } });
        let reply = ann.graphql(complete, json!({ "input": input })).await;
        assert_eq!(
            reply.at("/aiComplete/completion"),
            &json!({ "content": "You said: What ", "finishReason": "LENGTH" })
        );
    }
);

every_database!(
    async fn the_provider_and_its_models_are_shown(app: TestApp) {
        let ann = app.user("ann").await;
        let query = "{ aiStatus { provider available defaultModel latencyMs error }
            aiModels { id name provider ownedBy contextWindow } }";
        let reply = ann.graphql(query, json!({})).await;
        let status = reply.at("/aiStatus");
        assert_eq!(
            (&status["provider"], &status["available"]),
            (&json!("echo"), &json!(true))
        );
        assert_eq!(
            (&status["defaultModel"], &status["error"]),
            (&json!("echo"), &Value::Null)
        );
        assert_eq!(
            reply.at("/aiModels"),
            &json!([{ "id": "echo", "name": "echo", "provider": "echo", "ownedBy": "pluma", "contextWindow": null }])
        );
        for field in [
            "aiStatus { provider }",
            "aiModels { id }",
            "aiUsage { requests }",
        ] {
            let reply = app
                .client()
                .graphql(&format!("{{ {field} }}"), json!({}))
                .await;
            assert_eq!(reply.code(), "UNAUTHENTICATED", "{field}");
        }
        let reply = app
            .client()
            .graphql(CHAT, json!({ "input": { "userMessage": "Hi" } }))
            .await;
        assert_eq!(reply.code(), "UNAUTHENTICATED");
    }
);

every_database!(
    with = |config| config.ai.providers = None,
    async fn without_a_provider_it_is_said_what_to_set(app: TestApp) {
        let ann = app.user("ann").await;
        let answer = chat(&ann, json!({ "userMessage": "Hi" })).await;
        assert_eq!(code(&answer), "PROVIDER_UNAVAILABLE");
        let message = answer["errors"][0]["message"].as_str().unwrap();
        assert!(message.contains("PLUMA_AI_PROVIDERS"), "{message}");
        let reply = ann
            .graphql(
                "{ aiStatus { available error } aiModels { id } }",
                json!({}),
            )
            .await;
        assert_eq!(reply.at("/aiStatus/available"), false);
        assert!(reply.text("/aiStatus/error").contains("PLUMA_AI_PROVIDERS"));
        assert_eq!(reply.at("/aiModels"), &json!([]));
    }
);
