//! The same questions to another process on the same data.

use super::*;

/// Forecasts and answers, as numbers.
async fn asked(client: &Client, dataset: &str) -> Value {
    let mut answers = Vec::new();
    for model in ["ets", "outlook"] {
        let input = json!({ "model": model, "datasetId": dataset, "days": 5 });
        let made = predicted(client, input).await;
        assert_eq!(made["status"], "SUCCEEDED", "{made:#}");
        answers.push(made["forecast"].clone());
    }
    for model in ["flowers", "forest"] {
        for (length, width) in [(1.4, 0.2), (4.9, 1.6), (5.0, 1.7)] {
            let mut flower = setosa();
            flower["petal_length"] = json!(length);
            flower["petal_width"] = json!(width);
            answers.push(classified(client, model, flower).await["probabilities"].clone());
        }
    }
    Value::Array(answers)
}

async fn restarts(database: Option<Database>) {
    let folder = tempfile::tempdir().unwrap();
    let program = Program::start(folder.path(), database.as_ref());
    let ann = Client::anonymous(&program.url()).register("ann").await;
    let dataset = ann.dataset("Prices", "TIME_SERIES", series(200)).await;
    let order = json!({
        "name": "outlook", "task": "FORECAST", "algorithm": "KNN", "datasetId": dataset, "target": "price",
    });
    trained(&program.ws_url(), &ann, order).await;
    iris_model(&program.ws_url(), &ann, "flowers").await;
    let flowers = ann.dataset("Iris", "TABULAR", iris()).await;
    let order = json!({
        "name": "forest", "task": "CLASSIFICATION", "algorithm": "RANDOM_FOREST", "datasetId": flowers,
        "target": "species", "params": { "trees": 20 },
    });
    trained(&program.ws_url(), &ann, order).await;
    let before = asked(&ann, &dataset).await;
    assert_eq!(asked(&ann, &dataset).await, before);
    program.stop();
    let program = Program::start(folder.path(), database.as_ref());
    let ann = ann.at(&program.url());
    assert_eq!(asked(&ann, &dataset).await, before);
    let reply = ann
        .graphql(
            "{ predictions { totalCount } classifications { totalCount } }",
            json!({}),
        )
        .await;
    assert_eq!(reply.at("/predictions/totalCount"), &json!(6));
    assert_eq!(reply.at("/classifications/totalCount"), &json!(18));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_changes_no_forecast_and_no_answer_on_sqlite() {
    restarts(None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_changes_no_forecast_and_no_answer_on_postgres() {
    restarts(Some(Database::create().await)).await;
}
