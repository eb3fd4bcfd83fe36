//! A chat from its beginning to its end.

use super::*;

every_database!(
    async fn a_chat_is_begun_named_after_what_is_said_listed_renamed_and_deleted(app: TestApp) {
        let ann = app.user("ann").await;
        let chat = chat(&ann, json!({ "systemMessage": "Be brief." })).await;
        let query = "query ($id: ID!) { chat(id: $id) { id title systemMessage model owner { username }
            usage { totalTokens } messages { totalCount nodes { role content status chat { id } } } } }";
        let reply = ann.graphql(query, json!({ "id": chat })).await;
        assert_eq!(
            reply.at("/chat"),
            &json!({ "id": chat, "title": "New chat", "systemMessage": "Be brief.", "model": null,
                "owner": { "username": "ann" }, "usage": { "totalTokens": 0 },
                "messages": { "totalCount": 0, "nodes": [] } })
        );
        let answer = answered(&app, &ann, &chat, "\n  How are you?\nReally?").await;
        assert_eq!(answer["content"], "You said: How are you?\nReally?");
        assert_eq!(
            (&answer["status"], &answer["model"], &answer["finishReason"]),
            (&json!("COMPLETE"), &json!("echo"), &json!("STOP"))
        );
        assert_eq!(answer["usage"]["estimated"], false);
        let used = answer["usage"]["totalTokens"].as_i64().unwrap();
        assert!(used > 0);
        let reply = ann.graphql(query, json!({ "id": chat })).await;
        let now = reply.at("/chat");
        assert_eq!(now["title"], "How are you?");
        assert_eq!(now["usage"]["totalTokens"], used);
        let said = now["messages"]["nodes"].as_array().unwrap();
        let roles: Vec<_> = said
            .iter()
            .map(|message| message["role"].as_str().unwrap())
            .collect();
        assert_eq!(roles, ["USER", "ASSISTANT"]);
        assert!(said.iter().all(|message| message["chat"]["id"] == chat));

        // The last used one comes first.
        let other = super::chat(&ann, json!({ "title": "Other", "model": "echo" })).await;
        let list = "{ chats(first: 10) { totalCount nodes { id title } } }";
        let reply = ann.graphql(list, json!({})).await;
        assert_eq!(reply.text("/chats/nodes/0/id"), other);
        answered(&app, &ann, &chat, "More?").await;
        let reply = ann.graphql(list, json!({})).await;
        assert_eq!(reply.text("/chats/nodes/0/id"), chat);
        assert_eq!(reply.at("/chats/totalCount"), 2);

        let rename =
            "mutation ($id: ID!, $title: String!) { renameChat(chatId: $id, title: $title) {
            chat { title } errors { code path } } }";
        let reply = ann
            .graphql(rename, json!({ "id": chat, "title": "  Small talk " }))
            .await;
        assert_eq!(reply.text("/renameChat/chat/title"), "Small talk");
        let reply = ann
            .graphql(rename, json!({ "id": chat, "title": "" }))
            .await;
        assert_eq!(
            reply.user_errors("renameChat"),
            &json!([{ "code": "BLANK", "path": ["title"] }])
        );

        let delete =
            "mutation ($id: ID!) { deleteChat(chatId: $id) { deletedId errors { code } } }";
        let reply = ann.graphql(delete, json!({ "id": chat })).await;
        assert_eq!(reply.text("/deleteChat/deletedId"), chat);
        let reply = ann.graphql(query, json!({ "id": chat })).await;
        assert_eq!(reply.at("/chat"), &Value::Null);
        let reply = ann.graphql(delete, json!({ "id": chat })).await;
        assert_eq!(reply.user_errors("deleteChat")[0]["code"], "NOT_FOUND");
        // Nothing of it is left behind, in no table.
        assert_eq!(app.execute("DELETE FROM transcripts").await, 0);
        assert_eq!(app.execute("DELETE FROM chat_messages").await, 0);
    }
);

every_database!(
    async fn the_log_and_the_account_tell_what_was_asked(app: TestApp) {
        let ann = app.user("ann").await;
        let chat = chat(&ann, json!({})).await;
        answered(&app, &ann, &chat, "Tell me").await;
        let query = "{ logs(first: 3) { nodes { action username details } }
            aiUsage { requests failures byModel { model requests } } }";
        let reply = ann.graphql(query, json!({})).await;
        let entry = reply.at("/logs/nodes/0");
        assert_eq!(
            (&entry["action"], &entry["username"]),
            (&json!("ai.asked"), &json!("ann"))
        );
        assert_eq!(entry["details"]["purpose"], "sendMessage");
        assert_eq!(
            reply.at("/aiUsage"),
            &json!({ "requests": 1, "failures": 0, "byModel": [{ "model": "echo", "requests": 1 }] })
        );
    }
);

