//! What learns from a dataset reads from it: a series, rows with labels, or texts with labels. All of these are read from
//! the form that is kept, whose hash was checked.

use std::fs::File;

use chrono::NaiveDate;

use super::{Column, ColumnType, Dataset, Kind};
use crate::error::{Error, Result, UserErrorCode};
use crate::learning::classes::Table;

/// How many columns a message names.
const NAMED: usize = 20;

/// Numbers by day, the oldest first.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// The days; some in between may be missing.
    pub days: Vec<NaiveDate>,
    /// A number for each.
    pub values: Vec<f64>,
}

/// Texts, each with its label.
#[derive(Debug, Clone, PartialEq)]
pub struct Texts {
    /// The texts.
    pub texts: Vec<String>,
    /// A label for each.
    pub labels: Vec<String>,
}

/// What is read of a dataset: checked against its columns before any byte of it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// The column of values or labels.
    pub target: String,
    /// The columns that it is told from; of series none.
    pub features: Vec<String>,
}

impl Selection {
    /// Checks which columns are meant; errors name the place in `input`. Without `features` all columns of numbers
    /// count, and of a dataset of texts the only column of texts beside the labels.
    pub fn of(dataset: &Dataset, target: &str, features: Option<&[String]>) -> Result<Self> {
        let columns = dataset.columns();
        let at_target = |code, message| Error::user(code, ["input", "target"], message);
        let known = columns.iter().find(|column| column.name == target);
        let known = known.ok_or_else(|| {
            let message = format!(
                "The dataset has no column `{target}`; it has {}.",
                named(&columns)
            );
            at_target(UserErrorCode::Invalid, message)
        })?;
        if dataset.kind == Kind::TimeSeries {
            if known.kind != ColumnType::Number {
                let message = format!("The column `{target}` holds no numbers to forecast.");
                return Err(at_target(UserErrorCode::Invalid, message));
            }
            if features.is_some_and(|features| !features.is_empty()) {
                let message = "A series is continued from its own past: it takes no features.";
                return Err(at_features(message));
            }
        }
        if known.missing > 0 {
            let message = format!(
                "The column `{target}` misses {} of its {} values: fill them, or leave these rows out.",
                known.missing, dataset.row_count
            );
            return Err(at_target(UserErrorCode::NotEnoughData, message));
        }
        let features = match (dataset.kind, features) {
            (Kind::TimeSeries, _) => Vec::new(),
            (_, Some(features)) => chosen(dataset.kind, &columns, target, features)?,
            (kind, None) => all_of(kind, &columns, target)?,
        };
        Ok(Self {
            target: target.to_owned(),
            features,
        })
    }

    /// The series; of a column of a time series.
    pub fn series(&self, file: File) -> Result<Series> {
        let mut reader = csv::Reader::from_reader(file);
        let header = reader.headers().map_err(Error::caused_by)?.clone();
        let value = place(&header, &self.target)?;
        // The days of a series stand in its first column that has nothing else.
        let mut dated: Vec<(usize, Vec<NaiveDate>)> =
            (0..header.len()).map(|at| (at, Vec::new())).collect();
        let mut values = Vec::new();
        for record in reader.into_records() {
            let record = record.map_err(Error::caused_by)?;
            dated.retain_mut(|(at, days)| {
                let day: Option<NaiveDate> = record.get(*at).and_then(|text| text.parse().ok());
                days.extend(day);
                day.is_some()
            });
            values.push(number(&record, value)?);
        }
        let (_, days) = dated.into_iter().next().ok_or_else(changed)?;
        Ok(Series { days, values })
    }

    /// Rows of numbers with their labels.
    pub fn table(&self, file: File) -> Result<Table> {
        let mut reader = csv::Reader::from_reader(file);
        let header = reader.headers().map_err(Error::caused_by)?.clone();
        let label = place(&header, &self.target)?;
        let features = self.features.iter().map(|name| place(&header, name));
        let features = features.collect::<Result<Vec<_>>>()?;
        let (mut rows, mut labels) = (Vec::new(), Vec::new());
        for record in reader.into_records() {
            let record = record.map_err(Error::caused_by)?;
            let row = features.iter().map(|&at| number(&record, at));
            rows.push(row.collect::<Result<Vec<f64>>>()?);
            labels.push(record.get(label).ok_or_else(changed)?.to_owned());
        }
        Ok(Table {
            features: self.features.clone(),
            rows,
            labels,
        })
    }

