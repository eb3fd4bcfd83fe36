//! Authenticated encryption of small secrets under the configured one: HKDF-SHA-256, then AES-256-GCM.

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use secrecy::{ExposeSecret, SecretString};

use crate::error::{Error, Result};

struct KeyLength;

impl KeyType for KeyLength {
    fn len(&self) -> usize {
        32
    }
}

/// What signing keys are sealed for.
const SIGNING_KEYS: &[u8] = b"signing keys";

/// Each purpose has a key of its own: what was sealed for one opens for no other.
fn key(secret: &SecretString, purpose: &[u8]) -> Result<RandomizedNonceKey> {
    let mut bytes = [0_u8; 32];
    Salt::new(HKDF_SHA256, b"pluma")
        .extract(secret.expose_secret().as_bytes())
        .expand(&[purpose], KeyLength)
        .and_then(|output| output.fill(&mut bytes))
        .map_err(Error::caused_by)?;
    RandomizedNonceKey::new(&AES_256_GCM, &bytes).map_err(Error::caused_by)
}

/// Encrypts `plain`; the nonce stands before the ciphertext.
pub fn seal(secret: &SecretString, plain: &[u8]) -> Result<Vec<u8>> {
    seal_for(SIGNING_KEYS, secret, plain)
}

/// Decrypts what [`seal`] gave; fails where the secret is another one.
pub fn open(secret: &SecretString, sealed: &[u8]) -> Result<Vec<u8>> {
    open_for(SIGNING_KEYS, secret, sealed).ok_or_else(|| {
        Error::internal(
            "the signing keys in the database were sealed under another secret: \
             set PLUMA_SECRET to the one they were made with",
        )
    })
}

/// Encrypts `plain` for a purpose; the nonce stands before the ciphertext.
pub fn seal_for(purpose: &[u8], secret: &SecretString, plain: &[u8]) -> Result<Vec<u8>> {
    let mut buffer = plain.to_vec();
    let nonce = key(secret, purpose)?
        .seal_in_place_append_tag(Aad::empty(), &mut buffer)
        .map_err(Error::caused_by)?;
    let mut sealed = nonce.as_ref().to_vec();
    sealed.append(&mut buffer);
    Ok(sealed)
}

/// Decrypts what [`seal_for`] gave; `None` where the purpose or the secret is another one, or it was changed.
pub fn open_for(purpose: &[u8], secret: &SecretString, sealed: &[u8]) -> Option<Vec<u8>> {
    let (nonce, cipher) = sealed.split_at_checked(NONCE_LEN)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let mut buffer = cipher.to_vec();
    let opened = key(secret, purpose).ok()?;
    let plain = opened
        .open_in_place(nonce, Aad::empty(), &mut buffer)
        .ok()?;
    Some(plain.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sealed_opens_under_the_same_secret_alone() {
        let secret = SecretString::from("a secret of at least thirty-two bytes");
        let sealed = seal(&secret, b"private").unwrap();
        assert_eq!(open(&secret, &sealed).unwrap(), b"private");
        assert!(open(&SecretString::from("another"), &sealed).is_err());
        let mut changed = sealed.clone();
        *changed.last_mut().unwrap() ^= 1;
        assert!(open(&secret, &changed).is_err());
        assert!(open(&secret, &[1, 2, 3]).is_err());
        let mailed = seal_for(b"mail", &secret, b"private").unwrap();
        assert!(open(&secret, &mailed).is_err());
        assert_eq!(open_for(b"mail", &secret, &mailed).unwrap(), b"private");
    }
}
