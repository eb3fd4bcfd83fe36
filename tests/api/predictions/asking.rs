//! Classification: a row or a text, its label, and the history of both.

use super::*;

const LIST: &str = "query ($filter: ClassificationFilter, $first: Int, $after: String) {
    classifications(first: $first, after: $after, filter: $filter) {
      totalCount pageInfo { hasNextPage endCursor } nodes { id label user { id } } } }";

async fn list(client: &Client, filter: Value) -> Value {
    let reply = client.graphql(LIST, json!({ "filter": filter })).await;
    reply.at("/classifications").clone()
}

every_database!(
    async fn a_flower_is_classified_whatever_the_order_of_its_features(app: TestApp) {
        let ann = app.user("ann").await;
        let version = iris_model(&app.ws_url(), &ann, "Flowers").await;
        let bob = app.user("bob").await;
        let answer = classified(&bob, "flowers", setosa()).await;
        assert_eq!(answer["label"], "setosa");
        assert_eq!(answer["user"]["id"], bob.id.as_str());
        assert_eq!(answer["modelVersion"]["id"], version.as_str());
        assert_eq!(answer["modelVersion"]["model"]["name"], "Flowers");
        assert_eq!(answer["features"], setosa());
        assert!(answer["latencyMs"].as_f64().unwrap() > 0.0 && answer["actualLabel"].is_null());
        let sure = answer["probabilities"].as_array().unwrap();
        let labels: Vec<_> = sure.iter().map(|one| one["label"].clone()).collect();
        assert_eq!(labels, ["setosa", "versicolor", "virginica"]);
        let total: f64 = sure
            .iter()
            .map(|one| one["probability"].as_f64().unwrap())
            .sum();
        assert!((total - 1.0).abs() < 1e-9 && sure[0]["probability"].as_f64().unwrap() > 0.9);
        // The row is there, and says the same.
        let query = "query ($id: ID!) { node(id: $id) { ... on Classification {
            label features probabilities { label probability } latencyMs } } }";
        let reply = bob.graphql(query, json!({ "id": answer["id"] })).await;
        for name in ["label", "features", "probabilities", "latencyMs"] {
            assert_eq!(reply.at("/node")[name], answer[name], "{name}");
        }
        let again = classified(&bob, "FLOWERS", setosa()).await;
        assert_eq!(again["probabilities"], answer["probabilities"]);
        assert_ne!(again["id"], answer["id"]);
    }
);

every_database!(
    async fn a_text_is_classified_by_its_words(app: TestApp) {
        let ann = app.user("ann").await;
        let mut csv = "text,mood\n".to_owned();
        for number in 0..12 {
            writeln!(csv, "what a lovely day number {number},good").unwrap();
            writeln!(csv, "this is an awful mess number {number},bad").unwrap();
        }
        let dataset = ann.dataset("Moods", "TEXT", csv).await;
        let order = json!({
            "name": "moods", "task": "TEXT_CLASSIFICATION", "algorithm": "NAIVE_BAYES", "datasetId": dataset,
            "target": "mood",
        });
        trained(&app.ws_url(), &ann, order).await;
        let text = json!({ "text": "a lovely, lovely evening" });
        let answer = classified(&ann, "moods", text.clone()).await;
        assert_eq!(
            (&answer["label"], &answer["features"]),
            (&json!("good"), &text)
        );
        let long = json!({ "text": "awful mess ".repeat(2_000) });
        assert_eq!(classified(&ann, "moods", long).await["label"], "bad");
        for (features, complaint) in [
            (json!({ "text": 1 }), "FEATURE_MISMATCH input.features.text"),
            (
                json!({ "words": "x", "text": "y" }),
                "FEATURE_MISMATCH input.features.words",
            ),
            (json!({}), "FEATURE_MISMATCH input.features.text"),
            (
                json!({ "text": "x".repeat(65_537) }),
                "TOO_LARGE input.features.text",
            ),
            (json!({ "text": "a\0b" }), "INVALID input.features.text"),
        ] {
            let payload = classify(&ann, "moods", features).await;
            assert_eq!(complaints(&payload), [complaint]);
        }
        // Words have no reference to drift from.
        let reply = ann
            .graphql(
                "{ model(name: \"moods\") { drift { drifted } } }",
                json!({}),
            )
            .await;
        assert_eq!(reply.at("/model/drift"), &Value::Null);
    }
);

every_database!(
    async fn a_model_from_elsewhere_is_asked_by_its_features(app: TestApp) {
        let ann = app.user("ann").await;
        let import = "mutation ($input: ImportModelInput!) { importModel(input: $input) {
            modelVersion { labels } errors { code message path } } }";
        let file = include_bytes!("../models/fixtures/logistic.onnx").to_vec();
        let features = ["a", "b", "c", "d"];
        let labels = ["one", "two", "three"];
        let input = json!({
            "name": "outside", "task": "CLASSIFICATION", "features": features, "labels": labels,
        });
        let reply = ann.upload(import, input, file).await;
        assert_eq!(reply.user_errors("importModel"), &json!([]));
        // The flower of a setosa, by its features' order.
        let flower = json!({ "d": 0.2, "c": 1.4, "b": 3.5, "a": 5.1 });
        let answer = classified(&ann, "outside", flower).await;
        assert_eq!(answer["label"], "one");
        let sure = answer["probabilities"].as_array().unwrap();
        assert_eq!(sure.len(), 3);
        let best = sure.iter().max_by(|one, other| {
            let of = |one: &Value| one["probability"].as_f64().unwrap();
            of(one).total_cmp(&of(other))
        });
        assert_eq!(answer["label"], best.unwrap()["label"]);
        let payload = classify(&ann, "outside", json!({ "a": 1, "b": 1, "d": 1 })).await;
        assert_eq!(complaints(&payload), ["FEATURE_MISMATCH input.features.c"]);
    }
);

