//! JSON Schemas: whether one may be used at all, and what of a record violates it.

mod effort;

use jsonschema::{PatternOptions, Validator};
use serde_json::Value;

use super::Issues;

/// The longest regular expression, as it is compiled, in bytes.
const MAX_PATTERN: usize = 1024 * 1024;
/// How much work one text's records may make: about as many steps of the validator.
const MAX_EFFORT: f64 = 5_000_000.0;
/// The longest message about a violation, in characters; it may quote the record.
const MAX_MESSAGE: usize = 300;
/// Where a value is data, whatever it looks like.
const DATA: [&str; 4] = ["const", "default", "enum", "examples"];

/// A schema that was found to be one.
pub struct Schema {
    validator: Validator,
    effort: effort::Graph,
}

impl Schema {
    /// Reads a schema; in words what is wrong with it. Nothing is fetched: what refers elsewhere is refused.
    pub fn read(schema: &Value) -> Result<Self, String> {
        if !schema.is_object() && !schema.is_boolean() {
            return Err("A JSON Schema is an object, or true or false.".to_owned());
        }
        references(schema, true)?;
        let effort = effort::Graph::of(schema)?;
        let validator = jsonschema::options()
            .with_pattern_options(
                PatternOptions::regex()
                    .size_limit(MAX_PATTERN)
                    .dfa_size_limit(MAX_PATTERN),
            )
            .build(schema)
            .map_err(|error| {
                let place = error.instance_path().as_str().to_owned();
                let place = if place.is_empty() {
                    String::new()
                } else {
                    format!(" at {place}")
                };
                cut(&format!("This is no valid JSON Schema{place}: {error}"))
            })?;
        Ok(Self { validator, effort })
    }

    /// What of the records violates it, with the place as a JSON Pointer into the list of records.
    pub fn check(&self, records: &[Value], issues: &mut Issues) -> Result<(), String> {
        let mut left = MAX_EFFORT;
        for record in records {
            left = self.effort.spend(record, left);
        }
        if left < 0.0 {
            return Err(
                "Checking these records against this schema would take too long: \
                        let it combine fewer schemas, or refer to itself less often."
                    .to_owned(),
            );
        }
        for (index, record) in records.iter().enumerate() {
            for error in self.validator.iter_errors(record) {
                let path = format!("/{index}{}", error.instance_path().as_str());
                issues.add(&path, error.kind().keyword(), cut(&error.to_string()));
                if issues.is_full() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

fn cut(message: &str) -> String {
    match message.char_indices().nth(MAX_MESSAGE) {
        Some((end, _)) => format!("{}…", &message[..end]),
        None => message.to_owned(),
    }
}

/// Refuses what would have to be fetched, and what makes the end of a reference depend on where it was come from.
fn references(schema: &Value, root: bool) -> Result<(), String> {
    match schema {
        Value::Array(items) => items.iter().try_for_each(|item| references(item, false)),
        Value::Object(fields) => {
            for (name, value) in fields {
                match (name.as_str(), value) {
                    ("$ref", Value::String(to)) if !to.starts_with('#') => {
                        return Err(format!(
                            "`$ref` may name a place of the same schema only, as `#/$defs/name`; nothing is \
                             fetched, and this is {}.",
                            cut(to)
                        ));
                    }
                    ("$dynamicRef" | "$recursiveRef", Value::String(_)) => {
                        return Err(format!("`{name}` is not supported; use `$ref`."));
                    }
                    ("$id" | "id", Value::String(_)) if !root && name == "$id" => {
                        return Err("`$id` is supported at the top of the schema only.".to_owned());
                    }
                    (name, _) if DATA.contains(&name) => {}
                    (_, value) => references(value, false)?,
                }
            }
            Ok(())
        }
        _ => Ok(()),
    }
}
