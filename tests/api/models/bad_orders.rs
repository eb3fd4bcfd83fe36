//! Trainings that are refused, at once where that can be known.

use super::*;

every_database!(
    with = |config| {
        config.jobs.inline = false;
    },
    async fn what_cannot_be_trained_is_refused_at_once(app: TestApp) {
        let (ann, bob) = (app.user("ann").await, app.user("bob").await);
        let dataset = ann
            .dataset(
                "Points",
                "TABULAR",
                format!("{}\n1,,left\n", points().trim()),
            )
            .await;
        let series = ann
            .dataset(
                "Days",
                "TIME_SERIES",
                "day,price\n2024-01-01,1\n2024-01-02,2\n",
            )
            .await;
        let with = |changes: Value| {
            let mut order = order(&dataset, "Sides");
            order["features"] = json!(["x"]);
            for (name, value) in changes.as_object().unwrap() {
                order[name] = value.clone();
            }
            order
        };
        for (changes, code, path) in [
            (json!({ "name": " " }), "BLANK", "input.name"),
            (json!({ "name": "x".repeat(101) }), "TOO_LONG", "input.name"),
            (json!({ "name": "LSTM" }), "TAKEN", "input.name"),
            (json!({ "algorithm": "LSTM" }), "INVALID", "input.algorithm"),
            (json!({ "algorithm": "ONNX" }), "INVALID", "input.algorithm"),
            (json!({ "target": "nothing" }), "INVALID", "input.target"),
            (json!({ "target": "y" }), "NOT_ENOUGH_DATA", "input.target"),
            (
                json!({ "features": ["nothing"] }),
                "INVALID",
                "input.features",
            ),
            (
                json!({ "features": ["x", "x"] }),
                "INVALID",
                "input.features",
            ),
            (json!({ "features": ["side"] }), "INVALID", "input.features"),
            (json!({ "features": ["y"] }), "INVALID", "input.features"),
            (json!({ "features": [] }), "INVALID", "input.features"),
            (json!({ "features": null }), "INVALID", "input.features"),
            (json!({ "params": [1] }), "INVALID", "input.params"),
            (
                json!({ "params": { "nothing": 1 } }),
                "INVALID",
                "input.params",
            ),
            (
                json!({ "algorithm": "KNN", "params": { "k": 0 } }),
                "INVALID",
                "input.params",
            ),
            (
                json!({ "datasetId": "dataset_00000000000000000000000000" }),
                "NOT_FOUND",
                "input.datasetId",
            ),
            (json!({ "datasetId": series }), "INVALID", "input.datasetId"),
            (
                json!({ "datasetId": series, "task": "FORECAST", "algorithm": "NAIVE", "target": "price", "features": null }),
                "NOT_ENOUGH_DATA",
                "input.datasetId",
            ),
            (
                json!({ "datasetId": series, "task": "FORECAST", "algorithm": "NAIVE", "target": "day", "features": null }),
                "INVALID",
                "input.target",
            ),
            (
                json!({ "datasetId": series, "task": "FORECAST", "algorithm": "KNN", "target": "price", "features": null,
                    "params": { "nothing": 1 } }),
                "INVALID",
                "input.params",
            ),
        ] {
            let payload = train(&ann, with(changes.clone())).await;
            assert_eq!(
                refusal(&payload),
                (code, path.to_owned()),
                "{changes} {payload}"
            );
        }
        let payload = train(&bob, with(json!({}))).await;
        assert_eq!(
            refusal(&payload),
            ("NOT_FOUND", "input.datasetId".to_owned())
        );
        let reply = app
            .client()
            .graphql(TRAIN, json!({ "input": with(json!({})) }))
            .await;
        assert_eq!(reply.code(), "UNAUTHENTICATED");
        assert_eq!(
            app.lines("SELECT kind AS line FROM jobs WHERE kind = 'model.train'")
                .await
                .len(),
            0
        );
    }
);

