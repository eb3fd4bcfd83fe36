//! Placeholders in prompts: `{name}` stands for a value, `{{` and `}}` for braces.
//!
//! Ours, because it has to be strict both ways: a name without a value and a value without a name are mistakes
//! that would otherwise be answered by the model.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::error::{UserError, UserErrorCode};

/// The longest name, in characters.
const LONGEST_NAME: usize = 64;

/// Fills in texts from the same values, and notes which of these were used.
pub struct Template<'a> {
    values: &'a Map<String, Value>,
    used: BTreeSet<&'a str>,
    missing: BTreeSet<String>,
}

impl<'a> Template<'a> {
    /// Fills in from `values`.
    pub fn new(values: &'a Map<String, Value>) -> Self {
        Self {
            values,
            used: BTreeSet::new(),
            missing: BTreeSet::new(),
        }
    }

    /// `text` with its placeholders filled in. A brace that begins no name stays as it is.
    pub fn fill(&mut self, text: &str) -> String {
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            filled.push_str(&rest[..at]);
            rest = &rest[at..];
            if rest.starts_with("{{") || rest.starts_with("}}") {
                filled.push_str(&rest[..1]);
                rest = &rest[2..];
            } else if let Some(name) = placeholder(rest) {
                match self.values.get_key_value(name) {
                    Some((name, value)) => {
                        self.used.insert(name);
                        match value {
                            Value::String(text) => filled.push_str(text),
                            other => filled.push_str(&other.to_string()),
                        }
                    }
                    None => {
                        self.missing.insert(name.to_owned());
                    }
                }
                rest = &rest[name.len() + 2..];
            } else {
                filled.push_str(&rest[..1]);
                rest = &rest[1..];
            }
        }
        filled.push_str(rest);
        filled
    }

    /// What did not fit once every text is filled in: names without values, and values without names.
    pub fn mistakes(self) -> Vec<UserError> {
        let missing = self.missing.iter().map(|name| {
            let message = format!(
                "The prompt has `{{{name}}}`, and `variables` has no `{name}`: pass it, or write `{{{{{name}}}}}` for the text itself."
            );
            UserError::new(UserErrorCode::MissingVariable, ["variables"], message)
        });
        let unknown = self
            .values
            .keys()
            .filter(|name| !self.used.contains(name.as_str()));
        let unknown = unknown.map(|name| {
            let name: String = name.chars().take(LONGEST_NAME).collect();
            let message = format!(
                "No message has a placeholder `{{{name}}}`: leave the variable out, or use it."
            );
            UserError::new(UserErrorCode::UnknownVariable, ["variables"], message)
        });
        missing.chain(unknown).take(100).collect()
    }
}

/// The name between the brace that `text` begins with and the next one: letters, digits and `_`.
fn placeholder(text: &str) -> Option<&str> {
    let inside = text.strip_prefix('{')?;
    let (name, _) = inside.split_once('}')?;
    let mut characters = name.chars();
    let first = characters.next()?;
    let is_name = (first.is_alphabetic() || first == '_')
        && characters.all(|c| c.is_alphanumeric() || c == '_')
        && name.chars().count() <= LONGEST_NAME;
    is_name.then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn fill(text: &str, values: Value) -> Result<String, Vec<UserErrorCode>> {
        let values = values.as_object().unwrap();
        let mut template = Template::new(values);
        let filled = template.fill(text);
        let mistakes = template.mistakes();
        match mistakes.is_empty() {
            true => Ok(filled),
            false => Err(mistakes.into_iter().map(|error| error.code).collect()),
        }
    }

    #[test]
    fn names_are_filled_in_and_other_braces_stay() {
        for (text, values, filled) in [
            ("Hi {name}!", json!({"name": "Ann"}), "Hi Ann!"),
            ("{n} of {n}", json!({"n": 3}), "3 of 3"),
            ("{list}", json!({"list": [1, "a"]}), r#"[1,"a"]"#),
            ("{{name}} {{{n}}}", json!({"n": 1}), "{name} {1}"),
            (r#"{"a": {}} { x }"#, json!({}), r#"{"a": {} { x }"#),
            ("{nome_çã}", json!({"nome_çã": "ok"}), "ok"),
            ("{a}", json!({"a": "{b}"}), "{b}"),
            ("open { and {", json!({}), "open { and {"),
        ] {
            assert_eq!(fill(text, values).as_deref(), Ok(filled), "{text}");
        }
    }

    #[test]
    fn it_is_strict_both_ways() {
        use UserErrorCode::{MissingVariable, UnknownVariable};
        assert_eq!(
            fill("{a} {b} {b}", json!({"a": 1})),
            Err(vec![MissingVariable])
        );
        assert_eq!(
            fill("{a}", json!({"a": 1, "c": 2})),
            Err(vec![UnknownVariable])
        );
        let both = Err(vec![MissingVariable, UnknownVariable]);
        assert_eq!(fill("{A}", json!({"a": 1})), both);
    }

    proptest! {
        #[test]
        fn escaped_text_comes_back_as_it_was(text in "[a-z{}_ é]{0,40}") {
            let escaped = text.replace('{', "{{").replace('}', "}}");
            prop_assert_eq!(fill(&escaped, json!({})), Ok(text));
        }
    }
}
