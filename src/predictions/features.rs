//! What somebody wants classified, as its model takes it: numbers by the features' names in any order, or a text.

use std::collections::HashSet;

use serde_json::{Map, Value};

use crate::error::{Error, Result, UserError, UserErrorCode};
use crate::models::Algorithm;

/// As many mistakes are told at once.
const MOST_TOLD: usize = 100;
/// The largest number that a model takes: squares and sums of larger ones would be infinite.
const GREATEST: f64 = 1e100;
/// The largest that models in ONNX take, which compute in single precision.
const GREATEST_SINGLE: f64 = 3e38;
/// The most of a name that a message repeats, in characters.
const MOST_NAMED: usize = 100;
/// The longest text, in bytes.
const MAX_TEXT: usize = 64 * 1024;
/// What models of texts are asked with.
const TEXT: &str = "text";

/// The numbers in the order of `features`. FEATURE_MISMATCH for each that is missing, not one of them, or no number that
/// the algorithm takes.
pub fn row(features: &[String], given: &Value, algorithm: Algorithm) -> Result<Vec<f64>> {
    let most = match algorithm {
        Algorithm::Onnx => GREATEST_SINGLE,
        _ => GREATEST,
    };
    let given = object(given)?;
    let mut mistakes = Mistakes::default();
    let mut row = Vec::with_capacity(features.len());
    for name in features {
        match given.get(name) {
            None => mistakes.add(name, "is missing"),
            Some(Value::Number(number)) => match number.as_f64() {
                Some(number) if number.abs() <= most => row.push(number),
                _ => mistakes.add(name, &format!("is not a finite number of at most {most:e}")),
            },
            Some(_) => mistakes.add(name, "is not a number"),
        }
    }
    if given.len() > row.len() {
        let known: HashSet<&String> = features.iter().collect();
        for name in given.keys().filter(|name| !known.contains(name)) {
            mistakes.add(name, "is not one of the model's features");
        }
    }
    mistakes.done(row)
}

/// The text that is to be classified. FEATURE_MISMATCH where it is missing, no text, or not alone.
pub fn text(given: &Value) -> Result<&str> {
    let given = object(given)?;
    let mut mistakes = Mistakes::default();
    let mut found = "";
    match given.get(TEXT) {
        Some(Value::String(text)) => found = text,
        Some(_) => mistakes.add(TEXT, "is not a text"),
        None => mistakes.add(TEXT, "is missing"),
    }
    for name in given.keys().filter(|name| *name != TEXT) {
        mistakes.add(
            name,
            "is not one of the model's features: it takes `text` alone",
        );
    }
    let found = mistakes.done(found)?;
    let path = ["input", "features", TEXT];
    if found.len() > MAX_TEXT {
        let message = format!(
            "Texts of at most {MAX_TEXT} bytes are classified; this has {}.",
            found.len()
        );
        return Err(Error::user(UserErrorCode::TooLarge, path, message));
    }
    if found.contains('\0') {
        return Err(Error::user(
            UserErrorCode::Invalid,
            path,
            "U+0000 is not allowed.",
        ));
    }
    Ok(found)
}

fn object(given: &Value) -> Result<&Map<String, Value>> {
    given.as_object().ok_or_else(|| {
        let message = "Features are an object, each under its name.";
        Error::user(
            UserErrorCode::FeatureMismatch,
            ["input", "features"],
            message,
        )
    })
}

/// What is wrong with the features.
#[derive(Default)]
struct Mistakes {
    told: Vec<UserError>,
    more: usize,
}

impl Mistakes {
    fn add(&mut self, name: &str, what: &str) {
        if self.told.len() == MOST_TOLD {
            self.more += 1;
            return;
        }
        let name: String = name.chars().take(MOST_NAMED).collect();
        let message = format!("The feature `{name}` {what}.");
        let path = ["input", "features", &name];
        let error = UserError::new(UserErrorCode::FeatureMismatch, path, message);
        self.told.push(error);
    }

    fn done<T>(mut self, found: T) -> Result<T> {
        if self.told.is_empty() {
            return Ok(found);
        }
        if self.more > 0 {
            let message = format!("{} more features are wrong.", self.more);
            let path = ["input", "features"];
            let error = UserError::new(UserErrorCode::FeatureMismatch, path, message);
            self.told.push(error);
        }
        Err(Error::User(self.told))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn told<T: std::fmt::Debug>(result: Result<T>) -> Vec<String> {
        let Err(Error::User(errors)) = result else {
            panic!("{result:?} is no mistake");
        };
        let told = errors.iter().map(|error| error.message.clone());
        told.collect()
    }

    #[test]
    fn numbers_are_brought_into_the_model_s_order() {
        let features = ["b".to_owned(), "a".to_owned()];
        let given = json!({ "a": 1, "b": -2.5 });
        assert_eq!(row(&features, &given, Algorithm::Knn).unwrap(), [-2.5, 1.0]);
    }

    #[test]
    fn each_wrong_feature_is_named() {
        let features = ["a", "b", "c", "d", "e"].map(str::to_owned);
        let given = json!({ "a": "1", "b": null, "c": 1e300, "e": 1, "f": 2, "g": [] });
        assert_eq!(
            told(row(&features, &given, Algorithm::Knn)),
            [
                "The feature `a` is not a number.",
                "The feature `b` is not a number.",
                "The feature `c` is not a finite number of at most 1e100.",
                "The feature `d` is missing.",
                "The feature `f` is not one of the model's features.",
                "The feature `g` is not one of the model's features.",
            ]
        );
        assert_eq!(told(row(&features, &json!([1]), Algorithm::Knn)).len(), 1);
    }

    #[test]
    fn a_flood_of_names_is_told_of_in_short() {
        let many: Map<String, Value> = (0..5_000)
            .map(|number| (format!("{number:0>300}"), json!(1)))
            .collect();
        let told = told(row(&["a".to_owned()], &Value::Object(many), Algorithm::Knn));
        assert_eq!(told.len(), MOST_TOLD + 1);
        assert!(told.iter().all(|message| message.len() < 200));
        assert_eq!(told.last().unwrap(), "4901 more features are wrong.");
    }

    #[test]
    fn a_text_stands_alone_and_is_not_endless() {
        assert_eq!(text(&json!({ "text": "fine" })).unwrap(), "fine");
        assert_eq!(told(text(&json!({ "words": 1 }))).len(), 2);
        assert_eq!(told(text(&json!({ "text": 1 }))).len(), 1);
        for bad in ["x".repeat(MAX_TEXT + 1), "a\0b".to_owned()] {
            assert_eq!(told(text(&json!({ "text": bad }))).len(), 1);
        }
    }
}
