//! Classification of rows of numbers, by smartcore; what it lacks, probabilities above all, is here.

mod estimator;
mod folds;
mod linear;
mod method;
mod settings;
mod smo;
mod svm;
#[cfg(test)]
mod tests;
mod trees;

use super::{Error, Progress, drift::Reference, metrics};
pub(super) use estimator::softmax;
use estimator::{Estimator, Examples};
pub(super) use folds::{evaluate, stratified};
pub use method::Method;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use settings::Settings;
use std::collections::{BTreeMap, BTreeSet};

/// Rows that are taken at most.
pub const MOST_ROWS: usize = 100_000;
/// Features that are taken at most.
pub const MOST_FEATURES: usize = 500;
/// Numbers in the whole table at most.
pub const MOST_CELLS: usize = 2_000_000;
/// How many rows are answered between two questions whether to go on.
const WATCHED: usize = 64;
/// Classes that are told apart at most.
pub const MOST_CLASSES: usize = 50;

/// A table with a label per row. `rows[i]` has a number per feature.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// The columns' names.
    pub features: Vec<String>,
    /// A number per feature in each.
    pub rows: Vec<Vec<f64>>,
    /// A label per row.
    pub labels: Vec<String>,
}

/// What cross-validation measured, over all rows, each predicted by a model that had not seen it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Share of rows whose most probable class was right.
    pub accuracy: f64,
    /// Mean over the classes of the harmonic mean of precision and recall.
    pub f1_macro: f64,
    /// Mean negative logarithm of the right class's probability.
    pub log_loss: f64,
    /// `confusion[is][was predicted as]`, in the labels' order.
    pub confusion: Vec<Vec<usize>>,
    /// How many parts the data was cut into.
    pub folds: usize,
}

/// A trained model.
#[derive(Debug, Serialize, Deserialize)]
pub struct Classifier {
    method: Method,
    /// JSON, as postcard has no type that describes itself.
    params: String,
    features: Vec<String>,
    labels: Vec<String>,
    estimator: Estimator,
    evaluation: Evaluation,
    reference: Reference,
}

/// Whether a method takes these parameters on tables of so many features; what is wrong with them, where not.
pub fn check(method: Method, params: &Value, features: usize) -> Result<(), Error> {
    Settings::read(method, params, features).map(drop)
}

/// Cross-validates (stratified, fixed seed), then trains with everything.
pub fn train(
    table: &Table,
    method: Method,
    params: &Value,
    progress: Progress<'_>,
) -> Result<Classifier, Error> {
    let (settings, params) = Settings::read(method, params, table.features.len())?;
    let labels = checked(table, &settings)?;
    let examples = Examples {
        rows: table.rows.clone(),
        classes: encoded(&table.labels, &labels),
        count: labels.len(),
    };
    let parts = stratified(&examples.classes, settings.folds, settings.seed);
    let folds = parts.iter().max().map_or(0, |last| last + 1);
    let mut probabilities = vec![Vec::new(); examples.rows.len()];
    let total = (folds + 1) as f64;
    for fold in 0..folds {
        let (training, held_out) = examples.split(&parts, fold);
        let estimator = Estimator::fit(&training, &settings.learner, &mut |done| {
            progress((fold as f64 + done) / total)
        })?;
        for (place, row) in held_out.into_iter().enumerate() {
            if place % WATCHED == 0 && progress((fold as f64 + 1.0) / total).is_break() {
                return Err(Error::Cancelled);
            }
            probabilities[row] = estimator.probabilities(&examples.rows[row])?;
        }
    }
    let evaluation = evaluate(&examples.classes, &probabilities, labels.len(), folds);
    let estimator = Estimator::fit(&examples, &settings.learner, &mut |done| {
        progress((folds as f64 + done) / total)
    })?;
    Ok(Classifier {
        method,
        params: params.to_string(),
        features: table.features.clone(),
        labels,
        estimator,
        evaluation,
        reference: Reference::of(&table.features, &table.rows)?,
    })
}

