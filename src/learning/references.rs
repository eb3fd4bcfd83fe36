//! Our numbers beside those of scikit-learn, statsmodels and SciPy.
//!
//! `tests/references/learning/references.py` makes the table and writes the versions into it. Tolerances: 1e-9 for formulae and
//! closed solutions; 1e-4 for probabilities of the logistic regression, whose optimisers stop at different places; for exponential smoothing see there.

use super::{
    classes::{self, Table},
    drift::Reference,
    forecasts::references as forecasts,
    metrics::{self, Pair, Scores},
    unobserved,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::{fs, path::PathBuf};

fn table() -> Value {
    let path =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/references/learning/references.json");
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

fn read<T: DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(value.clone()).unwrap()
}

fn near(found: &[f64], expected: &[f64], tolerance: f64, what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(
            (found - expected).abs() <= tolerance,
            "{what}: {found} is not {expected}"
        );
    }
}

#[test]
fn regressions_and_neighbours_are_scikit_learns() {
    let table = &table();
    let data = &table["regression"];
    let rows: Vec<Vec<f64>> = read(&data["rows"]);
    let targets: Vec<f64> = read(&data["targets"]);
    let asked: Vec<usize> = read(&table["asked"]);
    let questions: Vec<Vec<f64>> = asked.iter().map(|row| rows[*row].clone()).collect();
    for method in ["linear", "ridge", "knn"] {
        let found = forecasts::regression(method, rows.clone(), targets.clone(), &questions);
        near(&found, &read::<Vec<f64>>(&data[method]), 1e-9, method);
    }
}

#[test]
fn probabilities_are_scikit_learns() {
    let table = &table();
    let rows: Vec<Vec<f64>> = read(&table["rows"]);
    let labels: Vec<u32> = read(&table["classes"]);
    let asked: Vec<usize> = read(&table["asked"]);
    use classes::Method::{Knn, LogisticRegression, NaiveBayes};
    for (name, method, params, first, tolerance) in [
        (
            "logistic_regression",
            LogisticRegression,
            json!({}),
            0,
            1e-4,
        ),
        (
            "logistic_regression_weak",
            LogisticRegression,
            json!({"alpha": 0.1}),
            0,
            1e-4,
        ),
        (
            "logistic_regression_binary",
            LogisticRegression,
            json!({}),
            50,
            1e-4,
        ),
        ("knn", Knn, json!({"k": 7}), 0, 1e-9),
        (
            "knn_distance",
            Knn,
            json!({"k": 7, "weights": "distance"}),
            0,
            1e-9,
        ),
        ("naive_bayes", NaiveBayes, json!({}), 0, 1e-9),
    ] {
        let data = Table {
            features: ["a", "b", "c", "d"].map(ToOwned::to_owned).to_vec(),
            rows: rows[first..].to_vec(),
            labels: labels[first..].iter().map(ToString::to_string).collect(),
        };
        let model = classes::train(&data, method, &params, &mut unobserved).unwrap();
        let expected: Vec<Vec<f64>> = read(&table["classification"][name]);
        for (row, expected) in asked.iter().zip(expected) {
            let found = model.probabilities(&rows[*row]).unwrap();
            near(&found, &expected, tolerance, name);
        }
    }
}

#[test]
fn measures_are_scikit_learns() {
    let table = table();
    let data = &table["metrics"];
    let truth: Vec<u32> = read(&data["truth"]);
    let probabilities: Vec<Vec<f64>> = read(&data["probabilities"]);
    let predicted: Vec<u32> = probabilities
        .iter()
        .map(|row| metrics::argmax(row) as u32)
        .collect();
    let confusion = metrics::confusion(&truth, &predicted, 3);
    assert_eq!(confusion, read::<Vec<Vec<usize>>>(&data["confusion"]));
    let found = [
        metrics::accuracy(&confusion),
        metrics::f1_macro(&confusion),
        metrics::log_loss(&truth, &probabilities),
    ];
    let expected = [&data["accuracy"], &data["f1_macro"], &data["log_loss"]].map(read::<f64>);
    near(&found, &expected, 1e-9, "classification");

    let data = &table["scores"];
    let [actual, forecast, naive] =
        [&data["actual"], &data["forecast"], &data["naive"]].map(read::<Vec<f64>>);
    let pairs = |values: &[f64]| -> Vec<Pair> {
        let each = actual.iter().zip(values);
        each.map(|(actual, value)| Pair::new(*actual, *value, 0.0, *actual))
            .collect()
    };
    let found = Scores::of(&pairs(&forecast), &pairs(&naive));
    let found = [
        found.mae,
        found.rmse,
        found.smape,
        found.mase,
        found.coverage,
    ];
    let expected = [&data["mae"], &data["rmse"], &data["smape"], &data["mase"]].map(read::<f64>);
    near(&found[..4], &expected, 1e-9, "forecasts");
    near(&found[4..], &[1.0], 0.0, "coverage");
}

#[test]
fn the_kolmogorov_smirnov_statistic_is_scipys() {
    let table = table();
    let column = |value: &Value| -> Vec<Vec<f64>> {
        read::<Vec<f64>>(value)
            .into_iter()
            .map(|value| vec![value])
            .collect()
    };
    let data = &table["drift"];
    let reference = Reference::of(&["x".to_owned()], &column(&data["training"])).unwrap();
    let found = reference.compare(&column(&data["recent"])).unwrap();
    // The distance is looked for at the training values, SciPy looks at the recent ones, too: one step of either at most.
    near(&[found[0].ks], &[read(&data["ks"])], 0.01, "ks");
}

#[test]
fn exponential_smoothing_is_statsmodels() {
    let table = table();
    let data = &table["smoothing"];
    let series: Vec<f64> = read(&data["series"]);
    for trend in ["none", "additive", "damped"] {
        let found = forecasts::smoothing(trend, &series, 10);
        let expected: Vec<f64> = read(&data[trend]["forecast"]);
        // Both maximise the same likelihood, augurs by Nelder and Mead and statsmodels by L-BFGS, of a series whose
        // values are about 300 and whose one-step error is about 2.5.
        near(&found, &expected, 0.25, trend);
        // About −700, and each of the two stops at the higher one for some trend.
        let expected = read(&data[trend]["log_likelihood"]);
        let found = forecasts::likelihood(trend, &series);
        near(&[found], &[expected], 0.05, trend);
    }
}
