//! Signing keys under the configured secret.

use secrecy::SecretString;

use crate::error::{Error, Result};
use crate::seal::Key;

fn key(secret: &SecretString) -> Result<Key> {
    Key::derive(secret, &[b"signing keys"])
}

/// Encrypts a private key.
pub fn seal(secret: &SecretString, plain: &[u8]) -> Result<Vec<u8>> {
    key(secret)?.seal(plain)
}

/// Decrypts what [`seal`] gave; fails where the secret is another one.
pub fn open(secret: &SecretString, sealed: &[u8]) -> Result<Vec<u8>> {
    key(secret)?.open(sealed).ok_or_else(|| {
        Error::internal(
            "the signing keys in the database were sealed under another secret: \
             set PLUMA_SECRET to the one they were made with",
        )
    })
}
