//! Automatic persisted queries: a client sends a hash, and the text only when it is asked to.

use super::response::coded;
use async_graphql::{Request, ServerError, Value};
use aws_lc_rs::digest;
use std::sync::Arc;

/// All remembered texts together, in bytes.
const CAPACITY: u64 = 32 * 1024 * 1024;
const HASH_BYTES: usize = 32;

/// The texts that clients have registered here; each replica has its own, and a client
/// registers again where its text is not known.
#[derive(Clone)]
pub struct PersistedQueries(moka::sync::Cache<[u8; HASH_BYTES], Arc<str>>);

/// A text whose hash was checked and which is worth remembering once it parses.
pub struct Registration(Option<([u8; HASH_BYTES], Arc<str>)>);

impl Default for PersistedQueries {
    fn default() -> Self {
        let weigh = |_: &[u8; HASH_BYTES], text: &Arc<str>| {
            u32::try_from(text.len() + HASH_BYTES + 64).unwrap_or(u32::MAX)
        };
        Self(
            moka::sync::Cache::builder()
                .max_capacity(CAPACITY)
                .weigher(weigh)
                .build(),
        )
    }
}

impl PersistedQueries {
    /// Fills in the text of a request that carries only a hash, and checks the hash of one
    /// that carries both.
    pub fn resolve(&self, request: &mut Request) -> Result<Registration, ServerError> {
        let Some(extension) = request.extensions.remove("persistedQuery") else {
            return Ok(Registration(None));
        };
        let hash = read(&extension)?;
        if request.query.is_empty() {
            let Some(text) = self.0.get(&hash) else {
                return Err(coded("PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound"));
            };
            request.query = text.as_ref().to_owned();
            return Ok(Registration(None));
        }
        let actual = digest::digest(&digest::SHA256, request.query.as_bytes());
        if actual.as_ref() != hash {
            return Err(coded(
                "PERSISTED_QUERY_MISMATCH",
                "The hash is not that of the query.",
            ));
        }
        Ok(Registration(Some((hash, request.query.as_str().into()))))
    }

    /// Remembers a text, after it was found to be GraphQL.
    pub fn remember(&self, registration: Registration) {
        if let Registration(Some((hash, text))) = registration {
            self.0.insert(hash, text);
        }
    }
}

fn read(extension: &Value) -> Result<[u8; HASH_BYTES], ServerError> {
    let Value::Object(fields) = extension else {
        return Err(coded(
            "BAD_USER_INPUT",
            "`extensions.persistedQuery` is an object.",
        ));
    };
    let version = match fields.get("version") {
        Some(Value::Number(version)) => version.as_u64(),
        _ => None,
    };
    if version != Some(1) {
        return Err(coded(
            "PERSISTED_QUERY_NOT_SUPPORTED",
            "PersistedQueryNotSupported",
        ));
    }
    let mut hash = [0; HASH_BYTES];
    match fields.get("sha256Hash") {
        Some(Value::String(text)) if hex::decode_to_slice(text, &mut hash).is_ok() => Ok(hash),
        _ => Err(coded(
            "BAD_USER_INPUT",
            "`sha256Hash` is a SHA-256 hash in 64 hexadecimal digits.",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::super::response::code;
    use super::*;

    fn request(query: &str, hash: &str, version: i32) -> Request {
        let mut request = Request::new(query);
        let extension = async_graphql::value!({ "version": version, "sha256Hash": hash });
        request
            .extensions
            .insert("persistedQuery".to_owned(), extension);
        request
    }

    fn hash_of(text: &str) -> String {
        hex::encode(digest::digest(&digest::SHA256, text.as_bytes()))
    }

    #[test]
    fn a_text_is_asked_for_once() {
        let queries = PersistedQueries::default();
        let hash = hash_of("{ a }");
        let unknown = queries.resolve(&mut request("", &hash, 1)).err().unwrap();
        assert_eq!(code(&unknown), Some("PERSISTED_QUERY_NOT_FOUND"));
        let registration = queries
            .resolve(&mut request("{ a }", &hash, 1))
            .ok()
            .unwrap();
        queries.remember(registration);
        let mut known = request("", &hash, 1);
        assert!(queries.resolve(&mut known).is_ok());
        assert_eq!(known.query, "{ a }");
    }

    #[test]
    fn a_wrong_hash_is_refused() {
        let queries = PersistedQueries::default();
        let error =
            |mut request| code(&queries.resolve(&mut request).err().unwrap()).map(str::to_owned);
        let other = request("{ b }", &hash_of("{ a }"), 1);
        assert_eq!(error(other).as_deref(), Some("PERSISTED_QUERY_MISMATCH"));
        assert_eq!(
            error(request("", "abc", 1)).as_deref(),
            Some("BAD_USER_INPUT")
        );
        let version = request("", &hash_of("{ a }"), 2);
        assert_eq!(
            error(version).as_deref(),
            Some("PERSISTED_QUERY_NOT_SUPPORTED")
        );
    }
}
