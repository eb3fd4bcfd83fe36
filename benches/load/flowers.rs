//! A model that the clients ask: naive Bayes over Fisher's 150 flowers, imported and trained as people do it.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::client::Client;

/// The model's name.
pub const MODEL: &str = "flowers";
/// What it is asked with.
const FEATURES: [&str; 4] = ["sepal_length", "sepal_width", "petal_length", "petal_width"];
/// How often the training is looked at.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

const IMPORT: &str = "mutation ($input: ImportDatasetInput!) {
  importDataset(input: $input) { dataset { id } errors { code message path } }
}";
const TRAIN: &str = "mutation ($input: TrainModelInput!) {
  trainModel(input: $input) { job { id } errors { code message path } }
}";
const JOB: &str = "query ($id: ID!) { job(id: $id) { status error } }";

/// Trains it, as who is signed in with `client`.
pub async fn train(client: &mut Client) -> Result<()> {
    let table = smartcore::dataset::iris::load_dataset();
    let mut csv = format!("{},species\n", FEATURES.join(","));
    for (row, species) in table.data.chunks(FEATURES.len()).zip(&table.target) {
        let row: Vec<String> = row.iter().map(ToString::to_string).collect();
        csv += &format!(
            "{},{}\n",
            row.join(","),
            table.target_names[*species as usize]
        );
    }
    let input = json!({ "name": "Iris", "kind": "TABULAR", "file": null });
    let data = client
        .upload(IMPORT, &json!({ "input": input }), &csv)
        .await?;
    let dataset = &data["importDataset"]["dataset"]["id"];
    let input = json!({
        "name": MODEL, "task": "CLASSIFICATION", "algorithm": "NAIVE_BAYES", "datasetId": dataset, "target": "species",
    });
    let data = client.ask(TRAIN, &json!({ "input": input })).await?;
    let job = data["trainModel"]["job"]["id"].clone();
    loop {
        let data = client.ask(JOB, &json!({ "id": job })).await?;
        match data["job"]["status"].as_str().context("no job")? {
            "SUCCEEDED" => return Ok(()),
            "QUEUED" | "RUNNING" => tokio::time::sleep(LOOK_AGAIN).await,
            _ => bail!("the training ended so: {data}"),
        }
    }
}

/// One flower for each number.
pub fn flower(number: usize) -> Value {
    let table = smartcore::dataset::iris::load_dataset();
    let count = table.data.len() / FEATURES.len();
    let row = table.data.iter().skip(number % count * FEATURES.len());
    let features = FEATURES.iter().zip(row);
    features
        .map(|(name, value)| ((*name).to_owned(), json!(value)))
        .collect()
}