every_database!(
    async fn chats_are_their_owner_s_alone(app: TestApp) {
        let ann = app.user("ann").await;
        let (bob, admin) = (app.user("bob").await, app.admin().await);
        let chat = chat(&ann, json!({ "title": "Mine" })).await;
        let (question, answer) = say(&ann, &chat, "A secret").await;
        for other in [&bob, &admin] {
            let query = "query ($chat: ID!, $ids: [ID!]!) { chat(id: $chat) { id } nodes(ids: $ids) { id } }";
            let ids = json!([chat, question, answer]);
            let reply = other
                .graphql(query, json!({ "chat": chat, "ids": ids }))
                .await;
            assert_eq!(
                reply.data(),
                &json!({ "chat": null, "nodes": [null, null, null] })
            );
            let sent = send(other, json!({ "chatId": chat, "content": "Hi" })).await;
            assert_eq!(sent["errors"][0]["code"], "NOT_FOUND");
            for mutation in ["stopMessage", "regenerateMessage"] {
                let query = format!(
                    "mutation ($id: ID!) {{ {mutation}(messageId: $id) {{ errors {{ code path }} }} }}"
                );
                let reply = other.graphql(&query, json!({ "id": answer })).await;
                assert_eq!(
                    reply.user_errors(mutation),
                    &json!([{ "code": "NOT_FOUND", "path": ["messageId"] }])
                );
            }
            let mut stream = watch(&app, other, &answer, None).await;
            assert!(matches!(stream.ended().await, Ending::Failed(_)));
            // Nor can it be hung below another chat.
            let own = super::chat(other, json!({})).await;
            let sent = send(
                other,
                json!({ "chatId": own, "content": "Hi", "parentId": answer }),
            )
            .await;
            assert_eq!(sent["errors"][0]["path"], json!(["input", "parentId"]));
        }
        let reply = app
            .client()
            .graphql("{ chats { totalCount } }", json!({}))
            .await;
        assert_eq!(reply.code(), "UNAUTHENTICATED");
    }
);

/// Says so many things one after the other, as rows.
fn chain(app: &TestApp, length: usize) -> String {
    match app.app().db.engine() {
        "sqlite" => format!(
            "INSERT INTO chat_messages (id, chat_id, parent_id, role, content, created_at)
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {length})
            SELECT unhex(printf('%032x', i)), (SELECT id FROM chats),
              CASE WHEN i > 1 THEN unhex(printf('%032x', i - 1)) END, 'USER', 'x', i FROM n"
        ),
        _ => format!(
            "INSERT INTO chat_messages (id, chat_id, parent_id, role, content, created_at)
            SELECT lpad(to_hex(i), 32, '0')::uuid, (SELECT id FROM chats),
              CASE WHEN i > 1 THEN lpad(to_hex(i - 1), 32, '0')::uuid END, 'USER', 'x', now()
            FROM generate_series(1, {length}) AS i"
        ),
    }
}

every_database!(
    async fn a_long_chat_is_deleted_alone_and_with_its_owner(app: TestApp) {
        let admin = app.admin().await;
        let ann = app.user("ann").await;
        let long = chat(&ann, json!({})).await;
        assert_eq!(app.execute(&chain(&app, 1_500)).await, 1_500);
        let delete = "mutation ($id: ID!) { deleteChat(chatId: $id) { errors { code } } }";
        let reply = ann.graphql(delete, json!({ "id": long })).await;
        assert_eq!(reply.user_errors("deleteChat"), &json!([]));
        chat(&ann, json!({})).await;
        assert_eq!(app.execute(&chain(&app, 1_500)).await, 1_500);
        let delete = "mutation ($id: ID!) { deleteUser(userId: $id) { errors { code } } }";
        let reply = admin.graphql(delete, json!({ "id": ann.id })).await;
        assert_eq!(reply.user_errors("deleteUser"), &json!([]));
        assert_eq!(app.execute("DELETE FROM chat_messages").await, 0);
    }
);