every_database!(
    async fn what_shows_only_later_fails_the_job_with_what_to_correct(app: TestApp) {
        let ann = app.user("ann").await;
        let dataset = ann
            .dataset("One class", "TABULAR", "x,side\n1,left\n2,left\n3,left\n")
            .await;
        let job = started(&ann, order(&dataset, "Sides")).await;
        let job = ended(&app, &ann, &job).await;
        assert_eq!(
            (&job["status"], &job["attempts"]),
            (&json!("FAILED"), &json!(1))
        );
        assert!(
            !job["error"]
                .as_str()
                .unwrap()
                .contains("inside of the server"),
            "{job:#}"
        );
        assert_eq!(model(&ann, "sides").await, Value::Null);
        assert_eq!(stored(&app).await, 0);
    }
);

every_database!(
    async fn a_name_is_somebody_s_and_for_one_task(app: TestApp) {
        let (ann, bob, admin) = (
            app.user("ann").await,
            app.user("bob").await,
            app.admin().await,
        );
        let dataset = ann.dataset("Points", "TABULAR", points()).await;
        trained(&app, &ann, order(&dataset, "Sides")).await;
        let of_bob = bob.dataset("Points", "TABULAR", points()).await;
        let payload = train(&bob, order(&of_bob, "SIDES")).await;
        assert_eq!(refusal(&payload), ("TAKEN", "input.name".to_owned()));
        let series = ann
            .dataset("Days", "TIME_SERIES", "day,price\n2024-01-01,1\n")
            .await;
        let input = json!({
            "name": "sides", "task": "FORECAST", "algorithm": "NAIVE", "datasetId": series, "target": "price",
        });
        assert_eq!(
            refusal(&train(&ann, input).await),
            ("CONFLICT", "input.task".to_owned())
        );
        trained(&app, &admin, order(&dataset, "sides")).await;
        let found = model(&bob, "sides").await;
        assert_eq!(
            (&found["versions"]["totalCount"], &found["owner"]["id"]),
            (&json!(2), &json!(ann.id))
        );
    }
);

every_database!(
    with = |config| {
        config.models.unfinished = 2;
        config.jobs.inline = false;
    },
    async fn nobody_has_more_trainings_at_once_than_there_may_be(app: TestApp) {
        let (ann, bob) = (app.user("ann").await, app.user("bob").await);
        let dataset = ann.dataset("Points", "TABULAR", points()).await;
        let first = started(&ann, order(&dataset, "Sides")).await;
        started(&ann, order(&dataset, "Sides")).await;
        let payload = train(&ann, order(&dataset, "Sides")).await;
        assert_eq!(refusal(&payload), ("LIMIT_REACHED", "input".to_owned()));
        let of_bob = bob.dataset("Points", "TABULAR", points()).await;
        started(&bob, order(&of_bob, "Others")).await;
        let cancel = "mutation ($id: ID!) { cancelJob(jobId: $id) { errors { code } } }";
        let reply = ann.graphql(cancel, json!({ "id": first })).await;
        assert_eq!(reply.user_errors("cancelJob"), &json!([]));
        started(&ann, order(&dataset, "Sides")).await;
    }
);

every_database!(
    with = |config| {
        config.models.unfinished = 2;
        config.jobs.inline = false;
    },
    async fn trainings_ordered_at_once_do_not_get_past_the_limit(app: TestApp) {
        let ann = app.user("ann").await;
        let dataset = ann.dataset("Points", "TABULAR", points()).await;
        let orders = (0..8).map(|_| train(&ann, order(&dataset, "Sides")));
        let payloads = futures_util::future::join_all(orders).await;
        let (good, refused): (Vec<_>, Vec<_>) = payloads
            .iter()
            .partition(|payload| payload["errors"] == json!([]));
        assert_eq!(good.len(), 2, "{payloads:#?}");
        for payload in refused {
            assert_eq!(refusal(payload), ("LIMIT_REACHED", "input".to_owned()));
        }
    }
);
