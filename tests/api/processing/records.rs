//! What is kept of what was processed.

use super::*;

const LIST: &str = "query ($first: Int, $after: String, $last: Int) {
    processedRecords(first: $first, after: $after, last: $last) {
      nodes { id } totalCount pageInfo { hasNextPage endCursor } } }";

every_database!(
    async fn a_record_is_kept_with_where_it_comes_from(app: TestApp) {
        let (ann, bob) = (app.user("ann").await, app.user("bob").await);
        let input =
            json!({ "content": "variable: 7", "metadata": { "order": 12 }, "source": "DIRECT" });
        let record = result(&ann, input).await["record"].clone();
        assert_eq!(record["source"], "DIRECT");
        assert_eq!(record["format"], "KEY_VALUE");
        assert_eq!(record["content"], "variable: 7");
        let extracted = json!({ "records": [{ "variable": 7 }], "variable": 7, "issues": [] });
        assert_eq!(record["extracted"], extracted);
        assert_eq!(record["owner"]["id"], ann.id);
        assert_eq!(record["job"], Value::Null);
        assert_eq!(record["metadata"]["order"], 12);
        let provenance = &record["metadata"]["provenance"];
        assert_eq!(provenance["source"], "DIRECT");
        assert_eq!(provenance["enrichers"], json!(["builtin", "legislation"]));
        assert!(record["enrichment"]["builtin"].is_object());
        let node =
            "query ($id: ID!) { node(id: $id) { ... on ProcessedRecord { content extracted } } }";
        let id = json!({ "id": record["id"] });
        assert_eq!(
            ann.graphql(node, id.clone()).await.at("/node/extracted"),
            &extracted
        );
        for nobody in [&bob, &app.client()] {
            assert_eq!(
                nobody.graphql(node, id.clone()).await.at("/node"),
                &Value::Null
            );
        }
    }
);

every_database!(
    async fn records_are_listed_newest_first_and_are_their_owner_s_alone(app: TestApp) {
        let (ann, bob) = (app.user("ann").await, app.user("bob").await);
        result(&bob, json!({ "content": "a: 1" })).await;
        let mut ids = Vec::new();
        for number in 0..3 {
            let content = format!("a: {number}");
            let found = result(&ann, json!({ "content": content, "metadata": [number] })).await;
            ids.insert(0, found["record"]["id"].as_str().unwrap().to_owned());
        }
        let unkept = result(&ann, json!({ "content": "a: 1", "persist": false })).await;
        assert_eq!(unkept["record"], Value::Null);
        let first = ann.graphql(LIST, json!({ "first": 2 })).await;
        assert_eq!(first.at("/processedRecords/totalCount"), 3);
        assert_eq!(first.text("/processedRecords/nodes/0/id"), ids[0]);
        assert_eq!(first.text("/processedRecords/nodes/1/id"), ids[1]);
        let after = first.text("/processedRecords/pageInfo/endCursor");
        let second = ann
            .graphql(LIST, json!({ "first": 2, "after": after }))
            .await;
        assert_eq!(
            second.at("/processedRecords/nodes"),
            &json!([{ "id": ids[2] }])
        );
        let last = ann.graphql(LIST, json!({ "last": 1 })).await;
        assert_eq!(
            last.at("/processedRecords/nodes"),
            &json!([{ "id": ids[2] }])
        );
        assert_eq!(
            app.client().graphql(LIST, json!({})).await.code(),
            "UNAUTHENTICATED"
        );
    }
);

every_database!(
    async fn records_go_with_the_account(app: TestApp) {
        let (ann, admin) = (app.user("ann").await, app.admin().await);
        result(&ann, json!({ "content": "a: 1" })).await;
        let delete = "mutation ($id: ID!) { deleteUser(userId: $id) { errors { code } } }";
        admin.graphql(delete, json!({ "id": ann.id })).await;
        assert_eq!(
            app.lines("SELECT 'x' AS line FROM processed_records")
                .await
                .len(),
            0
        );
    }
);

every_database!(
    async fn a_request_that_is_sent_again_keeps_one_record(app: TestApp) {
        let ann = app.user("ann").await;
        let input = json!({ "input": { "content": "a: 1" } });
        let first = ann.once("once", PROCESS, input.clone()).await;
        let again = ann.once("once", PROCESS, input).await;
        assert_eq!(
            first.text("/process/result/record/id"),
            again.text("/process/result/record/id")
        );
        let kept = ann.graphql(LIST, json!({})).await;
        assert_eq!(kept.at("/processedRecords/totalCount"), 1);
    }
);
