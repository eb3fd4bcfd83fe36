//! Forecasts that are short enough to be answered at once.

use super::*;

every_database!(
    async fn a_short_forecast_is_answered_at_once_and_continues_the_days(app: TestApp) {
        let ann = app.user("ann").await;
        let dataset = ann.dataset("Prices", "TIME_SERIES", series(150)).await;
        for model in ["naive", "seasonal_naive", "linear", "Ridge "] {
            let input =
                json!({ "model": model, "datasetId": dataset, "days": 10, "note": " Mine " });
            let made = predicted(&ann, input.clone()).await;
            assert_eq!(made["status"], "SUCCEEDED", "{made:#}");
            assert_eq!(made["model"], model.trim());
            assert_eq!(made["note"], "Mine");
            assert_eq!(
                (&made["target"], &made["days"]),
                (&json!("price"), &json!(10))
            );
            assert_eq!(made["user"]["id"], ann.id.as_str());
            assert_eq!(made["dataset"]["id"], dataset.as_str());
            assert_eq!(
                (&made["modelVersion"], &made["error"]),
                (&Value::Null, &Value::Null)
            );
            assert!(made["finishedAt"].is_string() && made["job"].is_null());
            let forecast = made["forecast"].as_array().unwrap();
            assert_eq!(forecast.len(), 10);
            // The series ends on the 30th of May.
            assert_eq!(forecast[0]["date"], "2024-05-31");
            assert_eq!(forecast[9]["date"], "2024-06-09");
            for point in forecast {
                let of = |name: &str| point[name].as_f64().unwrap();
                assert!(
                    of("lower") <= of("value") && of("value") <= of("upper"),
                    "{point}"
                );
            }
            for measure in ["mae", "rmse", "smape", "mase", "coverage"] {
                let found = made["metrics"][measure].as_f64();
                assert!(found.is_some_and(|found| found > 0.0), "{made:#}");
            }
            assert_eq!(made["metrics"]["naive"]["mase"], 1.0, "{made:#}");
            let again = predicted(&ann, input).await;
            assert_eq!(again["forecast"], made["forecast"], "{model}");
            assert_eq!(again["metrics"], made["metrics"], "{model}");
            assert_ne!(again["id"], made["id"]);
        }
        let naive = predicted(
            &ann,
            json!({ "model": "NAIVE", "datasetId": dataset, "days": 3 }),
        )
        .await;
        let last = series(150);
        let last: f64 = last.trim().rsplit(',').next().unwrap().parse().unwrap();
        assert_eq!(naive["metrics"]["mase"], 1.0);
        assert_eq!(naive["metrics"]["mae"], naive["metrics"]["naive"]["mae"]);
        for point in naive["forecast"].as_array().unwrap() {
            assert!((point["value"].as_f64().unwrap() - last).abs() < 1e-9);
        }
        let actions = log(&ann, "prediction").await;
        assert_eq!(actions, ["prediction.succeeded"; 9]);
    }
);

every_database!(
    async fn methods_that_are_fast_for_few_rows_answer_at_once(app: TestApp) {
        let ann = app.user("ann").await;
        let dataset = ann.dataset("Prices", "TIME_SERIES", series(200)).await;
        for model in ["ets", "knn", "random_forest"] {
            let made = predicted(
                &ann,
                json!({ "model": model, "datasetId": dataset, "days": 365 }),
            )
            .await;
            assert_eq!(made["status"], "SUCCEEDED");
            assert_eq!(made["forecast"].as_array().unwrap().len(), 365);
        }
    }
);

every_database!(
    with = |config| {
        config.jobs.inline = false;
    },
    async fn methods_that_take_seconds_for_more_rows_become_jobs(app: TestApp) {
        let ann = app.user("ann").await;
        let dataset = ann.dataset("Prices", "TIME_SERIES", series(501)).await;
        for model in ["ets", "knn", "random_forest"] {
            let input = json!({ "model": model, "datasetId": dataset, "days": 1 });
            assert_eq!(predicted(&ann, input).await["status"], "QUEUED", "{model}");
        }
    }
);

