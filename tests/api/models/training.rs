//! Training: a job that ends in a version, which says all about itself.

use super::*;

every_database!(
    async fn a_classifier_is_trained_as_a_job_and_says_how_good_it_is(app: TestApp) {
        let ann = app.user("ann").await;
        let dataset = ann.dataset("Points", "TABULAR", points()).await;
        let payload = train(&ann, order(&dataset, "Sides")).await;
        assert_eq!(payload["job"]["kind"], "model.train");
        assert_eq!(payload["job"]["subject"]["id"], dataset.as_str());
        let job = payload["job"]["id"].as_str().unwrap();
        let job = ended(&app, &ann, job).await;
        assert_eq!(
            (&job["status"], &job["progress"]),
            (&json!("SUCCEEDED"), &json!(1.0)),
            "{job:#}"
        );
        let model = model(&ann, "sides").await;
        assert_eq!(job["result"]["modelId"], model["id"]);
        assert_eq!(job["result"]["version"], 1);
        assert_eq!(
            (&model["name"], &model["task"]),
            (&json!("Sides"), &json!("CLASSIFICATION"))
        );
        assert_eq!(model["owner"]["id"], ann.id.as_str());
        let champion = &model["champion"];
        assert_eq!(champion["id"], job["result"]["modelVersionId"]);
        assert_eq!(
            (&champion["version"], &champion["algorithm"]),
            (&json!(1), &json!("NAIVE_BAYES"))
        );
        assert_eq!(champion["features"], json!(["x", "y"]));
        assert_eq!(champion["labels"], json!(["left", "right"]));
        assert_eq!(champion["target"], "side");
        assert_eq!(champion["dataset"]["id"], dataset.as_str());
        assert!(
            champion["library"]
                .as_str()
                .unwrap()
                .starts_with("smartcore ")
        );
        assert!(
            champion["params"].is_object() && champion["trainingSeconds"].as_f64().unwrap() > 0.0
        );
        assert!(champion["byteSize"].as_u64().unwrap() > 0);
        let metrics = &champion["metrics"];
        assert_eq!(
            (&metrics["accuracy"], &metrics["f1Macro"]),
            (&json!(1.0), &json!(1.0))
        );
        assert_eq!(metrics["confusion"], json!([[20, 0], [0, 20]]));
        assert!(metrics["logLoss"].as_f64().unwrap() < 0.1 && metrics["mae"].is_null());
        let hash = app
            .lines(match app.app().db.engine() {
                "sqlite" => "SELECT lower(hex(sha256)) AS line FROM datasets",
                _ => "SELECT encode(sha256, 'hex') AS line FROM datasets",
            })
            .await;
        assert_eq!(champion["dataHash"], hash[0].as_str());
        assert_eq!(model["aliasHistory"][0]["alias"], "champion");
        assert_eq!(model["aliasHistory"][0]["to"]["version"], 1);
        assert_eq!(log(&ann, "model").await, ["model.trained"]);
        assert_eq!(stored(&app).await, 1);
    }
);

every_database!(
    async fn a_forecast_stands_beside_the_naive_one_on_the_same_splits(app: TestApp) {
        let ann = app.user("ann").await;
        let day = |number| {
            chrono::NaiveDate::from_ymd_opt(2024, 1, 1).unwrap() + chrono::Days::new(number)
        };
        let rows = (0..120).map(|number| format!("{},{}\n", day(number), 100 + number % 7));
        let csv = format!("day,price\n{}", rows.collect::<String>());
        let dataset = ann.dataset("Prices", "TIME_SERIES", csv).await;
        let input = json!({
            "name": "weekly", "task": "FORECAST", "algorithm": "SEASONAL_NAIVE", "datasetId": dataset, "target": "price",
        });
        trained(&app, &ann, input).await;
        let model = model(&ann, "weekly").await;
        let champion = &model["champion"];
        assert_eq!(
            (&champion["features"], &champion["labels"]),
            (&json!([]), &Value::Null)
        );
        let metrics = &champion["metrics"];
        assert!(metrics["mae"].as_f64().unwrap() < metrics["naive"]["mae"].as_f64().unwrap());
        assert!(metrics["mase"].as_f64().unwrap() < 1.0 && metrics["coverage"].is_f64());
    }
);

every_database!(
    async fn texts_are_trained_by_their_words(app: TestApp) {
        let ann = app.user("ann").await;
        let rows = (0..30).map(|number| match number % 2 {
            0 => format!("what a lovely day {number},good\n"),
            _ => format!("what an awful mess {number},bad\n"),
        });
        let csv = format!("text,mood\n{}", rows.collect::<String>());
        let dataset = ann.dataset("Moods", "TEXT", csv).await;
        let input = json!({
            "name": "mood", "task": "TEXT_CLASSIFICATION", "algorithm": "NAIVE_BAYES", "datasetId": dataset,
            "target": "mood",
        });
        trained(&app, &ann, input).await;
        let model = model(&ann, "mood").await;
        assert_eq!(model["champion"]["features"], json!(["text"]));
        assert_eq!(model["champion"]["labels"], json!(["bad", "good"]));
        assert_eq!(model["champion"]["metrics"]["accuracy"], 1.0);
    }
);

every_database!(
    async fn versions_are_counted_and_outlive_their_data(app: TestApp) {
        let (ann, bob) = (app.user("ann").await, app.user("bob").await);
        let (one, other) = two_versions(&app, &ann).await;
        let found = model(&bob, "SIDES").await;
        assert_eq!(found["versions"]["totalCount"], 2);
        assert_eq!(
            found["versions"]["nodes"][0],
            json!({ "id": other, "version": 2 })
        );
        assert_eq!(found["champion"]["id"], one.as_str());
        // The data is Ann's alone.
        assert_eq!(found["champion"]["dataset"], Value::Null);
        let dataset = model(&ann, "sides").await["champion"]["dataset"]["id"].clone();
        let query = "mutation ($id: ID!) { deleteDataset(datasetId: $id) { errors { code } } }";
        let reply = ann.graphql(query, json!({ "id": dataset })).await;
        assert_eq!(reply.user_errors("deleteDataset"), &json!([]));
        let left = model(&ann, "sides").await;
        assert_eq!(left["champion"]["dataset"], Value::Null);
        assert_eq!(left["champion"]["dataHash"], found["champion"]["dataHash"]);
        assert_eq!(left["champion"]["metrics"], found["champion"]["metrics"]);
        let query = "query ($id: ID!) { node(id: $id) { ... on ModelVersion { version model { id } } }
            models(first: 5, task: CLASSIFICATION) { totalCount nodes { name versions(first: 1) { nodes { version } } } }
            forecasts: models(task: FORECAST) { totalCount } }";
        let reply = bob.graphql(query, json!({ "id": other })).await;
        assert_eq!(reply.at("/node/version"), 2);
        assert_eq!(
            reply.at("/models/nodes/0/versions/nodes"),
            &json!([{ "version": 2 }])
        );
        assert_eq!(
            (
                reply.at("/models/totalCount"),
                reply.at("/forecasts/totalCount")
            ),
            (&json!(1), &json!(0))
        );
        assert_eq!(model(&app.client(), "sides").await, Value::Null);
        let reply = app
            .client()
            .graphql("{ models { totalCount } }", json!({}))
            .await;
        assert_eq!(reply.code(), "UNAUTHENTICATED");
    }
);