/// The classes, sorted, if the table can be learned from.
fn checked(table: &Table, settings: &Settings) -> Result<Vec<String>, Error> {
    let names: BTreeSet<&String> = table.features.iter().collect();
    if table.features.is_empty() || names.len() < table.features.len() {
        return Err(Error::BadData(
            "a table needs features, each with a name of its own".to_owned(),
        ));
    }
    if table.labels.len() != table.rows.len() {
        return Err(Error::BadData(format!(
            "there are {} labels for {} rows",
            table.labels.len(),
            table.rows.len()
        )));
    }
    let most = settings.learner.most_rows().min(MOST_ROWS);
    atmost("rows", table.rows.len(), most)?;
    atmost("features", table.features.len(), MOST_FEATURES)?;
    atmost(
        "numbers",
        table.rows.len() * table.features.len(),
        MOST_CELLS,
    )?;
    for (index, row) in table.rows.iter().enumerate() {
        check_row(&table.features, row, index + 1)?;
    }
    let labels = classes_of(&table.labels)?;
    settings.learner.check(table, settings.folds, &labels)?;
    Ok(labels)
}

/// The labels without doubles, sorted; two to [`MOST_CLASSES`] of at least two rows each.
pub(super) fn classes_of(labels: &[String]) -> Result<Vec<String>, Error> {
    let mut counts: BTreeMap<&String, usize> = BTreeMap::new();
    for label in labels {
        *counts.entry(label).or_default() += 1;
        atmost("classes", counts.len(), MOST_CLASSES)?;
    }
    if labels.len() < 4 {
        return Err(Error::NotEnoughData {
            needed: 4,
            got: labels.len(),
            why: "two classes of two rows".to_owned(),
        });
    }
    if counts.len() < 2 {
        return Err(Error::BadData(
            "all rows have the same label: there is nothing to tell apart".to_owned(),
        ));
    }
    if let Some((label, _)) = counts.iter().find(|(_, count)| **count < 2) {
        return Err(Error::BadData(format!(
            "label `{label}` has one row: every class needs two, one to learn and one to measure"
        )));
    }
    Ok(counts.into_keys().cloned().collect())
}

/// The labels as places in the sorted classes.
pub(super) fn encoded(labels: &[String], classes: &[String]) -> Vec<u32> {
    labels
        .iter()
        .map(|label| classes.partition_point(|class| class < label) as u32)
        .collect()
}

pub(super) fn atmost(what: &'static str, got: usize, most: usize) -> Result<(), Error> {
    if got > most {
        Err(Error::TooMuchData { what, most, got })
    } else {
        Ok(())
    }
}

fn check_row(features: &[String], row: &[f64], number: usize) -> Result<(), Error> {
    if row.len() != features.len() {
        return Err(Error::BadData(format!(
            "row {number} has {} values for {} features",
            row.len(),
            features.len()
        )));
    }
    // Squares and sums of what is larger would not be finite.
    match row
        .iter()
        .position(|value| value.abs().is_nan() || value.abs() > 1e100)
    {
        None => Ok(()),
        Some(column) => Err(Error::NotFinite {
            row: number,
            column: features.get(column).cloned(),
        }),
    }
}

impl Classifier {
    /// The method.
    pub fn method(&self) -> Method {
        self.method
    }
    /// The parameters, with their defaults.
    pub fn params(&self) -> Value {
        serde_json::from_str(&self.params).unwrap_or_default()
    }
    /// The features, in the order of a row.
    pub fn features(&self) -> &[String] {
        &self.features
    }
    /// The classes, sorted, in the order of the probabilities.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }
    /// The cross-validation's result.
    pub fn evaluation(&self) -> &Evaluation {
        &self.evaluation
    }
    /// What later rows are compared with.
    pub fn reference(&self) -> &Reference {
        &self.reference
    }
    /// The probability of each label for a row in the features' order.
    pub fn probabilities(&self, row: &[f64]) -> Result<Vec<f64>, Error> {
        check_row(&self.features, row, 1)?;
        let probabilities = self.estimator.probabilities(row)?;
        if probabilities.len() != self.labels.len() {
            return Err(Error::Corrupt(
                "the model knows other classes than it names".to_owned(),
            ));
        }
        Ok(probabilities)
    }
}

/// Brings features that were given by name into a model's order; a missing, an unknown and a non-finite one are errors.
pub fn in_order(features: &[String], given: &BTreeMap<String, f64>) -> Result<Vec<f64>, Error> {
    if let Some(missing) = features.iter().find(|name| !given.contains_key(*name)) {
        return Err(Error::MissingFeature(missing.clone()));
    }
    if let Some(unknown) = given.keys().find(|name| !features.contains(name)) {
        return Err(Error::UnknownFeature(unknown.clone()));
    }
    let row: Vec<f64> = features.iter().map(|name| given[name]).collect();
    check_row(features, &row, 1)?;
    Ok(row)
}

/// The place of the largest probability; the first of equals.
pub fn most_probable(probabilities: &[f64]) -> usize {
    metrics::argmax(probabilities)
}