every_database!(
    async fn a_forecast_of_what_stands_still_is_kept_however_bad_its_measure(app: TestApp) {
        let ann = app.user("ann").await;
        // It rises for a hundred days, and from then on repeating the last value is never wrong.
        let rises = series(100);
        let (_, top) = rises.trim().rsplit_once(',').unwrap();
        let mut csv = rises.clone();
        let first: chrono::NaiveDate = "2024-01-02".parse().unwrap();
        for day in first.iter_days().skip(100).take(400) {
            writeln!(csv, "{day},{top}").unwrap();
        }
        let dataset = ann.dataset("Still", "TIME_SERIES", csv).await;
        let input = json!({ "model": "linear", "datasetId": dataset, "days": 3 });
        let made = predicted(&ann, input).await;
        let measures = &made["metrics"];
        assert_eq!(measures["naive"]["mae"], 0.0, "{measures:#}");
        assert!(measures["mae"].as_f64().unwrap() > 0.0, "{measures:#}");
        assert_eq!(measures["mase"], f64::MAX, "{measures:#}");
        let list = "{ predictions { nodes { id forecast { date value lower upper }
            metrics { mae rmse smape mase coverage naive { mae mase } } } } }";
        let reply = ann.graphql(list, json!({})).await;
        let kept = reply.at("/predictions/nodes/0");
        for name in ["id", "forecast", "metrics"] {
            assert_eq!(kept[name], made[name], "{name}");
        }
    }
);

every_database!(
    async fn a_series_without_weekends_goes_on_without_them(app: TestApp) {
        let ann = app.user("ann").await;
        let mut csv = "Date,Open,Close\n".to_owned();
        let first: chrono::NaiveDate = "2024-01-01".parse().unwrap();
        let weekdays = first
            .iter_days()
            .filter(|day| !["Sat", "Sun"].contains(&day.format("%a").to_string().as_str()));
        // 2024-05-17 is the hundredth of them, a Friday.
        for (number, day) in weekdays.take(100).enumerate() {
            writeln!(csv, "{day},1,{}", number % 5).unwrap();
        }
        let dataset = ann.dataset("Shares", "TIME_SERIES", csv).await;
        let made = predicted(
            &ann,
            json!({ "model": "naive", "datasetId": dataset, "days": 6 }),
        )
        .await;
        assert_eq!(made["target"], "Close");
        let days = made["forecast"]
            .as_array()
            .unwrap()
            .iter()
            .map(|point| point["date"].clone());
        let days: Vec<_> = days.collect();
        assert_eq!(
            days,
            [
                "2024-05-20",
                "2024-05-21",
                "2024-05-22",
                "2024-05-23",
                "2024-05-24",
                "2024-05-27"
            ]
        );
        let input = json!({ "model": "naive", "datasetId": dataset, "target": "Open", "days": 1 });
        assert_eq!(predicted(&ann, input).await["forecast"][0]["value"], 1.0);
    }
);

