//! CUSTOM entries are their author's to change; AUDIT ones nobody's.

use super::*;

const UPDATE: &str = "mutation ($input: UpdateLogInput!) {
    updateLog(input: $input) { log { action details } errors { code path } } }";
const DELETE: &str =
    "mutation ($id: ID!) { deleteLog(logId: $id) { deletedId errors { code path } } }";

async fn update(client: &Client, id: &str, action: &str) -> Value {
    let input = json!({ "logId": id, "action": action });
    let reply = client.graphql(UPDATE, json!({ "input": input })).await;
    reply.data()["updateLog"].clone()
}

async fn delete(client: &Client, id: &str) -> Value {
    let reply = client.graphql(DELETE, json!({ "id": id })).await;
    reply.data()["deleteLog"].clone()
}

every_database!(
    async fn a_client_s_note_is_kept_as_it_came(app: TestApp) {
        let ann = app.user("ann").await;
        let input = json!({
            "action": " read the manual ", "subjectId": "page_1", "details": { "pages": [1, 2.5, "três"] },
        });
        let log = note(&ann, input).await["log"].clone();
        assert_eq!(log["kind"], "CUSTOM");
        assert_eq!(log["action"], "read the manual");
        assert_eq!(log["subjectId"], "page_1");
        assert_eq!(log["details"], json!({ "pages": [1, 2.5, "três"] }));
        assert_eq!(log["username"], "ann");
        let find = "query ($id: ID!) {
            log(id: $id) { action user { username } ip requestId } node(id: $id) { ... on Log { action } } }";
        let reply = ann.graphql(find, json!({ "id": log["id"] })).await;
        assert_eq!(reply.text("/log/action"), "read the manual");
        assert_eq!(reply.text("/node/action"), "read the manual");
        assert_eq!(reply.text("/log/user/username"), "ann");
        assert_eq!(reply.text("/log/ip"), "127.0.0.1");
        assert!(!reply.text("/log/requestId").is_empty());
    }
);

every_database!(
    async fn a_note_that_cannot_be_kept_is_refused_at_its_path(app: TestApp) {
        let ann = app.user("ann").await;
        let long = "x".repeat(101);
        let large = "x".repeat(70_000);
        for (input, expected) in [
            (json!({ "action": long }), ("TOO_LONG", "input.action")),
            (json!({ "action": " " }), ("BLANK", "input.action")),
            (json!({ "action": "a\nb" }), ("INVALID", "input.action")),
            (json!({ "action": "a\u{0}" }), ("INVALID", "input.action")),
            (
                json!({ "action": "a", "subjectId": "a b" }),
                ("INVALID", "input.subjectId"),
            ),
            (
                json!({ "action": "a", "details": large }),
                ("TOO_LARGE", "input.details"),
            ),
            (
                json!({ "action": "a", "details": ["\u{0}"] }),
                ("INVALID", "input.details"),
            ),
        ] {
            let payload = note(&ann, input).await;
            let (code, path) = refusal(&payload);
            assert_eq!((code, path.as_str()), expected);
            assert_eq!(payload["log"], Value::Null);
        }
        let exact = note(&ann, json!({ "action": "é".repeat(100) })).await;
        assert_eq!(exact["errors"], json!([]));
        let reply = app
            .client()
            .graphql(
                "mutation { createLog(input: { action: \"a\" }) { log { id } } }",
                json!({}),
            )
            .await;
        assert_eq!(reply.code(), "UNAUTHENTICATED");
    }
);

every_database!(
    async fn a_note_is_changed_and_removed_by_its_author_and_administrators_alone(app: TestApp) {
        let (ann, bob, admin) = (
            app.user("ann").await,
            app.user("bob").await,
            app.admin().await,
        );
        let id = noted(&ann, "first").await;
        assert_eq!(refusal(&update(&bob, &id, "mine").await).0, "NOT_FOUND");
        assert_eq!(refusal(&delete(&bob, &id).await).0, "NOT_FOUND");
        assert_eq!(update(&ann, &id, "second").await["log"]["action"], "second");
        assert_eq!(update(&admin, &id, "third").await["log"]["action"], "third");
        let payload = update(&ann, &id, "").await;
        assert_eq!(refusal(&payload), ("BLANK", "input.action".to_owned()));
        assert_eq!(delete(&admin, &id).await["deletedId"], id);
        assert_eq!(
            refusal(&delete(&ann, &id).await),
            ("NOT_FOUND", "logId".to_owned())
        );
    }
);

every_database!(
    async fn an_update_without_details_leaves_them(app: TestApp) {
        let ann = app.user("ann").await;
        let payload = note(&ann, json!({ "action": "a", "details": { "kept": true } })).await;
        let id = payload["log"]["id"].as_str().unwrap();
        for details in [None, Some(Value::Null)] {
            let mut input = json!({ "logId": id, "action": "b" });
            if let Some(details) = details {
                input["details"] = details;
            }
            let reply = ann.graphql(UPDATE, json!({ "input": input })).await;
            assert_eq!(reply.at("/updateLog/log/details"), &json!({ "kept": true }));
        }
        for input in [
            json!({ "logId": id }),
            json!({ "logId": id, "action": null }),
        ] {
            let reply = ann.graphql(UPDATE, json!({ "input": input })).await;
            assert_eq!(reply.text("/updateLog/log/action"), "b");
        }
        let input = json!({ "logId": id, "action": "b", "details": 7 });
        let reply = ann.graphql(UPDATE, json!({ "input": input })).await;
        assert_eq!(reply.at("/updateLog/log/details"), &json!(7));
    }
);

every_database!(
    async fn what_the_server_wrote_stays_as_it_is(app: TestApp) {
        let (ann, admin) = (app.user("ann").await, app.admin().await);
        ann.notebook("Notebook").await;
        let reply = ann
            .graphql(
                "{ logs(filter: { action: \"notebook.created\" }) { nodes { id kind } } }",
                json!({}),
            )
            .await;
        assert_eq!(reply.text("/logs/nodes/0/kind"), "AUDIT");
        let id = reply.text("/logs/nodes/0/id");
        for client in [&ann, &admin] {
            let payload = update(client, id, "notebook.read").await;
            assert_eq!(refusal(&payload), ("FORBIDDEN", "input.logId".to_owned()));
            assert_eq!(
                refusal(&delete(client, id).await),
                ("FORBIDDEN", "logId".to_owned())
            );
        }
        let found = ann
            .graphql(
                "query ($id: ID!) { log(id: $id) { action } }",
                json!({ "id": id }),
            )
            .await;
        assert_eq!(found.text("/log/action"), "notebook.created");
    }
);
