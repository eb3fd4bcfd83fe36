//! JSON Schemas that clients send: compiled within bounds, and never fetching anything.

use jsonschema::{PatternOptions, Validator};
use serde_json::Value;

use super::json::within_levels;

/// The longest schema, in bytes of JSON.
const LONGEST: usize = 64 * 1024;
/// The deepest.
const DEEPEST: usize = 64;
/// What a regular expression may take, in bytes.
const PATTERN: usize = 1024 * 1024;
/// How many violations are told of one value.
const MOST: usize = 100;

/// A schema, ready to be asked.
pub struct Schema(Validator);

/// One way in which a value does not satisfy its schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Where in the value, as a JSON Pointer.
    pub path: String,
    /// Which keyword of the schema it breaks.
    pub keyword: String,
    /// For people.
    pub message: String,
}

impl Schema {
    /// Compiles a schema; otherwise what is wrong with it. It takes time: not for the threads that serve requests
    /// where the schema is long.
    pub fn compile(schema: &Value) -> Result<Self, String> {
        if !(schema.is_object() || schema.is_boolean()) {
            return Err("A JSON Schema is an object, or true or false.".to_owned());
        }
        if schema.to_string().len() > LONGEST || !within_levels(schema, DEEPEST) {
            return Err(format!(
                "A JSON Schema may have {LONGEST} bytes and {DEEPEST} levels."
            ));
        }
        if let Some(reference) = foreign(schema) {
            let reference: String = reference.chars().take(100).collect();
            return Err(format!(
                "`$ref` to `{reference}` leads out of the schema: nothing is fetched, so put it into `$defs`."
            ));
        }
        // The engine without look-around and back references never takes long.
        let patterns = PatternOptions::regex()
            .size_limit(PATTERN)
            .dfa_size_limit(PATTERN);
        let options = jsonschema::options().with_pattern_options(patterns);
        match options.build(schema) {
            Ok(validator) => Ok(Self(validator)),
            Err(error) => {
                let message = error.masked().to_string();
                let at = error.instance_path().to_string();
                let message: String = message.chars().take(300).collect();
                Err(format!("It is no JSON Schema at `{at}`: {message}."))
            }
        }
    }

    /// How `value` breaks the schema, at most a hundred ways of it; nothing where it does not.
    pub fn violations(&self, value: &Value) -> Vec<Violation> {
        let errors = self.0.iter_errors(value).take(MOST);
        errors
            .map(|error| Violation {
                path: error.instance_path().to_string(),
                keyword: error.kind().keyword().to_owned(),
                // The value itself may be long, and is known to whoever reads this.
                message: error
                    .masked_with("the value")
                    .to_string()
                    .chars()
                    .take(300)
                    .collect(),
            })
            .collect()
    }
}

/// A reference to anything but a place in the schema itself.
fn foreign(schema: &Value) -> Option<&str> {
    match schema {
        Value::Object(fields) => fields.iter().find_map(|(key, value)| {
            let leads = matches!(key.as_str(), "$ref" | "$dynamicRef" | "$recursiveRef");
            match value {
                Value::String(target) if leads && !target.starts_with('#') => Some(target.as_str()),
                value => foreign(value),
            }
        }),
        Value::Array(items) => items.iter().find_map(foreign),
        _ => None,
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
        let schema = Schema::compile(&schema).unwrap();
        assert!(schema.violations(&json!({ "a": 1 })).is_empty());
        let found = schema.violations(&json!({ "b": [3, 2] }));
        let found: Vec<(&str, &str)> = found
            .iter()
            .map(|violation| (violation.path.as_str(), violation.keyword.as_str()))
            .collect();
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found.contains(&("/b/1", "minimum")), "{found:?}");
        assert!(found.contains(&("", "required")), "{found:?}");
    }

    #[test]
    fn what_is_no_schema_is_refused_in_words() {
        for (schema, said) in [
            (json!(3), "is an object"),
            (json!({ "type": "text" }), "no JSON Schema"),
            (json!({ "pattern": "(" }), "no JSON Schema"),
            (json!({ "pattern": "(?=a)b" }), "no JSON Schema"),
            (
                json!({ "$ref": "https://example.com/s.json" }),
                "nothing is fetched",
            ),
            (
                json!({ "items": [{ "$ref": "file:///etc/passwd" }] }),
                "nothing is fetched",
            ),
            (json!({ "pattern": "(a{1000}){1000}" }), "no JSON Schema"),
            (json!({ "description": "x".repeat(70_000) }), "bytes"),
        ] {
            let message = Schema::compile(&schema).err().unwrap_or_default();
            assert!(message.contains(said), "{schema}: {message}");
        }
    }

    #[test]
    fn a_schema_may_refer_to_itself() {
        let schema = json!({ "$defs": { "t": { "type": "object",
            "properties": { "child": { "$ref": "#/$defs/t" } } } }, "$ref": "#/$defs/t" });
        let schema = Schema::compile(&schema).unwrap();
        assert!(
            schema
                .violations(&json!({ "child": { "child": {} } }))
                .is_empty()
        );
        assert!(!schema.violations(&json!({ "child": 1 })).is_empty());
    }
}
