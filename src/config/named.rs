//! Settings that are several things by name: tables of TOML, or the same as one JSON object in a variable.

use std::path::Path;

use confique::serde::{Deserialize, Deserializer, de::Error};
use secrecy::SecretString;
use toml::{Table, Value};

use super::secrets;

/// Longer names make no readable address.
const LONGEST_NAME: usize = 32;

/// One of the tables, taken apart key by key.
pub(super) struct Named {
    /// Up to 32 lower-case letters, digits and `-`.
    pub name: String,
    table: Table,
}

/// Reads each table with `read`, in the order of the names. `what` are they, for messages: `providers`.
pub(super) fn all<'de, D: Deserializer<'de>, T>(
    from: D,
    what: &str,
    read: impl Fn(&mut Named) -> Result<T, String>,
) -> Result<Vec<T>, D::Error> {
    let wrong = |kind: &str| D::Error::custom(format!("is not {kind} of {what}"));
    let table = match Value::deserialize(from)? {
        Value::Table(table) => table,
        // The parser's own message may quote a secret.
        Value::String(json) => serde_json::from_str(&json).map_err(|_| wrong("a JSON object"))?,
        _ => return Err(wrong("a table")),
    };
    let one = |(name, value): (String, Value)| {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if name.is_empty() || name.len() > LONGEST_NAME || !name.chars().all(plain) {
            let message = "holds a name that is not up to 32 lower-case letters, digits and `-`";
            return Err(message.to_owned());
        }
        let Value::Table(table) = value else {
            return Err(format!("holds {name}, which is not a table"));
        };
        let mut named = Named { name, table };
        let read = read(&mut named)?;
        match named.table.keys().next() {
            Some(key) => Err(format!("has {}.{key}, which is no key there", named.name)),
            None => Ok(read),
        }
    };
    let all: Result<Vec<T>, String> = table.into_iter().map(one).collect();
    all.map_err(D::Error::custom)
}

impl Named {
    /// Takes whatever is under `key`.
    pub fn value(&mut self, key: &str) -> Option<Value> {
        self.table.remove(key)
    }

    /// Takes a text that is not empty.
    pub fn text(&mut self, key: &str) -> Result<Option<String>, String> {
        match self.table.remove(key) {
            None => Ok(None),
            Some(Value::String(text)) if !text.is_empty() => Ok(Some(text)),
            Some(_) => Err(format!("has a {}.{key} that is not a text", self.name)),
        }
    }

    /// Takes a text that has to be there.
    pub fn required(&mut self, key: &str) -> Result<String, String> {
        self.text(key)?
            .ok_or_else(|| format!("lacks {}.{key}", self.name))
    }

    /// Takes a whole number of a range.
    pub fn whole(&mut self, key: &str, least: u32, most: u32) -> Result<Option<u32>, String> {
        let Some(value) = self.table.remove(key) else {
            return Ok(None);
        };
        let number = value.as_integer().and_then(|number| number.try_into().ok());
        let number = number.filter(|number| (least..=most).contains(number));
        number.map(Some).ok_or_else(|| {
            let name = &self.name;
            format!("has a {name}.{key} that is not a whole number from {least} to {most}")
        })
    }

    /// Takes a secret, from the text or from the file that `<key>_file` names.
    pub fn secret(&mut self, key: &str) -> Result<Option<SecretString>, String> {
        let file = format!("{key}_file");
        let name = self.name.clone();
        Ok(match (self.text(key)?, self.text(&file)?) {
            (Some(_), Some(_)) => return Err(format!("has both {name}.{key} and its file")),
            (Some(secret), None) => Some(secret.into()),
            (None, Some(path)) => {
                let read = secrets::from_file(Path::new(&path));
                let read = read.map_err(|what| format!("has a {name}.{file}, and {what}"))?;
                Some(read.into())
            }
            (None, None) => None,
        })
    }
}
