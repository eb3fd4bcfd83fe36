//! What cannot be forecast or classified, and what is said about it.

use super::*;

every_database!(
    async fn a_forecast_that_cannot_be_made_is_refused_with_what_to_change(app: TestApp) {
        let ann = app.user("ann").await;
        let dataset = ann.dataset("Prices", "TIME_SERIES", series(100)).await;
        let short = ann.dataset("Short", "TIME_SERIES", series(20)).await;
        let table = ann.dataset("Iris", "TABULAR", iris()).await;
        iris_model(&app.ws_url(), &ann, "flowers").await;
        let input = |extra: Value| {
            let mut input = json!({ "model": "naive", "datasetId": dataset, "days": 7 });
            input
                .as_object_mut()
                .unwrap()
                .extend(extra.as_object().unwrap().clone());
            input
        };
        for (extra, complaint) in [
            (json!({ "days": 0 }), "OUT_OF_RANGE input.days"),
            (json!({ "days": 366 }), "OUT_OF_RANGE input.days"),
            (json!({ "days": -1 }), "OUT_OF_RANGE input.days"),
            (json!({ "model": "oracle" }), "UNKNOWN_MODEL input.model"),
            (json!({ "model": "" }), "UNKNOWN_MODEL input.model"),
            (json!({ "model": "a\0b" }), "UNKNOWN_MODEL input.model"),
            (
                json!({ "model": "flowers", "version": 2 }),
                "UNKNOWN_MODEL input.version",
            ),
            (json!({ "version": 1 }), "UNKNOWN_MODEL input.version"),
            (json!({ "model": "flowers" }), "INVALID input.model"),
            (json!({ "datasetId": table }), "INVALID input.datasetId"),
            (
                json!({ "datasetId": short }),
                "NOT_ENOUGH_DATA input.datasetId",
            ),
            (
                json!({ "datasetId": short, "model": "lstm" }),
                "NOT_ENOUGH_DATA input.datasetId",
            ),
            (
                json!({ "datasetId": "dataset_00000000000000000000000000" }),
                "NOT_FOUND input.datasetId",
            ),
            (
                json!({ "datasetId": "nonsense" }),
                "NOT_FOUND input.datasetId",
            ),
            (json!({ "target": "cost" }), "INVALID input.target"),
            (json!({ "note": "x".repeat(2_001) }), "TOO_LONG input.note"),
        ] {
            let payload = predict(&ann, input(extra.clone())).await;
            assert_eq!(complaints(&payload), [complaint], "{extra} {payload:#}");
            assert_eq!(payload["prediction"], Value::Null);
        }
        let payload = predict(&ann, input(json!({ "datasetId": short }))).await;
        let message = payload["errors"][0]["message"].as_str().unwrap();
        assert!(
            message.contains("20 rows") && message.contains("at least"),
            "{message}"
        );
        // Several columns of numbers, of which none is called as prices are.
        let two = "day,a,b\n2024-01-01,1,2\n2024-01-02,1,2\n";
        let two = ann.dataset("Two", "TIME_SERIES", two).await;
        let payload = predict(&ann, input(json!({ "datasetId": two }))).await;
        assert_eq!(complaints(&payload), ["INVALID input.target"]);
        let message = payload["errors"][0]["message"].as_str().unwrap();
        assert!(message.contains("`a`, `b`"), "{message}");

        let stranger = app
            .client()
            .graphql(PREDICT, json!({ "input": input(json!({})) }))
            .await;
        assert_eq!(stranger.code(), "UNAUTHENTICATED");
        // Nothing was kept, and each refusal is in the log.
        assert_eq!(
            app.lines("SELECT 'x' AS line FROM predictions").await.len(),
            0
        );
        let actions = log(&ann, "prediction").await;
        assert_eq!(actions, ["prediction.failed"; 18]);
    }
);