every_database!(
    async fn answers_are_listed_with_filters_and_cursors(app: TestApp) {
        let ann = app.user("ann").await;
        iris_model(&app.ws_url(), &ann, "flowers").await;
        iris_model(&app.ws_url(), &ann, "flowers").await;
        let virginica = json!({ "sepal_length": 7.0, "sepal_width": 3.0, "petal_length": 6.5, "petal_width": 2.3 });
        let mut ids = Vec::new();
        for features in [setosa(), virginica, setosa()] {
            let answer = classified(&ann, "flowers", features).await;
            ids.push(answer["id"].as_str().unwrap().to_owned());
        }
        let input = json!({ "model": "flowers", "version": 2, "features": setosa() });
        let reply = ann.graphql(CLASSIFY, json!({ "input": input })).await;
        assert_eq!(
            reply.at("/classify/classification/modelVersion/version"),
            &json!(2)
        );
        let later = app.clock().now().plus_seconds(60);
        let later = later.0.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
        for (filter, count) in [
            (json!(null), 4),
            (json!({ "model": "Flowers" }), 4),
            (json!({ "model": "nothing" }), 0),
            (json!({ "version": 1 }), 3),
            (json!({ "model": "flowers", "version": 2 }), 1),
            (json!({ "label": "setosa" }), 3),
            (json!({ "label": "virginica", "version": 1 }), 1),
            (json!({ "label": "rose" }), 0),
            (json!({ "from": "2024-01-01T00:00:00Z", "to": later }), 4),
            (json!({ "from": later }), 0),
            (json!({ "to": "2024-01-01T00:00:00Z" }), 0),
        ] {
            let found = list(&ann, filter.clone()).await;
            assert_eq!(found["totalCount"], count, "{filter}");
            assert_eq!(found["nodes"].as_array().unwrap().len(), count, "{filter}");
        }
        let mut seen = Vec::new();
        let mut after = Value::Null;
        loop {
            let variables = json!({ "first": 1, "after": after, "filter": { "version": 1 } });
            let reply = ann.graphql(LIST, variables).await;
            let page = reply.at("/classifications");
            seen.push(page["nodes"][0]["id"].as_str().unwrap().to_owned());
            if page["pageInfo"]["hasNextPage"] == false {
                break;
            }
            after = page["pageInfo"]["endCursor"].clone();
        }
        ids.reverse();
        assert_eq!(seen, ids);
        let reply = ann
            .graphql(LIST, json!({ "filter": { "label": "a\0" } }))
            .await;
        assert_eq!(reply.code(), "BAD_USER_INPUT");
        assert_eq!(
            app.client().graphql(LIST, json!({})).await.code(),
            "UNAUTHENTICATED"
        );
    }
);

every_database!(
    async fn an_answer_is_two_statements_beside_its_transaction(app: TestApp) {
        let ann = app.user("ann").await;
        iris_model(&app.ws_url(), &ann, "flowers").await;
        classified(&ann, "flowers", setosa()).await;
        let query = "mutation ($input: ClassifyInput!) { classify(input: $input) { classification { id label } } }";
        let variables = json!({ "input": { "model": "flowers", "features": setosa() } });
        let mut fewest = u64::MAX;
        // What goes on beside it, as looking for jobs, is not in all of them.
        for _ in 0..10 {
            let before = app.app().db.statements();
            ann.graphql(query, variables.clone()).await;
            fewest = fewest.min(app.app().db.statements() - before);
        }
        // Who asks; which version; BEGIN, the row, COMMIT.
        assert!(fewest <= 5, "{fewest} statements");
    }
);

every_database!(
    async fn a_challenger_answers_its_share_of_the_callers_and_each_of_them_always(app: TestApp) {
        let ann = app.user("ann").await;
        iris_model(&app.ws_url(), &ann, "flowers").await;
        let second = iris_model(&app.ws_url(), &ann, "flowers").await;
        let challenge = "mutation ($id: ID!) { setChallenger(modelVersionId: $id, share: 0.5) { errors { code } } }";
        let reply = ann.graphql(challenge, json!({ "id": second })).await;
        assert_eq!(reply.user_errors("setChallenger"), &json!([]));
        let mut challenged = 0;
        for number in 0..20 {
            let caller = app.user(&format!("caller{number}")).await;
            let mut versions = Vec::new();
            for _ in 0..3 {
                let answer = classified(&caller, "flowers", setosa()).await;
                versions.push(answer["modelVersion"]["version"].as_i64().unwrap());
            }
            assert_eq!(versions, [versions[0]; 3], "a caller hears one version");
            challenged += versions[0] - 1;
        }
        // All of one kind come once in half a million times.
        assert!((1..20).contains(&challenged), "{challenged} of 20");
    }
);
