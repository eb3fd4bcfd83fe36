//! The two tokens of a session: a signed one for requests, short-lived, and a random one to get the next pair
//! with; the signed one that a program gets for its API key; and the random ones that are mailed.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::DateTime;
use serde::{Deserialize, Serialize};

use super::email::Purpose;
use crate::app::App;
use crate::clock;
use crate::db::types::Timestamp;
use crate::error::{Error, Result};
use crate::id::{ApiKeyId, SessionId, UserId};
use crate::viewer::Scopes;

/// What refresh tokens begin with, so that scanners for leaked secrets know them.
const REFRESH_PREFIX: &str = "pluma_rt_";

/// How far ahead of this server's clock the one may be that dated a token.
const LEEWAY_SECONDS: i64 = 60;

/// What an access token says (RFC 7519, RFC 9068).
#[derive(Debug, Serialize, Deserialize)]
pub struct Claims {
    /// Who gave it out.
    pub iss: String,
    /// Whom it is for.
    pub aud: String,
    /// Whose it is.
    pub sub: UserId,
    /// What it stands for.
    #[serde(flatten)]
    pub bearer: Bearer,
    /// When it was given out, in seconds since 1970.
    pub iat: i64,
    /// When it ends, in seconds since 1970.
    pub exp: i64,
    /// Its own id.
    pub jti: String,
}

/// What an access token stands for.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Bearer {
    /// A session.
    Session {
        /// Which one.
        sid: SessionId,
    },
    /// An API key.
    Key {
        /// Which one.
        client_id: ApiKeyId,
        /// For what, as names with spaces between them.
        scope: String,
    },
}

/// A signed access token and when it ends.
pub struct Access {
    /// The JSON Web Token.
    pub token: String,
    /// As in its `exp`.
    pub expires_at: Timestamp,
}

/// A new random token and what the database keeps of it.
pub struct Random {
    /// What the client, or the mail, gets.
    pub token: String,
    /// SHA-256 of it; enough, as the token is random.
    pub hash: Vec<u8>,
}

/// Signs an access token of a session.
pub async fn access(app: &App, user: UserId, sid: SessionId, now: Timestamp) -> Result<Access> {
    sign(app, user, Bearer::Session { sid }, now).await
}

/// Signs an access token of an API key, for `scopes` of it.
pub async fn access_for_key(
    app: &App,
    user: UserId,
    client_id: ApiKeyId,
    scopes: Scopes,
    now: Timestamp,
) -> Result<Access> {
    let scope = scopes.to_string();
    sign(app, user, Bearer::Key { client_id, scope }, now).await
}

async fn sign(app: &App, user: UserId, bearer: Bearer, now: Timestamp) -> Result<Access> {
    let ttl = i64::try_from(app.config.accounts.access_ttl.as_secs()).unwrap_or(i64::MAX);
    let issued = now.timestamp();
    let expires = issued.saturating_add(ttl);
    let claims = Claims {
        iss: app.keyring.issuer().to_owned(),
        aud: app.keyring.audience().to_owned(),
        sub: user,
        bearer,
        iat: issued,
        exp: expires,
        jti: clock::new_uuid().to_string(),
    };
    let token = app.keyring.sign(&claims).await?;
    let expires_at = DateTime::from_timestamp(expires, 0)
        .map(Timestamp)
        .ok_or_else(|| Error::internal("an access token would expire beyond the calendar"))?;
    Ok(Access { token, expires_at })
}

/// Reads an access token; `None` where it is not ours, was changed, has expired, or is not valid yet.
pub async fn read_access(app: &App, token: &str) -> Option<Claims> {
    let now = app.clock.now().timestamp();
    let claims = app.keyring.verify::<Claims>(token).await?;
    (claims.exp > now && claims.iat <= now.saturating_add(LEEWAY_SECONDS)).then_some(claims)
}

/// Makes a refresh token.
pub fn refresh() -> Result<Random> {
    random(REFRESH_PREFIX)
}

/// What the database would know a refresh token by; `None` where it cannot be one.
pub fn refresh_hash(token: &str) -> Option<Vec<u8>> {
    hash(REFRESH_PREFIX, token)
}

/// Makes a token that is mailed.
pub fn mailed(purpose: Purpose) -> Result<Random> {
    random(mailed_prefix(purpose))
}

/// What the database would know a mailed token by; `None` where it cannot be one for that purpose.
pub fn mailed_hash(purpose: Purpose, token: &str) -> Option<Vec<u8>> {
    hash(mailed_prefix(purpose), token.trim())
}

fn mailed_prefix(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::VerifyEmail => "pluma_ve_",
        Purpose::ResetPassword => "pluma_rp_",
    }
}

/// 256 bits behind a prefix.
fn random(prefix: &str) -> Result<Random> {
    let random = clock::random_bytes::<32>()?;
    let token = format!("{prefix}{}", URL_SAFE_NO_PAD.encode(random));
    let hash = sha256(&token);
    Ok(Random { token, hash })
}

fn hash(prefix: &str, token: &str) -> Option<Vec<u8>> {
    let random = token.strip_prefix(prefix)?;
    (random.len() == 43).then(|| sha256(token))
}

fn sha256(text: &str) -> Vec<u8> {
    digest(&SHA256, text.as_bytes()).as_ref().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refresh_tokens_differ_and_are_known_by_their_hash() {
        let one = refresh().unwrap();
        let other = refresh().unwrap();
        assert_ne!(one.token, other.token);
        assert_eq!(refresh_hash(&one.token), Some(one.hash));
        assert_ne!(refresh_hash(&other.token), refresh_hash(&one.token));
    }

    #[test]
    fn what_cannot_be_a_refresh_token_has_no_hash() {
        for text in [
            "",
            "pluma_rt_",
            "pluma_rt_short",
            "eyJhbGciOiJFZERTQSJ9.e30.x",
        ] {
            assert_eq!(refresh_hash(text), None, "{text}");
        }
    }
}
