//! What models do, how they learn, and which goes with which.

use serde::{Deserialize, Serialize};

use crate::datasets::Kind;
use crate::learning::{classes, forecasts, texts};

/// What a model does.
#[derive(
    async_graphql::Enum,
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    diesel::expression::AsExpression,
    diesel::deserialize::FromSqlRow,
)]
#[graphql(name = "ModelTask")]
#[diesel(sql_type = diesel::sql_types::Text)]
pub enum Task {
    /// Continues a series of days.
    Forecast,
    /// Tells the class of a row of numbers.
    Classification,
    /// Tells the class of a text.
    TextClassification,
}
crate::db::types::text_enum!(Task {
    Forecast = "FORECAST",
    Classification = "CLASSIFICATION",
    TextClassification = "TEXT_CLASSIFICATION",
});

impl Task {
    /// The kind of dataset that it is trained on.
    pub const fn kind(self) -> Kind {
        match self {
            Self::Forecast => Kind::TimeSeries,
            Self::Classification => Kind::Tabular,
            Self::TextClassification => Kind::Text,
        }
    }
}

/// How a model learns.
#[derive(
    async_graphql::Enum,
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    diesel::expression::AsExpression,
    diesel::deserialize::FromSqlRow,
)]
#[diesel(sql_type = diesel::sql_types::Text)]
pub enum Algorithm {
    /// Forecasts: the last value stays.
    Naive,
    /// Forecasts: the value of a season ago comes again.
    SeasonalNaive,
    /// Forecasts: exponential smoothing, as in ETS.
    ExponentialSmoothing,
    /// Forecasts: least squares over lagged values.
    Linear,
    /// Forecasts: the same with shrunken coefficients.
    Ridge,
    /// Forecasts and tables: the nearest neighbours.
    Knn,
    /// Forecasts and tables: many trees on parts of the data.
    RandomForest,
    /// Forecasts: a recurrent network.
    Lstm,
    /// Tables and texts: logistic regression.
    LogisticRegression,
    /// Tables: one tree.
    DecisionTree,
    /// Tables and texts: naive Bayes.
    NaiveBayes,
    /// Tables: support-vector machines.
    Svm,
    /// Trained elsewhere and imported as ONNX.
    Onnx,
}
crate::db::types::text_enum!(Algorithm {
    Naive = "NAIVE",
    SeasonalNaive = "SEASONAL_NAIVE",
    ExponentialSmoothing = "EXPONENTIAL_SMOOTHING",
    Linear = "LINEAR",
    Ridge = "RIDGE",
    Knn = "KNN",
    RandomForest = "RANDOM_FOREST",
    Lstm = "LSTM",
    LogisticRegression = "LOGISTIC_REGRESSION",
    DecisionTree = "DECISION_TREE",
    NaiveBayes = "NAIVE_BAYES",
    Svm = "SVM",
    Onnx = "ONNX",
});

/// An algorithm as a task knows it.
#[derive(Debug, Clone, Copy)]
pub enum Method {
    /// Continues a series.
    Forecast(forecasts::Method),
    /// Tells the class of a row.
    Classes(classes::Method),
    /// Tells the class of a text.
    Texts(texts::Method),
}

impl Method {
    /// How a task is done by an algorithm; none where it is not.
    pub const fn of(task: Task, algorithm: Algorithm) -> Option<Self> {
        use Algorithm as A;
        Some(match (task, algorithm) {
            (Task::Forecast, A::Naive) => Self::Forecast(forecasts::Method::Naive),
            (Task::Forecast, A::SeasonalNaive) => Self::Forecast(forecasts::Method::SeasonalNaive),
            (Task::Forecast, A::ExponentialSmoothing) => {
                Self::Forecast(forecasts::Method::ExponentialSmoothing)
            }
            (Task::Forecast, A::Linear) => Self::Forecast(forecasts::Method::Linear),
            (Task::Forecast, A::Ridge) => Self::Forecast(forecasts::Method::Ridge),
            (Task::Forecast, A::Knn) => Self::Forecast(forecasts::Method::Knn),
            (Task::Forecast, A::RandomForest) => Self::Forecast(forecasts::Method::RandomForest),
            (Task::Forecast, A::Lstm) => Self::Forecast(forecasts::Method::Lstm),
            (Task::Classification, A::LogisticRegression) => {
                Self::Classes(classes::Method::LogisticRegression)
            }
            (Task::Classification, A::DecisionTree) => Self::Classes(classes::Method::DecisionTree),
            (Task::Classification, A::RandomForest) => Self::Classes(classes::Method::RandomForest),
            (Task::Classification, A::Knn) => Self::Classes(classes::Method::Knn),
            (Task::Classification, A::NaiveBayes) => Self::Classes(classes::Method::NaiveBayes),
            (Task::Classification, A::Svm) => Self::Classes(classes::Method::Svm),
            (Task::TextClassification, A::LogisticRegression) => {
                Self::Texts(texts::Method::LogisticRegression)
            }
            (Task::TextClassification, A::NaiveBayes) => Self::Texts(texts::Method::NaiveBayes),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::learning::onnx;

    /// The versions of a package that Cargo.lock has.
    fn locked(package: &str) -> Vec<&'static str> {
        let lock = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.lock"));
        let entry = format!("[[package]]\nname = \"{package}\"\nversion = \"");
        let found = lock.split(&entry).skip(1);
        found.filter_map(|rest| rest.split('"').next()).collect()
    }

    #[test]
    fn libraries_are_told_with_the_versions_that_are_locked() {
        let forecasts = forecasts::Method::ALL.map(forecasts::Method::library);
        let classes = classes::Method::ALL.map(classes::Method::library);
        let told = [&forecasts[..], &classes[..], &[onnx::LIBRARY]].concat();
        for library in told.into_iter().collect::<BTreeSet<_>>() {
            let (name, version) = library.split_once(' ').unwrap();
            let packages = match name {
                "candle" => vec!["candle-core", "candle-nn"],
                "tract" => vec!["tract-core", "tract-onnx"],
                name => vec![name],
            };
            for package in packages {
                assert_eq!(locked(package), [version], "{package}");
            }
        }
    }
}
