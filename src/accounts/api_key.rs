//! API keys: secrets by which programs act in an account's name, within scopes.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use diesel::{Insertable, Queryable, Selectable};

use crate::clock;
use crate::db::types::Timestamp;
use crate::error::Result;
use crate::id::{ApiKeyId, UserId};
use crate::viewer::{KeyUse, Scopes};

/// What every key begins with, so that scanners for leaked secrets know them.
const MARK: &str = "pluma_sk_";
/// 256 bits in base64url.
const RANDOM_LENGTH: usize = 43;
/// How many characters of the random part are shown; the 220 bits behind them are no less unguessable.
const SHOWN: usize = 6;

/// A key, without its secret.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = crate::db::schema::api_keys)]
pub struct ApiKey {
    /// Its id, which is no secret.
    pub id: ApiKeyId,
    /// In whose name it acts.
    pub user_id: UserId,
    /// What its owner calls it.
    pub name: String,
    /// Its first characters.
    pub prefix: String,
    /// What it may be used for.
    pub scopes: Scopes,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last used, give or take a minute.
    pub last_used_at: Option<Timestamp>,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

impl ApiKey {
    /// The key at work with all its scopes.
    pub fn at_work(&self) -> KeyUse {
        KeyUse {
            id: self.id,
            prefix: self.prefix.clone(),
            scopes: self.scopes,
            until: None,
        }
    }
}

/// A secret that was just made.
pub struct Secret {
    /// What the owner gets to see once.
    pub text: String,
    /// What they recognise it by afterwards.
    pub prefix: String,
    /// SHA-256 of it; enough, as it is random.
    pub hash: Vec<u8>,
}

/// Makes a secret.
pub fn secret() -> Result<Secret> {
    let random = URL_SAFE_NO_PAD.encode(clock::random_bytes::<32>()?);
    let text = format!("{MARK}{random}");
    Ok(Secret {
        prefix: text.chars().take(MARK.len() + SHOWN).collect(),
        hash: hash(&text),
        text,
    })
}

/// Whether a text says that it is a key.
pub fn is_marked(text: &str) -> bool {
    text.starts_with(MARK)
}

/// What the database would know a key by; `None` where the text cannot be one.
pub fn hash_of(text: &str) -> Option<Vec<u8>> {
    let random = text.strip_prefix(MARK)?;
    (random.len() == RANDOM_LENGTH).then(|| hash(text))
}

fn hash(text: &str) -> Vec<u8> {
    digest(&SHA256, text.as_bytes()).as_ref().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_differ_show_their_beginning_and_are_known_by_their_hash() {
        let (one, other) = (secret().unwrap(), secret().unwrap());
        assert_ne!(one.text, other.text);
        assert!(one.text.starts_with(&one.prefix) && one.prefix.len() == 15);
        assert_eq!(hash_of(&one.text), Some(one.hash));
        assert_ne!(hash_of(&other.text), hash_of(&one.text));
    }

    #[test]
    fn what_cannot_be_a_key_has_no_hash() {
        for text in ["", "pluma_sk_", "pluma_sk_short", "pluma_rt_", "é"] {
            assert_eq!(hash_of(text), None, "{text}");
        }
    }
}
