//! Who finds which entries.

use super::*;

const LIST: &str = "query ($filter: LogFilter, $first: Int, $after: String) {
    logs(filter: $filter, first: $first, after: $after) {
        totalCount pageInfo { hasNextPage endCursor } nodes { id action username } } }";

async fn actions(client: &Client, filter: Value) -> Vec<String> {
    let reply = client.graphql(LIST, json!({ "filter": filter })).await;
    let nodes = reply.at("/logs/nodes").as_array().unwrap();
    assert_eq!(reply.at("/logs/totalCount"), &json!(nodes.len()));
    let action = |node: &Value| node["action"].as_str().unwrap().to_owned();
    nodes.iter().map(action).collect()
}

every_database!(
    async fn people_find_their_own_entries_and_administrators_everybody_s(app: TestApp) {
        let (ann, bob, admin) = (
            app.user("ann").await,
            app.user("bob").await,
            app.admin().await,
        );
        let of_ann = noted(&ann, "ann's").await;
        noted(&bob, "bob's").await;
        let custom = json!({ "kind": "CUSTOM" });
        assert_eq!(actions(&ann, custom.clone()).await, ["ann's"]);
        assert_eq!(actions(&admin, custom).await, ["bob's", "ann's"]);
        let about_ann = json!({ "kind": "CUSTOM", "userId": ann.id });
        assert_eq!(actions(&admin, about_ann.clone()).await, ["ann's"]);
        assert_eq!(actions(&bob, about_ann).await, [""; 0]);
        let find = "query ($id: ID!) { log(id: $id) { id } node(id: $id) { id } }";
        for client in [&bob, &app.client()] {
            let reply = client.graphql(find, json!({ "id": of_ann })).await;
            assert_eq!(reply.data(), &json!({ "log": null, "node": null }));
        }
        let reply = app
            .client()
            .graphql("{ logs { nodes { id } } }", json!({}))
            .await;
        assert_eq!(reply.code(), "UNAUTHENTICATED");
    }
);

every_database!(
    async fn filters_narrow_and_pages_follow_each_other(app: TestApp) {
        let ann = app.user("ann").await;
        let notebook = ann.notebook("Notebook").await;
        let before = app.clock().now().to_rfc3339();
        for number in 0..5 {
            noted(&ann, &format!("note {number}")).await;
        }
        assert_eq!(
            actions(&ann, json!({ "subjectId": notebook })).await,
            ["notebook.created"]
        );
        assert_eq!(
            actions(&ann, json!({ "action": "note 3" })).await,
            ["note 3"]
        );
        assert_eq!(actions(&ann, json!({ "action": "note" })).await, [""; 0]);
        assert_eq!(actions(&ann, json!({ "from": before })).await.len(), 5);
        let earlier = actions(&ann, json!({ "to": before })).await;
        assert!(
            earlier.contains(&"notebook.created".to_owned()),
            "{earlier:?}"
        );
        assert!(
            !earlier.iter().any(|action| action.starts_with("note ")),
            "{earlier:?}"
        );

        let (mut seen, mut after) = (Vec::new(), Value::Null);
        loop {
            let variables = json!({ "filter": { "from": before }, "first": 2, "after": after });
            let reply = ann.graphql(LIST, variables).await;
            for node in reply.at("/logs/nodes").as_array().unwrap() {
                seen.push(node["action"].as_str().unwrap().to_owned());
            }
            if reply.at("/logs/pageInfo/hasNextPage") == &json!(false) {
                break;
            }
            after = reply.at("/logs/pageInfo/endCursor").clone();
        }
        assert_eq!(seen, ["note 4", "note 3", "note 2", "note 1", "note 0"]);
    }
);

every_database!(
    async fn filters_that_no_database_could_read_are_refused(app: TestApp) {
        let ann = app.user("ann").await;
        for filter in [
            json!({ "action": "a\u{0}" }),
            json!({ "subjectId": "\u{0}" }),
            json!({ "from": "-200000-01-01T00:00:00Z" }),
        ] {
            let reply = ann.graphql(LIST, json!({ "filter": filter })).await;
            assert_eq!(reply.code(), "BAD_USER_INPUT", "{filter}");
        }
    }
);

every_database!(
    async fn entries_outlive_their_account_without_it(app: TestApp) {
        let (ann, admin) = (app.user("ann").await, app.admin().await);
        ann.notebook("Notebook").await;
        let delete =
            "mutation ($id: ID!) { deleteUser(userId: $id) { deletedId errors { code } } }";
        let reply = admin.graphql(delete, json!({ "id": ann.id })).await;
        assert_eq!(reply.text("/deleteUser/deletedId"), ann.id);
        let list =
            "{ logs(filter: { action: \"notebook.created\" }) { nodes { username user { id } } } }";
        let reply = admin.graphql(list, json!({})).await;
        assert_eq!(
            reply.at("/logs/nodes"),
            &json!([{ "username": "ann", "user": null }])
        );
        // The hash does not depend on what went with the account.
        let found = verify(&app, &admin).await;
        assert_eq!(found["valid"], true, "{found}");
    }
);
