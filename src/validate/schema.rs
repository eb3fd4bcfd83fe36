//! JSON Schemas that clients send: whether one may be used at all, and what of a value violates it. Nothing is fetched.

mod effort;

use jsonschema::{PatternOptions, Validator};
use serde_json::Value;

use super::json::within_levels;

/// The longest schema, in bytes of JSON, and the deepest.
const MAX_BYTES: usize = 64 * 1024;
const MAX_LEVELS: usize = 100;
/// The longest regular expression, as it is compiled, in bytes.
const MAX_PATTERN: usize = 1024 * 1024;
/// How much work one text's records may make: about as many steps of the validator.
const MAX_EFFORT: f64 = 5_000_000.0;
/// The longest message about a violation, in characters; it may quote the record.
const MAX_MESSAGE: usize = 300;
/// Where a value is data, whatever it looks like.
const DATA: [&str; 4] = ["const", "default", "enum", "examples"];

/// One way in which a value does not satisfy its schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Where in the value, as a JSON Pointer.
    pub path: String,
    /// Which keyword of the schema it breaks.
    pub keyword: String,
    /// For people; it may quote the value.
    pub message: String,
}

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
        if !within_levels(schema, MAX_LEVELS) || schema.to_string().len() > MAX_BYTES {
            return Err(format!(
                "A JSON Schema may have {MAX_BYTES} bytes and {MAX_LEVELS} levels."
            ));
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

    /// The first violations of a list of values, at most `most`; in words why they cannot be found. Paths begin with
    /// the number of the value.
    pub fn check(&self, values: &[Value], most: usize) -> Result<Vec<Violation>, String> {
        let mut left = MAX_EFFORT;
        for value in values {
            left = self.effort.spend(value, left);
        }
        if left < 0.0 {
            return Err("Checking this against the schema would take too long: \
                        let it combine fewer schemas, or refer to itself less often."
                .to_owned());
        }
        let errors = values.iter().enumerate().flat_map(|(index, value)| {
            let errors = self.validator.iter_errors(value);
            errors.map(move |error| (index, error))
        });
        let violations = errors.take(most).map(|(index, error)| Violation {
            path: format!("/{index}{}", error.instance_path().as_str()),
            keyword: error.kind().keyword().to_owned(),
            message: cut(&error.to_string()),
        });
        Ok(violations.collect())
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn violations_say_where_and_why() {
        let schema = json!({ "type": "object", "required": ["a"],
            "properties": { "b": { "type": "array", "items": { "minimum": 3 } } } });
        let schema = Schema::read(&schema).unwrap();
        assert_eq!(schema.check(&[json!({ "a": 1 })], 9), Ok(vec![]));
        let found = schema
            .check(&[json!({ "a": 1 }), json!({ "b": [3, 2] })], 9)
            .unwrap();
        let found: Vec<(&str, &str)> = found
            .iter()
            .map(|violation| (violation.path.as_str(), violation.keyword.as_str()))
            .collect();
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found.contains(&("/1/b/1", "minimum")), "{found:?}");
        assert!(found.contains(&("/1", "required")), "{found:?}");
    }

    #[test]
    fn what_is_no_schema_is_refused_in_words() {
        for (schema, said) in [
            (json!(3), "is an object"),
            (json!({ "type": "text" }), "no valid JSON Schema"),
            (json!({ "pattern": "(" }), "no valid JSON Schema"),
            (json!({ "pattern": "(?=a)b" }), "no valid JSON Schema"),
            (
                json!({ "$ref": "https://example.com/s.json" }),
                "nothing is fetched",
            ),
            (
                json!({ "items": [{ "$ref": "file:///etc/passwd" }] }),
                "nothing is fetched",
            ),
            (
                json!({ "pattern": "(a{1000}){1000}" }),
                "no valid JSON Schema",
            ),
            (json!({ "description": "x".repeat(70_000) }), "bytes"),
        ] {
            let message = Schema::read(&schema).err().unwrap_or_default();
            assert!(message.contains(said), "{schema}: {message}");
        }
    }

    #[test]
    fn a_schema_may_refer_to_itself() {
        let schema = json!({ "$defs": { "t": { "type": "object",
            "properties": { "child": { "$ref": "#/$defs/t" } } } }, "$ref": "#/$defs/t" });
        let schema = Schema::read(&schema).unwrap();
        let deep = json!({ "child": { "child": {} } });
        assert_eq!(schema.check(&[deep], 9), Ok(vec![]));
        let wrong = schema.check(&[json!({ "child": 1 })], 9).unwrap();
        assert_eq!(wrong[0].path, "/0/child");
    }
}
