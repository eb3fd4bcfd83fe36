//! What cannot be said, and that nothing is lost by trying.

use super::*;

every_database!(
    async fn a_wrong_message_says_what_to_change_and_changes_nothing(app: TestApp) {
        let ann = app.user("ann").await;
        let chat = chat(&ann, json!({})).await;
        let with = |input: Value| {
            let mut whole = json!({ "chatId": chat, "content": "Hi" });
            whole
                .as_object_mut()
                .unwrap()
                .extend(input.as_object().unwrap().clone());
            whole
        };
        let cases = [
            (
                json!({ "content": " \n" }),
                "BLANK",
                json!(["input", "content"]),
            ),
            (
                json!({ "content": "a\u{0}b" }),
                "INVALID",
                json!(["input", "content"]),
            ),
            (
                json!({ "content": "x".repeat(1_000_000) }),
                "TOO_LONG",
                json!(["input", "content"]),
            ),
            (
                json!({ "content": "{a}", "variables": {} }),
                "MISSING_VARIABLE",
                json!(["input", "variables"]),
            ),
            (
                json!({ "variables": { "b": 1 } }),
                "UNKNOWN_VARIABLE",
                json!(["input", "variables"]),
            ),
            (
                json!({ "options": { "temperature": 3 } }),
                "OUT_OF_RANGE",
                json!(["input", "options", "temperature"]),
            ),
            (
                json!({ "options": { "maxTokens": 0 } }),
                "OUT_OF_RANGE",
                json!(["input", "options", "maxTokens"]),
            ),
            (
                json!({ "options": { "responseFormat": "JSON_SCHEMA", "jsonSchema": { "$ref": "http://127.0.0.1/s" } } }),
                "INVALID",
                json!(["input", "options", "jsonSchema"]),
            ),
            (
                json!({ "parentId": "message_00000000000000000000000000" }),
                "NOT_FOUND",
                json!(["input", "parentId"]),
            ),
            (
                json!({ "chatId": "chat_00000000000000000000000000" }),
                "NOT_FOUND",
                json!(["input", "chatId"]),
            ),
        ];
        for (input, code, path) in cases {
            let sent = send(&ann, with(input)).await;
            let error = &sent["errors"][0];
            assert_eq!(
                (&error["code"], &error["path"]),
                (&json!(code), &path),
                "{error}"
            );
            assert_eq!(
                (&sent["userMessage"], &sent["assistantMessage"]),
                (&Value::Null, &Value::Null)
            );
        }
        // Braces are text where no variables are given.
        assert_eq!(
            answered(&app, &ann, &chat, "{a} {{").await["content"],
            "You said: {a} {{"
        );
        let query = "query ($id: ID!) { chat(id: $id) { messages { totalCount } } }";
        let reply = ann.graphql(query, json!({ "id": chat })).await;
        assert_eq!(reply.at("/chat/messages/totalCount"), 2);
        let again = "mutation ($id: ID!) { regenerateMessage(messageId: $id, options: { topP: 2 }) { errors { code path } } }";
        let reply = ann.graphql(
            "query ($id: ID!) { chat(id: $id) { messages { nodes { id } } } }",
            json!({ "id": chat }),
        );
        let id = reply.await.text("/chat/messages/nodes/1/id").to_owned();
        let reply = ann.graphql(again, json!({ "id": id })).await;
        assert_eq!(
            reply.user_errors("regenerateMessage"),
            &json!([{ "code": "OUT_OF_RANGE", "path": ["options", "topP"] }])
        );
    }
);

every_database!(
    async fn a_wrong_chat_is_not_begun(app: TestApp) {
        let ann = app.user("ann").await;
        let create = "mutation ($input: CreateChatInput!) { createChat(input: $input) { chat { id } errors { code path } } }";
        let cases = [
            (json!({ "title": " " }), "BLANK", "title"),
            (json!({ "title": "x".repeat(201) }), "TOO_LONG", "title"),
            (
                json!({ "systemMessage": "x".repeat(20_001) }),
                "TOO_LONG",
                "systemMessage",
            ),
            (json!({ "model": "" }), "BLANK", "model"),
        ];
        for (input, code, field) in cases {
            let reply = ann.graphql(create, json!({ "input": input })).await;
            assert_eq!(
                reply.user_errors("createChat"),
                &json!([{ "code": code, "path": ["input", field] }])
            );
        }
        let reply = ann.graphql("{ chats { totalCount } }", json!({})).await;
        assert_eq!(reply.at("/chats/totalCount"), 0);
    }
);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_provider_it_is_said_what_to_set() {
    let app = TestApp::on(Engine::Sqlite, |config| config.ai.providers = None).await;
    let ann = app.user("ann").await;
    let chat = chat(&ann, json!({})).await;
    let sent = send(&ann, json!({ "chatId": chat, "content": "Hi" })).await;
    assert_eq!(sent["errors"][0]["code"], "PROVIDER_UNAVAILABLE");
    assert!(
        sent["errors"][0]["message"]
            .as_str()
            .unwrap()
            .contains("PLUMA_AI_PROVIDERS")
    );
    assert_eq!(sent["userMessage"], Value::Null);
}

every_database!(
    async fn a_message_that_is_sent_again_with_its_key_is_said_once(
        app: TestApp,
        provider: Provider,
    ) {
        let ann = app.user("ann").await;
        let chat = chat(&ann, json!({})).await;
        let query = format!("{SEND} {MESSAGE}");
        let input = json!({ "input": { "chatId": chat, "content": "Hi" } });
        let once = ann.once("key-1", &query, input.clone()).await;
        let id = once.text("/sendMessage/assistantMessage/id").to_owned();
        read(watch(&app, &ann, &id, None).await).await;
        let again = ann.once("key-1", &query, input).await;
        assert_eq!(again.text("/sendMessage/assistantMessage/id"), id);
        assert_eq!(provider.asked().len(), 1);
    }
);