every_database!(
    async fn each_feature_that_does_not_fit_is_named(app: TestApp) {
        let ann = app.user("ann").await;
        iris_model(&app.ws_url(), &ann, "flowers").await;
        let path = |name: &str| format!("FEATURE_MISMATCH input.features.{name}");
        let with = |name: &str, value: Value| {
            let mut features = setosa();
            features[name] = value;
            features
        };
        let mut missing = setosa();
        missing.as_object_mut().unwrap().remove("petal_width");
        for (features, wrong) in [
            (missing, vec![path("petal_width")]),
            (with("color", json!(1)), vec![path("color")]),
            (with("sepal_width", json!("3.5")), vec![path("sepal_width")]),
            (with("sepal_width", json!(null)), vec![path("sepal_width")]),
            (with("sepal_width", json!(1e300)), vec![path("sepal_width")]),
            (
                json!({ "sepal_length": true, "sepal_width": 1, "petal_length": 1, "x": 1, "y": 1 }),
                vec![
                    path("sepal_length"),
                    path("petal_width"),
                    path("x"),
                    path("y"),
                ],
            ),
            (
                json!([1, 2, 3, 4]),
                vec!["FEATURE_MISMATCH input.features".to_owned()],
            ),
            (json!({ "text": "a flower" }), {
                let names = [
                    "sepal_length",
                    "sepal_width",
                    "petal_length",
                    "petal_width",
                    "text",
                ];
                names.map(path).to_vec()
            }),
        ] {
            let payload = classify(&ann, "flowers", features.clone()).await;
            assert_eq!(complaints(&payload), wrong, "{features}");
            assert_eq!(payload["classification"], Value::Null);
        }
        let query = r#"mutation { classify(input: { model: "flowers", features: { sepal_length: NaN } }) { errors { code path } } }"#;
        let reply = ann.graphql(query, json!({})).await;
        assert_eq!(complaints(reply.at("/classify"))[0], path("sepal_length"));
        let dataset = ann.dataset("Prices", "TIME_SERIES", series(100)).await;
        let order = json!({
            "name": "outlook", "task": "FORECAST", "algorithm": "NAIVE", "datasetId": dataset, "target": "price",
        });
        trained(&app.ws_url(), &ann, order).await;
        for (model, complaint) in [
            ("nothing", "UNKNOWN_MODEL input.model"),
            ("a\0b", "UNKNOWN_MODEL input.model"),
            ("naive", "UNKNOWN_MODEL input.model"),
            ("outlook", "INVALID input.model"),
        ] {
            let payload = classify(&ann, model, setosa()).await;
            assert_eq!(complaints(&payload), [complaint], "{model}");
        }
        let input = json!({ "model": "flowers", "version": 7, "features": setosa() });
        let reply = ann.graphql(CLASSIFY, json!({ "input": input })).await;
        assert_eq!(
            complaints(reply.at("/classify")),
            ["UNKNOWN_MODEL input.version"]
        );
        let stranger = app
            .client()
            .graphql(CLASSIFY, json!({ "input": input }))
            .await;
        assert_eq!(stranger.code(), "UNAUTHENTICATED");
        assert_eq!(
            app.lines("SELECT 'x' AS line FROM classifications")
                .await
                .len(),
            0
        );
    }
);

every_database!(
    async fn a_version_whose_bytes_have_changed_answers_nothing(app: TestApp) {
        let ann = app.user("ann").await;
        let version = iris_model(&app.ws_url(), &ann, "flowers").await;
        let key = format!("models/{version}");
        app.app()
            .storage
            .put(&key, "something else".into())
            .await
            .unwrap();
        let payload = classify(&ann, "flowers", setosa()).await;
        assert_eq!(complaints(&payload), ["CORRUPT version"]);
        assert_eq!(
            app.lines("SELECT 'x' AS line FROM classifications")
                .await
                .len(),
            0
        );
    }
);

