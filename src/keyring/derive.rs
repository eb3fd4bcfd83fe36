//! Keys for single purposes, derived from the configured secret: HKDF-SHA-256.

use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use secrecy::{ExposeSecret, SecretString};

use crate::error::{Error, Result};

struct KeyLength;

impl KeyType for KeyLength {
    fn len(&self) -> usize {
        32
    }
}

/// The key of `purpose`: 32 bytes that tell nothing about the secret or the keys of other purposes.
pub fn key(secret: &SecretString, purpose: &[u8]) -> Result<[u8; 32]> {
    let mut bytes = [0_u8; 32];
    Salt::new(HKDF_SHA256, b"pluma")
        .extract(secret.expose_secret().as_bytes())
        .expand(&[purpose], KeyLength)
        .and_then(|output| output.fill(&mut bytes))
        .map_err(Error::caused_by)?;
    Ok(bytes)
}
