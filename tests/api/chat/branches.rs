//! Branches and alternatives.

use super::*;

const AGAIN: &str = "mutation ($id: ID!, $options: AiOptionsInput) { regenerateMessage(messageId: $id, options: $options) {
    message { id status parent { id } alternatives { id content } } errors { code message path } } }";

async fn again(client: &Client, id: &str) -> Value {
    let reply = client.graphql(AGAIN, json!({ "id": id })).await;
    reply.at("/regenerateMessage").clone()
}

every_database!(
    async fn answers_become_alternatives_and_nothing_is_overwritten(
        app: TestApp,
        provider: Provider,
    ) {
        let ann = app.user("ann").await;
        let chat = chat(&ann, json!({})).await;
        let first = answered(&app, &ann, &chat, "Hi").await;
        let id = first["id"].as_str().unwrap();
        let payload = again(&ann, id).await;
        assert_eq!(payload["errors"], json!([]));
        let second = payload["message"]["id"].as_str().unwrap().to_owned();
        assert_ne!(second, id);
        assert_eq!(payload["message"]["parent"]["id"], first["parent"]["id"]);
        assert_eq!(
            payload["message"]["alternatives"],
            json!([{ "id": id, "content": "Answer 1 to: Hi" }])
        );
        let (text, _) = read(watch(&app, &ann, &second, None).await).await;
        assert_eq!(text, "Answer 2 to: Hi");
        // From what was asked, too.
        let third = again(&ann, first["parent"]["id"].as_str().unwrap()).await;
        let third = third["message"]["id"].as_str().unwrap().to_owned();
        read(watch(&app, &ann, &third, None).await).await;
        let query = "query ($id: ID!) { node(id: $id) { ... on ChatMessage { alternatives { id content } } } }";
        let reply = ann.graphql(query, json!({ "id": id })).await;
        assert_eq!(
            reply.at("/node/alternatives"),
            &json!([{ "id": second, "content": "Answer 2 to: Hi" }, { "id": third, "content": "Answer 3 to: Hi" }])
        );
        // The model is never told of the other answers.
        for asked in provider.asked() {
            assert_eq!(
                asked.body["messages"],
                json!([{ "role": "user", "content": "Hi" }])
            );
        }
    }
);

every_database!(
    async fn a_branch_is_told_alone_and_the_newest_message_is_continued_by_itself(
        app: TestApp,
        provider: Provider,
    ) {
        let ann = app.user("ann").await;
        let chat = chat(
            &ann,
            json!({ "systemMessage": "Be {brief}.", "model": "large" }),
        )
        .await;
        let first = answered(&app, &ann, &chat, "One").await;
        let second = answered(&app, &ann, &chat, "Two").await;
        let sent = send(
            &ann,
            json!({ "chatId": chat, "content": "Instead, {what}", "parentId": first["id"], "variables": { "what": "three" } }),
        );
        let sent = sent.await;
        assert_eq!(sent["userMessage"]["content"], "Instead, three");
        assert_eq!(sent["userMessage"]["parent"]["id"], first["id"]);
        let third = sent["assistantMessage"]["id"].as_str().unwrap().to_owned();
        read(watch(&app, &ann, &third, None).await).await;
        let fourth = answered(&app, &ann, &chat, "Four").await;
        let parent = message(&ann, fourth["parent"]["id"].as_str().unwrap()).await;
        assert_eq!(parent["parent"]["id"], third);
        let said = |asked: &Value| -> Vec<String> {
            let messages = asked["messages"].as_array().unwrap().iter();
            messages
                .map(|message| message["content"].as_str().unwrap().to_owned())
                .collect()
        };
        let asked: Vec<_> = provider
            .asked()
            .into_iter()
            .map(|asked| said(&asked.body))
            .collect();
        let begin = ["Be {brief}.", "One", "Answer 1 to: One"];
        assert_eq!(asked[1], [&begin[..], &["Two"]].concat());
        assert_eq!(asked[2], [&begin[..], &["Instead, three"]].concat());
        assert_eq!(
            asked[3],
            [
                &begin[..],
                &["Instead, three", "Answer 3 to: Instead, three", "Four"]
            ]
            .concat()
        );
        assert!(
            provider
                .asked()
                .iter()
                .all(|asked| asked.body["model"] == "large")
        );
        assert_eq!(second["content"], "Answer 2 to: Two");
    }
);

every_database!(
    async fn what_is_being_written_is_not_continued(app: TestApp, provider: Provider) {
        let ann = app.user("ann").await;
        let chat = chat(&ann, json!({})).await;
        let (said, gate) = Said::held(["one"]);
        provider.will_say([said]);
        let (question, id) = say(&ann, &chat, "Hi").await;
        let sent = send(&ann, json!({ "chatId": chat, "content": "And?" })).await;
        assert_eq!(
            (&sent["errors"][0]["code"], &sent["userMessage"]),
            (&json!("CONFLICT"), &Value::Null)
        );
        assert_eq!(again(&ann, &id).await["errors"][0]["code"], "CONFLICT");
        // Beside it, something else may be said.
        let sent = send(
            &ann,
            json!({ "chatId": chat, "content": "Else", "parentId": question }),
        )
        .await;
        assert_eq!(sent["errors"], json!([]));
        gate.add_permits(3);
        read(watch(&app, &ann, &id, None).await).await;
        assert_eq!(again(&ann, &id).await["errors"], json!([]));
    }
);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_chat_loses_its_oldest_messages_and_goes_on() {
    let provider = Provider::start().await;
    let app = TestApp::on(Engine::Sqlite, |config| {
        config.ai.providers = Some(vec![provider.configured("stand-in", AiKind::OpenAi)]);
        config.ai.prompt_characters = 1_000;
    });
    let app = app.await;
    let ann = app.user("ann").await;
    let chat = chat(&ann, json!({ "systemMessage": "S".repeat(100) })).await;
    for letter in ["a", "b", "c"] {
        answered(&app, &ann, &chat, &letter.repeat(200)).await;
    }
    let asked = provider.asked();
    let messages = asked[2].body["messages"].as_array().unwrap();
    let starts: Vec<_> = messages
        .iter()
        .map(|message| message["content"].as_str().unwrap()[..6].to_owned())
        .collect();
    assert_eq!(starts, ["SSSSSS", "bbbbbb", "Answer", "cccccc"]);
    let sent = send(&ann, json!({ "chatId": chat, "content": "d".repeat(901) })).await;
    assert_eq!(
        (&sent["errors"][0]["code"], &sent["errors"][0]["path"]),
        (&json!("TOO_LONG"), &json!(["input", "content"]))
    );
}

every_database!(
    async fn a_message_has_thirty_alternatives_at_most(app: TestApp) {
        let ann = app.user("ann").await;
        let chat = chat(&ann, json!({})).await;
        let first = answered(&app, &ann, &chat, "Hi").await;
        let id = first["id"].as_str().unwrap();
        for _ in 0..30 {
            assert_eq!(again(&ann, id).await["errors"], json!([]));
        }
        let payload = again(&ann, id).await;
        assert_eq!(payload["errors"][0]["code"], "LIMIT_REACHED", "{payload}");
        assert_eq!(payload["message"], Value::Null);
        let query =
            "query ($id: ID!) { node(id: $id) { ... on ChatMessage { alternatives { id } } } }";
        let reply = ann.graphql(query, json!({ "id": id })).await;
        assert_eq!(reply.at("/node/alternatives").as_array().unwrap().len(), 30);
    }
);
