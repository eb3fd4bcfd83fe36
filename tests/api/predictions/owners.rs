//! Who sees what: forecasts are private, and an answer is seen by who asked, by the model's owner and by administrators.

use super::*;

every_database!(
    async fn other_people_s_forecasts_do_not_exist(app: TestApp) {
        let (admin, ann, bob) = (
            app.admin().await,
            app.user("ann").await,
            app.user("bob").await,
        );
        let dataset = ann.dataset("Prices", "TIME_SERIES", series(100)).await;
        let made = predicted(
            &ann,
            json!({ "model": "naive", "datasetId": dataset, "days": 1 }),
        )
        .await;
        let variables = json!({ "id": made["id"], "user": ann.id });
        let query = "query ($id: ID!, $user: ID) { prediction(id: $id) { id } node(id: $id) { id }
            predictions { totalCount nodes { id } }
            hers: predictions(filter: { userId: $user }) { totalCount } }";
        let seen = |client: &Client| {
            let (client, variables) = (client.clone(), variables.clone());
            async move {
                let reply = client.graphql(query, variables).await;
                reply.data().clone()
            }
        };
        let hers = seen(&ann).await;
        assert_eq!(
            (&hers["prediction"]["id"], &hers["node"]["id"]),
            (&made["id"], &made["id"])
        );
        let his = seen(&bob).await;
        assert_eq!(
            (&his["prediction"], &his["node"]),
            (&Value::Null, &Value::Null)
        );
        assert_eq!(
            (
                &his["predictions"]["totalCount"],
                &his["hers"]["totalCount"]
            ),
            (&json!(0), &json!(0))
        );
        let all = seen(&admin).await;
        assert_eq!(all["prediction"]["id"], made["id"]);
        assert_eq!(
            (
                &all["predictions"]["totalCount"],
                &all["hers"]["totalCount"]
            ),
            (&json!(1), &json!(1))
        );
        for mutation in [
            "updatePrediction(input: { predictionId: $id, note: \"x\" })",
            "deletePrediction(predictionId: $id)",
        ] {
            let query =
                format!("mutation ($id: ID!) {{ m: {mutation} {{ errors {{ code path }} }} }}");
            let reply = bob.graphql(&query, json!({ "id": made["id"] })).await;
            assert_eq!(reply.at("/m/errors/0/code"), &json!("NOT_FOUND"));
        }
        let mut stream = app
            .subscribe(&bob, UPDATED, json!({ "id": made["id"] }))
            .await;
        assert!(matches!(stream.ended().await, Ending::Failed(_)));
        // Nor are forecasts made of other people's series.
        let input = json!({ "model": "naive", "datasetId": dataset, "days": 1 });
        assert_eq!(
            complaints(&predict(&bob, input.clone()).await),
            ["NOT_FOUND input.datasetId"]
        );
        assert_eq!(
            complaints(&predict(&admin, input).await),
            ["FORBIDDEN input.datasetId"]
        );
        // What the program brought is everybody's.
        assert_eq!(app.execute("UPDATE datasets SET owner_id = NULL").await, 1);
        let input = json!({ "model": "naive", "datasetId": dataset, "days": 1 });
        assert_eq!(predicted(&bob, input).await["status"], "SUCCEEDED");
    }
);

every_database!(
    async fn an_answer_is_seen_by_who_asked_the_model_s_owner_and_administrators(app: TestApp) {
        let (admin, ann, bob) = (
            app.admin().await,
            app.user("ann").await,
            app.user("bob").await,
        );
        let carol = app.user("carol").await;
        iris_model(&app.ws_url(), &ann, "flowers").await;
        let answer = classified(&bob, "flowers", setosa()).await;
        let query = "query ($id: ID!) { node(id: $id) { id } classifications { totalCount nodes { id user { id } } } }";
        for (client, sees) in [(&bob, true), (&ann, true), (&admin, true), (&carol, false)] {
            let reply = client.graphql(query, json!({ "id": answer["id"] })).await;
            assert_eq!(reply.at("/node").is_object(), sees, "{}", client.username);
            let count = u64::from(sees);
            assert_eq!(
                reply.at("/classifications/totalCount"),
                &json!(count),
                "{}",
                client.username
            );
            let labelled = client
                .graphql(LABEL, json!({ "id": answer["id"], "label": "setosa" }))
                .await;
            let errors = complaints(labelled.at("/labelClassification"));
            assert_eq!(errors.is_empty(), sees, "{errors:?}");
        }
        // The answer stays when the account goes, and is nobody's then.
        let gone = "mutation ($password: String!) { deleteAccount(password: $password) { errors { code } } }";
        let reply = bob
            .graphql(gone, json!({ "password": bob.password() }))
            .await;
        assert_eq!(
            reply.user_errors("deleteAccount"),
            &json!([]),
            "{:#}",
            reply.body
        );
        let reply = ann.graphql(query, json!({ "id": answer["id"] })).await;
        assert_eq!(reply.at("/classifications/nodes/0/id"), &answer["id"]);
        assert_eq!(reply.at("/classifications/nodes/0/user"), &Value::Null);
    }
);

every_database!(
    async fn a_key_reaches_forecasts_and_answers_with_the_scope_models_alone(app: TestApp) {
        let ann = app.user("ann").await;
        let dataset = ann.dataset("Prices", "TIME_SERIES", series(100)).await;
        iris_model(&app.ws_url(), &ann, "flowers").await;
        let made = predicted(
            &ann,
            json!({ "model": "naive", "datasetId": dataset, "days": 1 }),
        )
        .await;
        let answer = classified(&ann, "flowers", setosa()).await;
        let create = "mutation ($scopes: [Scope!]!) { createApiKey(input: { name: \"key\", scopes: $scopes }) {
            secret errors { code } } }";
        for (scopes, sees) in [(json!(["READ"]), false), (json!(["READ", "MODELS"]), true)] {
            let reply = ann.graphql(create, json!({ "scopes": scopes })).await;
            let mut key = ann.clone();
            key.access_token = reply.text("/createApiKey/secret").to_owned();
            for id in [&made["id"], &answer["id"]] {
                let node = "query ($id: ID!) { node(id: $id) { id } }";
                let reply = key.graphql(node, json!({ "id": id })).await;
                assert_eq!(reply.at("/node").is_object(), sees);
            }
            let reply = key
                .graphql(
                    "{ predictions { totalCount } classifications { totalCount } }",
                    json!({}),
                )
                .await;
            assert_eq!(reply.body["errors"].is_null(), sees, "{:#}", reply.body);
        }
    }
);
