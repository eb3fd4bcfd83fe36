//! Models that go as a whole.

use super::*;

async fn delete(client: &Client, model: &Value) -> Value {
    let query =
        "mutation ($id: ID!) { deleteModel(modelId: $id) { deletedId errors { code path } } }";
    let reply = client.graphql(query, json!({ "id": model })).await;
    reply.at("/deleteModel").clone()
}

every_database!(
    async fn a_model_goes_with_its_versions_their_bytes_and_what_they_answered(app: TestApp) {
        let (ann, bob) = (app.user("ann").await, app.user("bob").await);
        two_versions(&app, &ann).await;
        let id = model(&ann, "sides").await["id"].clone();
        let classify =
            "mutation { classify(input: { model: \"sides\", features: { x: 1, y: 0 } }) {
            classification { label } errors { code } } }";
        let reply = bob.graphql(classify, json!({})).await;
        assert_eq!(reply.at("/classify/classification/label"), "left");

        assert_eq!(
            refusal(&delete(&bob, &id).await),
            ("FORBIDDEN", "modelId".to_owned())
        );
        assert_eq!(stored(&app).await, 2);
        assert_eq!(delete(&ann, &id).await["deletedId"], id);
        assert_eq!(stored(&app).await, 0);
        assert_eq!(model(&ann, "sides").await, Value::Null);
        let left = "{ classifications { totalCount } models { totalCount } }";
        let reply = bob.graphql(left, json!({})).await;
        assert_eq!(reply.at("/classifications/totalCount"), 0);
        assert_eq!(reply.at("/models/totalCount"), 0);
        let reply = bob.graphql(classify, json!({})).await;
        assert_eq!(
            reply.at("/classify/errors"),
            &json!([{ "code": "UNKNOWN_MODEL" }])
        );
        assert_eq!(
            refusal(&delete(&ann, &id).await),
            ("NOT_FOUND", "modelId".to_owned())
        );
        assert_eq!(log(&ann, "model.deleted").await, ["model.deleted"]);

        // The name is anybody's again.
        let dataset = bob.dataset("Points", "TABULAR", points()).await;
        trained(&app, &bob, order(&dataset, "Sides")).await;
        let found = model(&ann, "sides").await;
        assert_eq!(
            (&found["owner"]["id"], &found["champion"]["version"]),
            (&json!(bob.id), &json!(1))
        );
        // Administrators delete what is somebody else's.
        let admin = app.admin().await;
        assert_eq!(delete(&admin, &found["id"]).await["errors"], json!([]));
        assert_eq!(stored(&app).await, 0);
    }
);
