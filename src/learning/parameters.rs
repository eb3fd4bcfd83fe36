//! Parameters of a method: read from JSON by name, checked against their ranges, and given back with the defaults.

use super::Error;
use serde_json::{Map, Value};

/// The parameters that somebody gave, as they are taken one after the other.
pub struct Parameters {
    given: Map<String, Value>,
    taken: Map<String, Value>,
}

impl Parameters {
    /// `null` means none.
    pub fn new(given: &Value) -> Result<Self, Error> {
        let given = match given {
            Value::Null => Map::new(),
            Value::Object(map) => map.clone(),
            _ => return Err(bad("params", "must be an object of parameters by name")),
        };
        Ok(Self {
            given,
            taken: Map::new(),
        })
    }

    /// A whole number from `least` to `most`.
    pub fn whole(
        &mut self,
        name: &str,
        default: usize,
        least: usize,
        most: usize,
    ) -> Result<usize, Error> {
        let value = match self.given.remove(name) {
            None => default,
            Some(value) => value
                .as_u64()
                .and_then(|number| usize::try_from(number).ok())
                .filter(|number| (least..=most).contains(number))
                .ok_or_else(|| {
                    bad(
                        name,
                        &format!("must be a whole number from {least} to {most}, and is {value}"),
                    )
                })?,
        };
        self.taken.insert(name.to_owned(), value.into());
        Ok(value)
    }

    /// A number from `least` to `most`.
    pub fn number(
        &mut self,
        name: &str,
        default: f64,
        least: f64,
        most: f64,
    ) -> Result<f64, Error> {
        let value = match self.given.remove(name) {
            None => default,
            Some(value) => value
                .as_f64()
                .filter(|number| (least..=most).contains(number))
                .ok_or_else(|| {
                    bad(
                        name,
                        &format!("must be a number from {least} to {most}, and is {value}"),
                    )
                })?,
        };
        self.taken.insert(name.to_owned(), value.into());
        Ok(value)
    }

    /// One of the words `among`, the first of which is the default.
    pub fn word(&mut self, name: &str, among: &[&'static str]) -> Result<&'static str, Error> {
        let found = match self.given.remove(name) {
            None => among.first().copied(),
            Some(value) => among
                .iter()
                .copied()
                .find(|word| value.as_str() == Some(word)),
        };
        let word =
            found.ok_or_else(|| bad(name, &format!("must be one of {}", among.join(", "))))?;
        self.taken.insert(name.to_owned(), word.into());
        Ok(word)
    }

    /// The parameters with their defaults, once all were taken; what is left over is unknown.
    pub fn finish(self) -> Result<Value, Error> {
        match self.given.keys().next() {
            None => Ok(Value::Object(self.taken)),
            Some(name) => {
                let known: Vec<&str> = self.taken.keys().map(String::as_str).collect();
                let known = if known.is_empty() {
                    "it has none".to_owned()
                } else {
                    format!("it has {}", known.join(", "))
                };
                Err(bad(name, &format!("is not one of the method's: {known}")))
            }
        }
    }
}

fn bad(name: &str, message: &str) -> Error {
    Error::BadParameter {
        name: name.to_owned(),
        message: message.to_owned(),
    }
}