every_database!(
    async fn a_forecast_that_fails_inside_is_in_the_log_without_what_went_wrong(app: TestApp) {
        let ann = app.user("ann").await;
        let prices = ann.dataset("Prices", "TIME_SERIES", series(100)).await;
        let costs = series(100).replace("price", "cost");
        let costs = ann.dataset("Costs", "TIME_SERIES", costs).await;
        let gone = ann.dataset("Gone", "TIME_SERIES", series(100)).await;
        let key = |dataset: &str| format!("datasets/{dataset}");
        // Bytes with the right hash, and without the column that the row tells of.
        let storage = &app.app().storage;
        let file = storage.fetch(&key(&costs), 1 << 20).await.unwrap();
        let bytes = std::io::read_to_string(file.unwrap()).unwrap();
        storage.put(&key(&prices), bytes.into()).await.unwrap();
        let swap = "UPDATE datasets SET sha256 = (SELECT sha256 FROM datasets WHERE name = 'Costs'),
            byte_size = (SELECT byte_size FROM datasets WHERE name = 'Costs') WHERE name = 'Prices'";
        assert_eq!(app.execute(swap).await, 1);
        storage.delete(&key(&gone)).await.unwrap();

        let ask = |dataset: &str| json!({ "model": "naive", "datasetId": dataset, "days": 7 });
        let reply = ann.graphql(PREDICT, json!({ "input": ask(&prices) })).await;
        assert_eq!(reply.code(), "INTERNAL_SERVER_ERROR");
        let payload = predict(&ann, ask(&gone)).await;
        assert_eq!(complaints(&payload), ["CORRUPT input.datasetId"]);
        let query =
            "{ logs(first: 2, filter: { kind: AUDIT }) { nodes { action subjectId details } } }";
        let reply = ann.graphql(query, json!({})).await;
        for (entry, dataset, code) in [
            (reply.at("/logs/nodes/0"), &gone, "CORRUPT"),
            (reply.at("/logs/nodes/1"), &prices, "INTERNAL_SERVER_ERROR"),
        ] {
            assert_eq!(entry["action"], "prediction.failed");
            assert_eq!(entry["subjectId"], dataset.as_str());
            let details = json!({ "model": "naive", "days": 7, "errors": [code] });
            assert_eq!(entry["details"], details, "{dataset}");
        }
        let kept = app.lines("SELECT 'x' AS line FROM predictions").await;
        assert_eq!(kept.len(), 0);
    }
);

every_database!(
    with = |config| {
        config.predictions.most = 3;
        config.predictions.unfinished = 2;
        config.jobs.inline = false;
    },
    async fn nobody_has_more_forecasts_than_there_may_be(app: TestApp) {
        let ann = app.user("ann").await;
        let dataset = ann.dataset("Prices", "TIME_SERIES", series(150)).await;
        let ask = |model: &str| json!({ "model": model, "datasetId": dataset, "days": 1 });
        for _ in 0..2 {
            predicted(&ann, ask("lstm")).await;
        }
        let payload = predict(&ann, ask("lstm")).await;
        assert_eq!(complaints(&payload), ["LIMIT_REACHED input"]);
        predicted(&ann, ask("naive")).await;
        assert_eq!(
            complaints(&predict(&ann, ask("naive")).await),
            ["LIMIT_REACHED input"]
        );
        let bob = app.user("bob").await;
        let other = bob.dataset("Prices", "TIME_SERIES", series(150)).await;
        predicted(
            &bob,
            json!({ "model": "naive", "datasetId": other, "days": 1 }),
        )
        .await;
    }
);

every_database!(
    with = |config| {
        config.predictions.most = 5;
        config.predictions.unfinished = 2;
        config.jobs.inline = false;
    },
    async fn forecasts_asked_for_at_once_do_not_get_past_the_limits(app: TestApp) {
        let ann = app.user("ann").await;
        let dataset = ann.dataset("Prices", "TIME_SERIES", series(150)).await;
        for (model, made) in [("lstm", 2), ("naive", 3)] {
            let input = json!({ "model": model, "datasetId": dataset, "days": 1 });
            let asked = (0..8).map(|_| predict(&ann, input.clone()));
            let payloads = futures_util::future::join_all(asked).await;
            let (good, refused): (Vec<_>, Vec<_>) = payloads
                .iter()
                .partition(|payload| payload["errors"] == json!([]));
            assert_eq!(good.len(), made, "{payloads:#?}");
            for payload in refused {
                assert_eq!(complaints(payload), ["LIMIT_REACHED input"]);
            }
        }
    }
);
