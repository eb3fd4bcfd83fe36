//! Forecasts by models that were trained before, on the same series or on another.

use super::*;

/// A second column of numbers beside the prices.
fn with_costs(days: u32) -> String {
    let mut csv = String::new();
    for (number, line) in series(days).lines().enumerate() {
        match number {
            0 => writeln!(csv, "{line},cost").unwrap(),
            _ => writeln!(csv, "{line},{}", number % 5 + 1).unwrap(),
        }
    }
    csv
}

every_database!(
    async fn a_model_that_was_trained_forecasts_under_its_own_name(app: TestApp) {
        let ann = app.user("ann").await;
        let dataset = ann.dataset("Prices", "TIME_SERIES", series(150)).await;
        let order = |algorithm: &str| {
            json!({
                "name": "Outlook", "task": "FORECAST", "algorithm": algorithm, "datasetId": dataset, "target": "price",
            })
        };
        let first = trained(&app.ws_url(), &ann, order("RIDGE")).await;
        let second = trained(&app.ws_url(), &ann, order("NAIVE")).await;
        let ask = |extra: Value| {
            let mut input = json!({ "model": "outlook", "datasetId": dataset, "days": 5 });
            input
                .as_object_mut()
                .unwrap()
                .extend(extra.as_object().unwrap().clone());
            input
        };
        let champion = predicted(&ann, ask(json!({}))).await;
        assert_eq!(champion["modelVersion"]["id"], first.as_str());
        assert_eq!(
            (&champion["model"], &champion["status"]),
            (&json!("outlook"), &json!("SUCCEEDED"))
        );
        // The same method with the same series, trained there and then.
        let there = predicted(
            &ann,
            json!({ "model": "ridge", "datasetId": dataset, "days": 5 }),
        )
        .await;
        assert_eq!(there["forecast"], champion["forecast"]);
        assert_eq!(there["metrics"], champion["metrics"]);
        let named = predicted(&ann, ask(json!({ "version": 2 }))).await;
        assert_eq!(named["modelVersion"]["id"], second.as_str());
        let challenge = "mutation ($id: ID!) { setChallenger(modelVersionId: $id, share: 1) { errors { code } } }";
        let reply = ann.graphql(challenge, json!({ "id": second })).await;
        assert_eq!(reply.user_errors("setChallenger"), &json!([]));
        let challenger = predicted(&ann, ask(json!({}))).await;
        assert_eq!(challenger["modelVersion"]["version"], 2);
        // Somebody else's series is continued from where that ends.
        let bob = app.user("bob").await;
        let longer = bob.dataset("Longer", "TIME_SERIES", series(160)).await;
        let input = json!({ "model": "Outlook", "version": 1, "datasetId": longer, "days": 1 });
        let made = predicted(&bob, input).await;
        assert_eq!(made["forecast"][0]["date"], "2024-06-10");
        // A version that goes leaves what it has forecast.
        let clear = "mutation ($id: ID!) { deleteModelVersion(modelVersionId: $id) { errors { code message } } }";
        let reply = ann.graphql(clear, json!({ "id": second })).await;
        assert_eq!(reply.user_errors("deleteModelVersion"), &json!([]));
        let query = "query ($id: ID!) { prediction(id: $id) { modelVersion { id } forecast { value } metrics { mae } } }";
        let reply = ann.graphql(query, json!({ "id": named["id"] })).await;
        assert_eq!(reply.at("/prediction/modelVersion"), &Value::Null);
        assert_eq!(
            reply.at("/prediction/metrics/mae"),
            &named["metrics"]["mae"]
        );
        assert_eq!(
            reply.at("/prediction/forecast").as_array().unwrap().len(),
            5
        );
    }
);

every_database!(
    async fn a_backtest_is_told_of_the_series_that_a_model_learned_from_alone(app: TestApp) {
        let ann = app.user("ann").await;
        let learned = ann.dataset("A", "TIME_SERIES", with_costs(150)).await;
        let again = ann.dataset("B", "TIME_SERIES", with_costs(150)).await;
        let longer = ann.dataset("C", "TIME_SERIES", with_costs(151)).await;
        let order = json!({
            "name": "outlook", "task": "FORECAST", "algorithm": "LINEAR", "datasetId": learned, "target": "price",
        });
        let version = trained(&app.ws_url(), &ann, order).await;
        let node = "query ($id: ID!) { node(id: $id) { ... on ModelVersion {
            metrics { mae rmse smape mase coverage naive { mae mase } } } } }";
        let reply = ann.graphql(node, json!({ "id": version })).await;
        let measured = reply.at("/node/metrics").clone();
        assert!(measured["mase"].is_number(), "{measured:#}");
        for (dataset, target, metrics) in [
            (&learned, "price", &measured),
            // The same bytes under another name.
            (&again, "price", &measured),
            (&learned, "cost", &Value::Null),
            (&longer, "price", &Value::Null),
        ] {
            let input =
                json!({ "model": "outlook", "datasetId": dataset, "target": target, "days": 5 });
            let made = predicted(&ann, input).await;
            assert_eq!(made["status"], "SUCCEEDED", "{made:#}");
            assert_eq!(made["forecast"].as_array().unwrap().len(), 5);
            assert_eq!(&made["metrics"], metrics, "{target} of {dataset}");
        }
    }
);
