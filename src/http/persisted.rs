//! Persisted queries: a client sends a hash or an id, and the text only when it is asked to, or never where a
//! manifest of trusted documents has it.

use super::request::DOCUMENT_ID;
use super::response::coded;
use crate::config::PersistedMode;
use crate::graphql::trusted::Trusted;
use async_graphql::{Request, ServerError, Value};
use aws_lc_rs::digest;
use std::sync::Arc;

/// All remembered texts together, in bytes.
const CAPACITY: u64 = 32 * 1024 * 1024;
const HASH_BYTES: usize = 32;

/// The texts that are known by their hash: those of the manifest, and those that clients have registered here.
/// Each replica has its own of these, and a client registers again where its text is not known.
#[derive(Clone)]
pub struct PersistedQueries {
    registered: moka::sync::Cache<[u8; HASH_BYTES], Arc<str>>,
    trusted: Trusted,
}

/// A hash and its text.
type Registration = ([u8; HASH_BYTES], Arc<str>);

/// What became of a request's text.
#[derive(Default)]
pub struct Resolved {
    /// Its hash was checked; worth remembering once it parses.
    register: Option<Registration>,
    /// It is not in the manifest, and that is to be told.
    untrusted: bool,
}

impl PersistedQueries {
    /// Knows the manifest's documents, and no other yet.
    pub fn new(trusted: Trusted) -> Self {
        let weigh = |_: &[u8; HASH_BYTES], text: &Arc<str>| {
            u32::try_from(text.len() + HASH_BYTES + 64).unwrap_or(u32::MAX)
        };
        let registered = moka::sync::Cache::builder()
            .max_capacity(CAPACITY)
            .weigher(weigh)
            .build();
        Self {
            registered,
            trusted,
        }
    }

    /// Fills in the text of a request that carries only an id or a hash, checks the hash of one that
    /// carries both, and refuses what is not trusted where nothing else may run.
    pub fn resolve(&self, request: &mut Request) -> Result<Resolved, ServerError> {
        let id = request.extensions.remove(DOCUMENT_ID);
        let extension = request.extensions.remove("persistedQuery");
        let enforced = self.trusted.mode() == PersistedMode::Enforce;
        if request.query.is_empty() {
            let hash = match (&id, &extension) {
                (Some(Value::String(id)), _) => Some(id),
                (_, Some(Value::Object(fields))) => match fields.get("sha256Hash") {
                    Some(Value::String(hash)) => Some(hash),
                    _ => None,
                },
                _ => None,
            };
            if let Some(text) = hash.and_then(|hash| self.trusted.find(hash)) {
                request.query = text.to_owned();
                return Ok(Resolved::default());
            }
        }
        if enforced {
            if self.trusted.holds(&request.query) {
                return Ok(Resolved::default());
            }
            return Err(coded(
                "PERSISTED_QUERY_NOT_IN_LIST",
                "This server runs only the operations that were registered with it beforehand.",
            ));
        }
        let register = match (extension, id) {
            (Some(extension), _) => self.by_hash(request, read(&extension)?)?,
            (None, Some(id)) if request.query.is_empty() => {
                let hash = match &id {
                    Value::String(id) => id.strip_prefix("sha256:"),
                    _ => None,
                };
                let hash = hash.and_then(read_hash).ok_or_else(unknown)?;
                self.by_hash(request, hash)?
            }
            (None, _) => None,
        };
        let untrusted =
            self.trusted.mode() == PersistedMode::Log && !self.trusted.holds(&request.query);
        Ok(Resolved {
            register,
            untrusted,
        })
    }

    fn by_hash(
        &self,
        request: &mut Request,
        hash: [u8; HASH_BYTES],
    ) -> Result<Option<Registration>, ServerError> {
        if request.query.is_empty() {
            let text = self.registered.get(&hash).ok_or_else(unknown)?;
            request.query = text.as_ref().to_owned();
            return Ok(None);
        }
        let actual = digest::digest(&digest::SHA256, request.query.as_bytes());
        if actual.as_ref() != hash {
            return Err(coded(
                "PERSISTED_QUERY_MISMATCH",
                "The hash is not that of the query.",
            ));
        }
        Ok(Some((hash, request.query.as_str().into())))
    }

    /// Remembers a text that was found to be GraphQL, and tells of one that is not trusted.
    pub fn remember(&self, resolved: Resolved, text: &str, operation: Option<&str>) {
        if let Some((hash, text)) = resolved.register {
            self.registered.insert(hash, text);
        }
        if resolved.untrusted {
            metrics::counter!("pluma_graphql_untrusted_total").increment(1);
            let hash = hex::encode(digest::digest(&digest::SHA256, text.as_bytes()));
            tracing::warn!(operation, hash, "an operation is not in the manifest");
        }
    }
}

fn unknown() -> ServerError {
    coded("PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound")
}

fn read_hash(text: &str) -> Option<[u8; HASH_BYTES]> {
    let mut hash = [0; HASH_BYTES];
    hex::decode_to_slice(text, &mut hash).ok().map(|()| hash)
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
    let hash = match fields.get("sha256Hash") {
        Some(Value::String(text)) => read_hash(text),
        _ => None,
    };
    hash.ok_or_else(|| {
        coded(
            "BAD_USER_INPUT",
            "`sha256Hash` is a SHA-256 hash in 64 hexadecimal digits.",
        )
    })
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

    fn queries() -> PersistedQueries {
        let config = crate::config::Config::load_from(&|_| None, None).unwrap();
        PersistedQueries::new(Trusted::load(&config.persisted).unwrap())
    }

    fn hash_of(text: &str) -> String {
        hex::encode(digest::digest(&digest::SHA256, text.as_bytes()))
    }

    #[test]
    fn a_text_is_asked_for_once() {
        let queries = queries();
        let hash = hash_of("{ a }");
        let unknown = queries.resolve(&mut request("", &hash, 1)).err().unwrap();
        assert_eq!(code(&unknown), Some("PERSISTED_QUERY_NOT_FOUND"));
        let registration = queries
            .resolve(&mut request("{ a }", &hash, 1))
            .ok()
            .unwrap();
        queries.remember(registration, "{ a }", None);
        let mut known = request("", &hash, 1);
        assert!(queries.resolve(&mut known).is_ok());
        assert_eq!(known.query, "{ a }");
    }

    #[test]
    fn a_wrong_hash_is_refused() {
        let queries = queries();
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
