//! Whose datasets are, and what goes with them.

use super::*;

const LIST: &str = "query ($first: Int, $after: String) { datasets(first: $first, after: $after) {
    totalCount nodes { id name owner { id } } pageInfo { hasNextPage endCursor } } }";
const ONE: &str = "query ($id: ID!) { dataset(id: $id) { id } node(id: $id) { id } }";

async fn delete(client: &Client, id: &Value) -> Value {
    let query =
        "mutation ($id: ID!) { deleteDataset(datasetId: $id) { deletedId errors { code path } } }";
    let reply = client.graphql(query, json!({ "id": id })).await;
    reply.at("/deleteDataset").clone()
}

async fn sees(client: &Client, id: &Value) -> bool {
    let reply = client.graphql(ONE, json!({ "id": id })).await;
    assert_eq!(reply.at("/dataset"), reply.at("/node"));
    !reply.at("/dataset").is_null()
}

every_database!(
    async fn datasets_are_their_owner_s_and_administrators(app: TestApp) {
        let (ann, bob, admin) = (
            app.user("ann").await,
            app.user("bob").await,
            app.admin().await,
        );
        let one = imported(&ann, "TABULAR", "a\n1\n").await["id"].clone();
        let two = imported(&ann, "TABULAR", "a\n2\n").await["id"].clone();
        let of_bob = imported(&bob, "TABULAR", "a\n3\n").await["id"].clone();
        let reply = ann.graphql(LIST, json!({ "first": 1 })).await;
        assert_eq!(reply.at("/datasets/totalCount"), 2);
        assert_eq!(reply.at("/datasets/nodes/0/id"), &two);
        let after = reply.at("/datasets/pageInfo/endCursor");
        let reply = ann.graphql(LIST, json!({ "after": after })).await;
        assert_eq!(reply.at("/datasets/nodes/0/id"), &one);
        assert_eq!(
            admin
                .graphql(LIST, json!({}))
                .await
                .at("/datasets/totalCount"),
            3
        );
        assert_eq!(
            app.client().graphql(LIST, json!({})).await.code(),
            "UNAUTHENTICATED"
        );
        assert!(sees(&ann, &one).await && sees(&admin, &one).await);
        assert!(!sees(&bob, &one).await && !sees(&app.client(), &one).await);
        let refused = json!({ "deletedId": null, "errors": [{ "code": "NOT_FOUND", "path": ["datasetId"] }] });
        assert_eq!(delete(&bob, &one).await, refused);
        assert_eq!(delete(&ann, &one).await["deletedId"], one);
        assert_eq!(delete(&ann, &one).await, refused);
        assert_eq!(delete(&admin, &of_bob).await["deletedId"], of_bob);
        assert_eq!(stored(&app).await, 1);
        let input = json!({ "name": "a", "kind": "TABULAR" });
        let reply = app.client().upload(IMPORT, input, "a\n1\n").await;
        assert_eq!(reply.code(), "UNAUTHENTICATED");
    }
);

every_database!(
    async fn what_the_program_brought_is_everybody_s_to_read(app: TestApp) {
        let (ann, admin) = (app.user("ann").await, app.admin().await);
        let id = imported(&ann, "TABULAR", "a\n1\n").await["id"].clone();
        app.execute("UPDATE datasets SET owner_id = NULL").await;
        let bob = app.user("bob").await;
        assert!(sees(&bob, &id).await && !sees(&app.client(), &id).await);
        let reply = bob.graphql(LIST, json!({})).await;
        assert_eq!(reply.at("/datasets/nodes/0/owner"), &Value::Null);
        assert_eq!(delete(&bob, &id).await["errors"][0]["code"], "FORBIDDEN");
        assert_eq!(delete(&admin, &id).await["deletedId"], id);
    }
);

every_database!(
    with = |config| {
        config.jobs.inline = false;
    },
    async fn datasets_go_with_their_account_and_their_bytes_with_a_sweep(app: TestApp) {
        let (ann, admin) = (app.user("ann").await, app.admin().await);
        imported(&ann, "TABULAR", "a\n1\n").await;
        let of_admin = imported(&admin, "TABULAR", "a\n2\n").await;
        let query = "mutation ($id: ID!) { deleteUser(userId: $id) { deletedId errors { code } } }";
        let reply = admin.graphql(query, json!({ "id": ann.id })).await;
        assert_eq!(reply.user_errors("deleteUser"), &json!([]));
        assert_eq!(
            admin
                .graphql(LIST, json!({}))
                .await
                .at("/datasets/totalCount"),
            1
        );
        let sweep = || pluma::datasets::sweeping::sweep(app.app());
        assert_eq!(sweep().await.unwrap(), 0);
        assert_eq!(stored(&app).await, 2);
        app.clock()
            .advance(std::time::Duration::from_secs(25 * 3_600));
        assert_eq!(sweep().await.unwrap(), 1);
        assert_eq!(kept(&app, &of_admin).await, "a\n2\n");
    }
);

every_database!(
    with = |config| {
        config.datasets.most = 2;
    },
    async fn nobody_has_more_datasets_than_allowed(app: TestApp) {
        let ann = app.user("ann").await;
        imported(&ann, "TABULAR", "a\n1\n").await;
        imported(&ann, "TABULAR", "a\n1\n").await;
        let payload = import(&ann, "TABULAR", "a\n1\n").await;
        assert_eq!(payload["errors"][0]["code"], "LIMIT_REACHED");
    }
);

every_database!(
    with = |config| {
        config.datasets.most = 2;
    },
    async fn datasets_imported_at_once_do_not_get_past_the_limit(app: TestApp) {
        let ann = app.user("ann").await;
        let imports = (0..8).map(|_| import(&ann, "TABULAR", "a\n1\n"));
        let payloads = futures_util::future::join_all(imports).await;
        let (good, refused): (Vec<_>, Vec<_>) = payloads
            .iter()
            .partition(|payload| payload["errors"] == json!([]));
        assert_eq!(good.len(), 2, "{payloads:#?}");
        assert!(
            refused
                .iter()
                .all(|payload| payload["errors"][0]["code"] == "LIMIT_REACHED")
        );
    }
);