    /// Texts with their labels.
    pub fn texts(&self, file: File) -> Result<Texts> {
        let mut reader = csv::Reader::from_reader(file);
        let header = reader.headers().map_err(Error::caused_by)?.clone();
        let label = place(&header, &self.target)?;
        let text = self.features.first().ok_or_else(changed)?;
        let text = place(&header, text)?;
        let mut found = Texts {
            texts: Vec::new(),
            labels: Vec::new(),
        };
        for record in reader.into_records() {
            let record = record.map_err(Error::caused_by)?;
            let field = |at| record.get(at).map(str::to_owned).ok_or_else(changed);
            found.texts.push(field(text)?);
            found.labels.push(field(label)?);
        }
        Ok(found)
    }
}

fn chosen(
    kind: Kind,
    columns: &[Column],
    target: &str,
    features: &[String],
) -> Result<Vec<String>> {
    if features.is_empty() {
        return Err(at_features("Name at least one feature, or leave them out."));
    }
    if kind == Kind::Text && features.len() > 1 {
        return Err(at_features(
            "A dataset of texts has one feature: the column of the texts.",
        ));
    }
    for (index, name) in features.iter().enumerate() {
        let column = columns.iter().find(|column| &column.name == name);
        let wrong = match column {
            None => format!(
                "The dataset has no column `{name}`; it has {}.",
                named(columns)
            ),
            Some(_) if name == target => {
                format!("`{name}` is what is to be told: it cannot be a feature too.")
            }
            Some(_) if features[..index].contains(name) => format!("`{name}` is named twice."),
            Some(column) => match unfit(kind, column) {
                Some(wrong) => wrong,
                None => continue,
            },
        };
        return Err(at_features(wrong));
    }
    Ok(features.to_vec())
}

fn all_of(kind: Kind, columns: &[Column], target: &str) -> Result<Vec<String>> {
    let wanted = match kind {
        Kind::Text => ColumnType::Text,
        _ => ColumnType::Number,
    };
    let of_type = columns
        .iter()
        .filter(|column| column.kind == wanted && column.name != target);
    let found: Vec<&Column> = of_type.collect();
    if found.is_empty() {
        let what = match kind {
            Kind::Text => "texts",
            _ => "numbers",
        };
        return Err(at_features(format!(
            "Beside `{target}` the dataset has no column of {what}."
        )));
    }
    if kind == Kind::Text && found.len() > 1 {
        return Err(at_features(
            "The dataset has several columns of texts: name one of them.",
        ));
    }
    match found.iter().find_map(|column| unfit(kind, column)) {
        Some(wrong) => Err(at_features(wrong)),
        None => Ok(found
            .into_iter()
            .map(|column| column.name.clone())
            .collect()),
    }
}

/// Why a column cannot be a feature.
fn unfit(kind: Kind, column: &Column) -> Option<String> {
    let name = &column.name;
    match kind {
        Kind::Text => None,
        _ if column.kind != ColumnType::Number => {
            Some(format!("The column `{name}` holds no numbers."))
        }
        _ if column.missing > 0 => Some(format!(
            "The column `{name}` misses {} values: fill them, or name other features.",
            column.missing
        )),
        _ => None,
    }
}

fn at_features(message: impl Into<String>) -> Error {
    Error::user(UserErrorCode::Invalid, ["input", "features"], message)
}

fn named(columns: &[Column]) -> String {
    let names = columns.iter().take(NAMED);
    let mut names: Vec<_> = names.map(|column| format!("`{}`", column.name)).collect();
    if columns.len() > NAMED {
        names.push(format!("{} more", columns.len() - NAMED));
    }
    names.join(", ")
}

fn place(header: &csv::StringRecord, name: &str) -> Result<usize> {
    header
        .iter()
        .position(|column| column == name)
        .ok_or_else(changed)
}

fn number(record: &csv::StringRecord, at: usize) -> Result<f64> {
    let field = record.get(at).and_then(|field| field.parse().ok());
    field.ok_or_else(changed)
}

/// What is kept has the hash of what was written: only a fault of the program gets here.
fn changed() -> Error {
    Error::internal("a dataset is not as its row says")
}
