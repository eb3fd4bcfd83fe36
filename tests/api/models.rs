//! The registry of models: trained, imported, aliased, loaded and deleted.

mod aliases;
mod bad_orders;
mod deleted;
mod killed;
mod onnx;
mod stored;
mod training;

use std::time::Duration;

use serde_json::Value;

use crate::support::*;

/// Nothing of a training takes longer to tell, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);
const TRAIN: &str = "mutation ($input: TrainModelInput!) { trainModel(input: $input) {
    job { id kind status subject { id } } errors { code message path } } }";
const JOB: &str =
    "query ($id: ID!) { job(id: $id) { status error result progress message attempts } }";
const PROGRESS: &str =
    "subscription ($id: ID!) { jobProgress(jobId: $id) { status progress message } }";
const MODEL: &str = "query ($name: String!) { model(name: $name) {
    id name task owner { id } challengerShare createdAt
    versions { totalCount nodes { id version } }
    champion { ...v } challenger { id version }
    aliasHistory { alias from { version } to { version } share by { id } reason at } } }
    fragment v on ModelVersion { id version algorithm params features labels target dataset { id } dataHash library
      trainingSeconds byteSize loaded createdAt model { name }
      metrics { mae rmse smape mase coverage naive { mae mase } accuracy f1Macro logLoss confusion } }";

/// Two kinds of points that anybody can tell apart.
fn points() -> String {
    let rows = (0..40).map(|number| {
        let (shift, label) = match number % 2 {
            0 => (0.0, "left"),
            _ => (10.0, "right"),
        };
        let wobble = f64::from(number % 7) / 10.0;
        format!("{},{},{label}\n", shift + wobble, shift - wobble)
    });
    format!("x,y,side\n{}", rows.collect::<String>())
}

/// An order for a model of these points.
fn order(dataset: &str, name: &str) -> Value {
    json!({
        "name": name, "task": "CLASSIFICATION", "algorithm": "NAIVE_BAYES", "datasetId": dataset, "target": "side",
    })
}

/// What somebody is answered who wants something trained.
async fn train(client: &Client, input: Value) -> Value {
    let reply = client.graphql(TRAIN, json!({ "input": input })).await;
    reply.at("/trainModel").clone()
}

/// The job of a training.
async fn started(client: &Client, input: Value) -> String {
    let payload = train(client, input).await;
    assert_eq!(payload["errors"], json!([]), "{payload:#}");
    payload["job"]["id"].as_str().unwrap().to_owned()
}

/// A job once it has ended.
async fn ended(app: &TestApp, client: &Client, job: &str) -> Value {
    let stream = app.subscribe(client, PROGRESS, json!({ "id": job })).await;
    let mut stream = stream.patient(PATIENCE);
    loop {
        match stream.answer().await {
            Ok(_) => {}
            Err(ending) => {
                assert_eq!(ending, Ending::Complete);
                break;
            }
        }
    }
    let reply = client.graphql(JOB, json!({ "id": job })).await;
    reply.at("/job").clone()
}

/// Trains a version; gives its id.
async fn trained(app: &TestApp, client: &Client, input: Value) -> String {
    let job = started(client, input).await;
    let job = ended(app, client, &job).await;
    assert_eq!(job["status"], "SUCCEEDED", "{job:#}");
    job["result"]["modelVersionId"].as_str().unwrap().to_owned()
}

/// A model by its name; null where the client sees none.
async fn model(client: &Client, name: &str) -> Value {
    let reply = client.graphql(MODEL, json!({ "name": name })).await;
    reply.at("/model").clone()
}

/// A model with two versions by Ann; gives the versions.
async fn two_versions(app: &TestApp, ann: &Client) -> (String, String) {
    let dataset = ann.dataset("Points", "TABULAR", points()).await;
    let one = trained(app, ann, order(&dataset, "Sides")).await;
    let other = trained(app, ann, order(&dataset, "sides")).await;
    (one, other)
}

/// The only error of a payload: its code and its path.
fn refusal(payload: &Value) -> (&str, String) {
    let errors = payload["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 1, "{payload:#}");
    let path = errors[0]["path"].as_array().unwrap().iter();
    let path: Vec<_> = path.map(|part| part.as_str().unwrap()).collect();
    (errors[0]["code"].as_str().unwrap(), path.join("."))
}

/// How many objects of models are in the store.
async fn stored(app: &TestApp) -> usize {
    use futures_util::TryStreamExt;
    let objects: Vec<_> = app
        .app()
        .storage
        .list("models")
        .try_collect()
        .await
        .unwrap();
    objects.len()
}

/// The actions of `client`'s audit entries that begin so, the oldest first.
async fn log(client: &Client, with: &str) -> Vec<String> {
    let query = "{ logs(last: 50, filter: { kind: AUDIT }) { nodes { action } } }";
    let reply = client.graphql(query, json!({})).await;
    let actions = reply.at("/logs/nodes").as_array().unwrap().iter().rev();
    let actions = actions.map(|node| node["action"].as_str().unwrap().to_owned());
    actions.filter(|action| action.starts_with(with)).collect()
}
