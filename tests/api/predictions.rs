//! What models say: forecasts, classifications, their live accuracy and drift.

mod asking;
mod drift;
mod forecasts;
mod labels;
mod long;
mod mistakes;
mod owners;
mod restarts;
mod trained;

use std::fmt::Write;
use std::time::Duration;

use serde_json::Value;

use crate::support::*;

const PREDICT: &str = "mutation ($input: PredictInput!) { predict(input: $input) {
    prediction { ...p } errors { code message path } } }
    fragment p on Prediction { id user { id } model modelVersion { id version } dataset { id } target days status
      forecast { date value lower upper } metrics { mae rmse smape mase coverage naive { mae mase } }
      error note job { id } createdAt finishedAt }";
const UPDATED: &str = "subscription ($id: ID!) { predictionUpdated(predictionId: $id) {
    id status note error finishedAt forecast { date value } metrics { mase naive { mase } } } }";
const CLASSIFY: &str = "mutation ($input: ClassifyInput!) { classify(input: $input) {
    classification { ...c } errors { code message path } } }
    fragment c on Classification { id user { id } modelVersion { id version model { name } } features label
      probabilities { label probability } latencyMs actualLabel createdAt }";
const TRAIN: &str = "mutation ($input: TrainModelInput!) { trainModel(input: $input) {
    job { id } errors { code message path } } }";
const PROGRESS: &str =
    "subscription ($id: ID!) { jobProgress(jobId: $id) { status error result } }";
const LABEL: &str = "mutation ($id: ID!, $label: String!) {
    labelClassification(classificationId: $id, actualLabel: $label) {
      classification { id actualLabel } errors { code message path } } }";

/// A series of so many days from the second of January 2024 on, with a week in it.
fn series(days: u32) -> String {
    let first: chrono::NaiveDate = "2024-01-02".parse().unwrap();
    let mut csv = "date,price\n".to_owned();
    for (number, day) in (0..days).zip(first.iter_days()) {
        let wobble = f64::from(number * 7_919 % 101) / 50.0;
        let value = 100.0 + f64::from(number) / 10.0 + f64::from(number % 7) + wobble;
        writeln!(csv, "{day},{value}").unwrap();
    }
    csv
}

/// A forecast of a series of somebody's own; gives its id.
pub async fn forecast_of(client: &Client) -> String {
    let dataset = client.dataset("Series", "TIME_SERIES", series(120)).await;
    let input = json!({ "model": "naive", "datasetId": dataset, "days": 2 });
    let prediction = predicted(client, input).await;
    prediction["id"].as_str().unwrap().to_owned()
}

/// Fisher's flowers.
fn iris() -> String {
    let table = smartcore::dataset::iris::load_dataset();
    let mut csv = "sepal_length,sepal_width,petal_length,petal_width,species\n".to_owned();
    for (row, species) in table.data.chunks(table.num_features).zip(&table.target) {
        for value in row {
            write!(csv, "{value},").unwrap();
        }
        writeln!(csv, "{}", table.target_names[*species as usize]).unwrap();
    }
    csv
}

/// A flower that every method takes for a setosa.
fn setosa() -> Value {
    json!({ "petal_width": 0.2, "petal_length": 1.4, "sepal_width": 3.5, "sepal_length": 5.1 })
}

/// What somebody is answered who wants a forecast.
async fn predict(client: &Client, input: Value) -> Value {
    let reply = client.graphql(PREDICT, json!({ "input": input })).await;
    reply.at("/predict").clone()
}

/// A forecast of what is in order.
async fn predicted(client: &Client, input: Value) -> Value {
    let payload = predict(client, input).await;
    assert_eq!(payload["errors"], json!([]), "{payload:#}");
    payload["prediction"].clone()
}

/// What somebody is answered who wants something classified.
async fn classify(client: &Client, model: &str, features: Value) -> Value {
    let input = json!({ "model": model, "features": features });
    let reply = client.graphql(CLASSIFY, json!({ "input": input })).await;
    reply.at("/classify").clone()
}

/// The answer to what is in order.
async fn classified(client: &Client, model: &str, features: Value) -> Value {
    let payload = classify(client, model, features).await;
    assert_eq!(payload["errors"], json!([]), "{payload:#}");
    payload["classification"].clone()
}

/// Trains a version; gives its id.
async fn trained(ws_url: &str, client: &Client, input: Value) -> String {
    let reply = client.graphql(TRAIN, json!({ "input": input })).await;
    assert_eq!(reply.user_errors("trainModel"), &json!([]));
    let job = reply.text("/trainModel/job/id").to_owned();
    let stream = Subscription::start(ws_url, client, PROGRESS, json!({ "id": job })).await;
    let mut stream = stream.patient(Duration::from_secs(120));
    let mut last = Value::Null;
    while let Ok(next) = stream.answer().await {
        last = next["data"]["jobProgress"].clone();
    }
    assert_eq!(last["status"], "SUCCEEDED", "{last:#}");
    last["result"]["modelVersionId"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// A model of the flowers by naive Bayes; gives the version's id.
async fn iris_model(ws_url: &str, client: &Client, name: &str) -> String {
    let dataset = client.dataset("Iris", "TABULAR", iris()).await;
    let order = json!({
        "name": name, "task": "CLASSIFICATION", "algorithm": "NAIVE_BAYES", "datasetId": dataset, "target": "species",
    });
    trained(ws_url, client, order).await
}

/// The errors of a payload, as `CODE path.to.argument`.
fn complaints(payload: &Value) -> Vec<String> {
    let errors = payload["errors"].as_array().unwrap().iter();
    let written = errors.map(|error| {
        let path = error["path"].as_array().unwrap().iter();
        let path: Vec<_> = path.map(|part| part.as_str().unwrap()).collect();
        format!("{} {}", error["code"].as_str().unwrap(), path.join("."))
    });
    written.collect()
}

/// The actions of `client`'s audit entries that begin so, the oldest first.
async fn log(client: &Client, with: &str) -> Vec<String> {
    let query = "{ logs(first: 100, filter: { kind: AUDIT }) { nodes { action } } }";
    let reply = client.graphql(query, json!({})).await;
    let actions = reply.at("/logs/nodes").as_array().unwrap().iter().rev();
    let actions = actions.map(|node| node["action"].as_str().unwrap().to_owned());
    actions.filter(|action| action.starts_with(with)).collect()
}
