//! Datasets: imported, described, refused, listed and deleted.

mod imports;
mod owners;
mod refusals;
mod sizes;

use serde_json::Value;

use crate::support::*;

const IMPORT: &str = "mutation ($input: ImportDatasetInput!) { importDataset(input: $input) {
    dataset { id name kind owner { id } rowCount from to missingDays createdAt
      columns { name type missing min max mean } }
    errors { code message path } } }";

/// What somebody is answered who imports a table.
async fn import(client: &Client, kind: &str, csv: impl Into<reqwest::Body>) -> Value {
    let input = json!({ "name": "A table", "kind": kind });
    let reply = client.upload(IMPORT, input, csv).await;
    reply.at("/importDataset").clone()
}

/// The dataset that came of a table.
async fn imported(client: &Client, kind: &str, csv: impl Into<reqwest::Body>) -> Value {
    let payload = import(client, kind, csv).await;
    assert_eq!(payload["errors"], json!([]), "{payload:#}");
    payload["dataset"].clone()
}

/// Code and message of why a table was refused.
async fn refused(client: &Client, kind: &str, csv: impl Into<reqwest::Body>) -> (String, String) {
    let payload = import(client, kind, csv).await;
    let errors = payload["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 1, "{payload:#}");
    assert_eq!(errors[0]["path"], json!(["input", "file"]));
    let text = |field: &str| errors[0][field].as_str().unwrap().to_owned();
    (text("code"), text("message"))
}

/// What is kept of a dataset.
async fn kept(app: &TestApp, dataset: &Value) -> String {
    let key = format!("datasets/{}", dataset["id"].as_str().unwrap());
    let file = app
        .app()
        .storage
        .fetch(&key, 1 << 20)
        .await
        .unwrap()
        .unwrap();
    std::io::read_to_string(file).unwrap()
}

/// How many objects of datasets are in the store.
async fn stored(app: &TestApp) -> usize {
    use futures_util::TryStreamExt;
    let objects: Vec<_> = app
        .app()
        .storage
        .list("datasets")
        .try_collect()
        .await
        .unwrap();
    objects.len()
}
