//! The manifest of trusted documents: what may run where the server is told to run nothing else.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::config::{Persisted, PersistedMode};
use crate::error::{Error, Result};

/// The documents of a manifest, by id and by text; cheap to clone.
#[derive(Clone)]
pub struct Trusted {
    documents: Arc<Documents>,
    mode: PersistedMode,
}

#[derive(Debug, Default)]
struct Documents {
    by_id: HashMap<String, Arc<str>>,
    /// SHA-256 of the texts.
    texts: std::collections::HashSet<[u8; 32]>,
}

/// Apollo's manifest.
#[derive(Deserialize)]
struct Manifest {
    format: String,
    version: u64,
    operations: Vec<Operation>,
}

#[derive(Deserialize)]
struct Operation {
    id: String,
    body: String,
}

impl Trusted {
    /// Reads the configured manifest; without one, no document is known.
    pub fn load(config: &Persisted) -> Result<Self> {
        let documents = match &config.manifest {
            Some(path) if config.mode != PersistedMode::Off => read(path).map_err(|problem| {
                Error::internal(format!(
                    "the manifest {} (PLUMA_PERSISTED_MANIFEST) {problem}",
                    path.display()
                ))
            })?,
            _ => Documents::default(),
        };
        if config.mode != PersistedMode::Off {
            let count = documents.by_id.len();
            tracing::info!(documents = count, mode = ?config.mode, "trusted documents are known");
        }
        Ok(Self {
            documents: Arc::new(documents),
            mode: config.mode,
        })
    }

    /// What becomes of other documents.
    pub fn mode(&self) -> PersistedMode {
        self.mode
    }

    /// The text of an id, with or without `sha256:` before it.
    pub fn find(&self, id: &str) -> Option<&str> {
        let by_id = &self.documents.by_id;
        let found = by_id
            .get(id)
            .or_else(|| by_id.get(id.strip_prefix("sha256:")?));
        found.map(|text| &**text)
    }

    /// Whether this very text is in the manifest.
    pub fn holds(&self, text: &str) -> bool {
        self.documents.texts.contains(&hash(text))
    }
}

fn hash(text: &str) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, text.as_bytes()).as_ref());
    hash
}

fn read(path: &Path) -> std::result::Result<Documents, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("cannot be read: {error}"))?;
    parse(&text)
}

fn parse(text: &str) -> std::result::Result<Documents, String> {
    let shapes = "it is Apollo's manifest (`{\"format\": \"apollo-persisted-query-manifest\", \"version\": 1, \
                  \"operations\": [...]}`) or an object of documents by their hash";
    let object: Map<String, Value> = serde_json::from_str(text)
        .map_err(|error| format!("is not a JSON object ({error}); {shapes}"))?;
    let is_apollo = object.get("format").is_some() && object.get("operations").is_some();
    let entries: Vec<(String, String)> = if is_apollo {
        let manifest: Manifest = serde_json::from_value(Value::Object(object))
            .map_err(|error| format!("is not as Apollo writes it ({error}); {shapes}"))?;
        if manifest.format != "apollo-persisted-query-manifest" || manifest.version != 1 {
            return Err(format!(
                "has the format {:?} in version {}; {shapes}",
                manifest.format, manifest.version
            ));
        }
        let operations = manifest.operations.into_iter();
        operations
            .map(|operation| (operation.id, operation.body))
            .collect()
    } else {
        let document = |(id, value)| match value {
            Value::String(text) => Ok((id, text)),
            _ => Err(format!(
                "holds something other than a text at {id:?}; {shapes}"
            )),
        };
        object
            .into_iter()
            .map(document)
            .collect::<std::result::Result<_, _>>()?
    };
    let mut documents = Documents::default();
    for (id, text) in entries {
        if let Err(error) = async_graphql::parser::parse_query(&text) {
            return Err(format!(
                "holds no GraphQL at {id:?} ({error}): generate it again"
            ));
        }
        documents.texts.insert(hash(&text));
        let text: Arc<str> = text.into();
        if let Some(other) = documents.by_id.insert(id.clone(), Arc::clone(&text))
            && other != text
        {
            return Err(format!(
                "holds two documents with the id {id:?}: generate it again"
            ));
        }
    }
    if documents.by_id.is_empty() {
        return Err("holds no document: generate it from the application's operations".to_owned());
    }
    Ok(documents)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_formats_are_known_by_their_shape() {
        let apollo = r#"{"format":"apollo-persisted-query-manifest","version":1,"operations":[
            {"id":"abc","name":"A","type":"query","body":"query A { a }"}]}"#;
        let codegen = r#"{"abc": "query A { a }"}"#;
        for text in [apollo, codegen] {
            let documents = parse(text).unwrap();
            assert_eq!(documents.by_id["abc"].as_ref(), "query A { a }");
            assert!(documents.texts.contains(&hash("query A { a }")));
        }
    }

    #[test]
    fn a_bad_manifest_says_what_to_change() {
        for (text, says) in [
            ("[]", "not a JSON object"),
            ("{}", "no document"),
            (r#"{"a": 1}"#, "something other than a text at \"a\""),
            (r#"{"a": "query {"}"#, "no GraphQL at \"a\""),
            (
                r#"{"format":"x","version":1,"operations":[]}"#,
                "has the format \"x\"",
            ),
            (
                r#"{"format":"apollo-persisted-query-manifest","version":1,"operations":[{"id":"a"}]}"#,
                "missing field `body`",
            ),
            (
                r#"{"format":"apollo-persisted-query-manifest","version":1,"operations":[
                {"id":"a","body":"{ a }"},{"id":"a","body":"{ b }"}]}"#,
                "two documents with the id \"a\"",
            ),
        ] {
            let problem = parse(text).unwrap_err();
            assert!(problem.contains(says), "{text}: {problem}");
        }
    }
}