every_database!(
    async fn forecasts_are_listed_annotated_and_deleted(app: TestApp) {
        let ann = app.user("ann").await;
        let dataset = ann.dataset("Prices", "TIME_SERIES", series(150)).await;
        let mut ids = Vec::new();
        for model in ["naive", "linear", "Naive"] {
            let made = predicted(
                &ann,
                json!({ "model": model, "datasetId": dataset, "days": 1 }),
            )
            .await;
            ids.push(made["id"].as_str().unwrap().to_owned());
        }
        let list = "query ($filter: PredictionFilter, $after: String) { predictions(first: 2, after: $after, filter: $filter) {
            totalCount pageInfo { hasNextPage endCursor } nodes { id forecast { value } } } }";
        let page = |filter: Value, after: Value| {
            let ann = ann.clone();
            async move {
                let reply = ann
                    .graphql(list, json!({ "filter": filter, "after": after }))
                    .await;
                reply.at("/predictions").clone()
            }
        };
        let of = |page: &Value| {
            let nodes = page["nodes"].as_array().unwrap().iter();
            nodes
                .map(|node| node["id"].as_str().unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        let first = page(json!(null), json!(null)).await;
        assert_eq!(first["totalCount"], 3);
        assert_eq!(of(&first), [ids[2].clone(), ids[1].clone()]);
        assert_eq!(first["nodes"][0]["forecast"].as_array().unwrap().len(), 1);
        let rest = page(json!(null), first["pageInfo"]["endCursor"].clone()).await;
        assert_eq!(of(&rest), [ids[0].clone()]);
        let naive = page(
            json!({ "model": "NAIVE", "status": "SUCCEEDED" }),
            json!(null),
        )
        .await;
        assert_eq!(of(&naive), [ids[2].clone(), ids[0].clone()]);
        assert_eq!(
            page(json!({ "status": "FAILED" }), json!(null)).await["totalCount"],
            0
        );

        let annotate =
            "mutation ($input: UpdatePredictionInput!) { updatePrediction(input: $input) {
            prediction { note } errors { code path } } }";
        for (note, kept) in [
            (json!("A note"), json!("A note")),
            (json!(null), json!("A note")),
            (json!(""), json!(null)),
        ] {
            let input = json!({ "predictionId": ids[0], "note": note });
            let reply = ann.graphql(annotate, json!({ "input": input })).await;
            assert_eq!(reply.at("/updatePrediction/prediction/note"), &kept);
        }
        let input = json!({ "predictionId": ids[0], "note": "x".repeat(2_001) });
        let reply = ann.graphql(annotate, json!({ "input": input })).await;
        assert_eq!(
            complaints(reply.at("/updatePrediction")),
            ["TOO_LONG input.note"]
        );

        let delete = "mutation ($id: ID!) { deletePrediction(predictionId: $id) { deletedId errors { code path } } }";
        let reply = ann.graphql(delete, json!({ "id": ids[1] })).await;
        assert_eq!(reply.at("/deletePrediction/deletedId"), &json!(ids[1]));
        let reply = ann.graphql(delete, json!({ "id": ids[1] })).await;
        assert_eq!(
            complaints(reply.at("/deletePrediction")),
            ["NOT_FOUND predictionId"]
        );
        let node = "query ($id: ID!) { node(id: $id) { id ... on Prediction { days } } }";
        assert_eq!(
            ann.graphql(node, json!({ "id": ids[1] })).await.at("/node"),
            &Value::Null
        );
        assert_eq!(
            ann.graphql(node, json!({ "id": ids[0] }))
                .await
                .at("/node/days"),
            &json!(1)
        );
        // Those of a dataset go with it.
        let reply = ann
            .graphql(
                "mutation ($id: ID!) { deleteDataset(datasetId: $id) { errors { code } } }",
                json!({ "id": dataset }),
            )
            .await;
        assert_eq!(reply.user_errors("deleteDataset"), &json!([]));
        assert_eq!(page(json!(null), json!(null)).await["totalCount"], 0);
        let actions = log(&ann, "prediction").await;
        assert_eq!(
            actions[3..],
            [
                "prediction.annotated",
                "prediction.annotated",
                "prediction.deleted"
            ]
        );
    }
);

every_database!(
    async fn days_stand_in_the_first_column_that_has_nothing_else(app: TestApp) {
        let ann = app.user("ann").await;
        let rows = series(70).lines().skip(1).enumerate().fold(
            "delivered,date,price\n".to_owned(),
            |table, (row, line)| {
                let delivered = if row == 0 { "2024-01-05" } else { "pending" };
                table + delivered + "," + line + "\n"
            },
        );
        let dataset = ann.dataset("Orders", "TIME_SERIES", rows).await;
        let input = json!({ "model": "naive", "datasetId": dataset, "days": 1 });
        let made = predicted(&ann, input).await;
        assert_eq!(made["status"], "SUCCEEDED", "{made:#}");
        assert_eq!(made["forecast"][0]["date"], "2024-03-12");
    }
);
