//! How long classifiers take to learn; `scikit.py` beside it does the same with scikit-learn. The result is in docs/benchmarks.md.
//!
//! `cargo bench --bench learning -- prices.csv`: whether the next day's price rises, from the last fourteen days' changes. Each
//! method is cross-validated in two folds and fitted to everything: three fits, and each row predicted once.

use anyhow::{Context, Result};
use pluma::learning::{
    classes::{Method, Table, train},
    unobserved,
};
use serde_json::json;
use std::{env, time::Instant};

const LAGS: usize = 14;

fn main() -> Result<()> {
    // cargo adds `--bench` of its own.
    let path = env::args().skip(1).find(|argument| argument != "--bench");
    let table = table(&path.context("which CSV?")?)?;
    println!("| method | rows | seconds | accuracy |");
    println!("|---|---:|---:|---:|");
    for (method, params) in [
        (Method::LogisticRegression, json!({"folds": 2})),
        (Method::DecisionTree, json!({"folds": 2, "depth": 10})),
        (
            Method::RandomForest,
            json!({"folds": 2, "trees": 100, "depth": 12}),
        ),
        (Method::Knn, json!({"folds": 2, "k": 5})),
        (Method::NaiveBayes, json!({"folds": 2})),
        (Method::Svm, json!({"folds": 2})),
    ] {
        let mut table = table.clone();
        if method == Method::Svm {
            table.rows.truncate(2_000);
            table.labels.truncate(2_000);
        }
        let mut best = f64::INFINITY;
        let mut accuracy = 0.0;
        for _ in 0..3 {
            let began = Instant::now();
            accuracy = train(&table, method, &params, &mut unobserved)?
                .evaluation()
                .accuracy;
            best = best.min(began.elapsed().as_secs_f64());
        }
        let rows = table.rows.len();
        println!("| `{method}` | {rows} | {best:.3} | {accuracy:.3} |");
    }
    Ok(())
}

fn table(path: &str) -> Result<Table> {
    let mut reader = csv::Reader::from_path(path)?;
    let headers = reader.headers()?.clone();
    let place = headers.iter().position(|name| name == "Close");
    let place = place.context("no column Close")?;
    let prices: Vec<f64> = reader
        .records()
        .map(|record| Ok(record?.get(place).context("a short row")?.parse()?))
        .collect::<Result<_>>()?;
    let changes: Vec<f64> = prices
        .windows(2)
        .map(|pair| (pair[1] / pair[0]).ln())
        .collect();
    let windows = changes.windows(LAGS + 1);
    Ok(Table {
        features: (0..LAGS).map(|lag| format!("lag {lag}")).collect(),
        rows: windows
            .clone()
            .map(|window| window[..LAGS].to_vec())
            .collect(),
        labels: windows
            .map(|window| if window[LAGS] > 0.0 { "up" } else { "down" }.to_owned())
            .collect(),
    })
}
