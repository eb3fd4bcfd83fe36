//! A call of a field, made from what the schema says of it.

use serde_json::{Value, json};

use super::odd_values::Types;

/// One call of a field.
pub struct Call {
    /// The operation.
    pub query: String,
    /// Its variables.
    pub variables: Value,
}

impl Call {
    /// Everything of `field`, three objects deep.
    pub fn new(types: &Types, kind: &str, field: &Value, variables: Value) -> Self {
        let name = field["name"].as_str().unwrap();
        let arguments = field["args"].as_array().unwrap();
        let declared = arguments.iter().map(|argument| {
            let (name, of) = (
                argument["name"].as_str().unwrap(),
                Types::written(&argument["type"]),
            );
            format!("${name}: {of}")
        });
        let passed = arguments.iter().map(|argument| {
            let name = argument["name"].as_str().unwrap();
            format!("{name}: ${name}")
        });
        let (declared, passed): (Vec<_>, Vec<_>) = (declared.collect(), passed.collect());
        let selection = types.selection(&field["type"], 3);
        let query = match arguments.is_empty() {
            true => format!("{kind} {{ {name} {selection} }}"),
            false => format!(
                "{kind} ({}) {{ {name}({}) {selection} }}",
                declared.join(", "),
                passed.join(", ")
            ),
        };
        Self { query, variables }
    }

    /// The request.
    pub fn body(&self) -> Value {
        json!({ "query": self.query, "variables": self.variables })
    }

    /// What a failure calls it.
    pub fn name(&self) -> String {
        let mut name = format!("{} with {}", self.query, self.variables);
        let end = name
            .char_indices()
            .nth(2_000)
            .map_or(name.len(), |(end, _)| end);
        name.truncate(end);
        name
    }
}
