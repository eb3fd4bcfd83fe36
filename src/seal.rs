//! Keys derived from the configured secret: HKDF-SHA-256, then AES-256-GCM to encrypt or HMAC-SHA-256 to name.

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use aws_lc_rs::hmac;
use secrecy::{ExposeSecret, SecretString};

use crate::error::{Error, Result};

const LENGTH: usize = 32;

struct KeyLength;

impl KeyType for KeyLength {
    fn len(&self) -> usize {
        LENGTH
    }
}

/// A key for one purpose.
#[derive(Clone)]
pub struct Key([u8; LENGTH]);

impl Key {
    /// The key of `purpose` under `secret`; purposes share nothing.
    pub fn derive(secret: &SecretString, purpose: &[&[u8]]) -> Result<Self> {
        let mut bytes = [0_u8; LENGTH];
        Salt::new(HKDF_SHA256, b"pluma")
            .extract(secret.expose_secret().as_bytes())
            .expand(purpose, KeyLength)
            .and_then(|output| output.fill(&mut bytes))
            .map_err(Error::caused_by)?;
        Ok(Self(bytes))
    }

    /// Encrypts `plain`; the nonce stands before the ciphertext.
    pub fn seal(&self, plain: &[u8]) -> Result<Vec<u8>> {
        let mut buffer = plain.to_vec();
        let nonce = self
            .cipher()?
            .seal_in_place_append_tag(Aad::empty(), &mut buffer)
            .map_err(Error::caused_by)?;
        let mut sealed = nonce.as_ref().to_vec();
        sealed.append(&mut buffer);
        Ok(sealed)
    }

    /// Decrypts what [`Self::seal`] gave; `None` where the key is another one or a bit was changed.
    pub fn open(&self, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, cipher) = sealed.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut buffer = cipher.to_vec();
        let plain = self.cipher().ok()?;
        let plain = plain.open_in_place(nonce, Aad::empty(), &mut buffer).ok()?;
        Some(plain.to_vec())
    }

    /// A keyed hash of `parts`, each with its length.
    pub fn name(&self, parts: &[&[u8]]) -> Vec<u8> {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.0);
        let mut context = hmac::Context::with_key(&key);
        for part in parts {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        context.sign().as_ref().to_vec()
    }

    fn cipher(&self) -> Result<RandomizedNonceKey> {
        RandomizedNonceKey::new(&AES_256_GCM, &self.0).map_err(Error::caused_by)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(secret: &str, purpose: &[u8]) -> Key {
        Key::derive(&SecretString::from(secret), &[purpose]).unwrap()
    }

    #[test]
    fn what_was_sealed_opens_under_the_same_secret_and_purpose_alone() {
        let secret = "a secret of at least thirty-two bytes";
        let mine = key(secret, b"one");
        let sealed = mine.seal(b"private").unwrap();
        assert_eq!(mine.open(&sealed).unwrap(), b"private");
        assert!(key("another", b"one").open(&sealed).is_none());
        assert!(key(secret, b"two").open(&sealed).is_none());
        let mut changed = sealed.clone();
        *changed.last_mut().unwrap() ^= 1;
        assert!(mine.open(&changed).is_none());
        assert!(mine.open(&[1, 2, 3]).is_none());
    }

    #[test]
    fn parts_do_not_run_into_each_other() {
        let key = key("a secret of at least thirty-two bytes", b"one");
        assert_eq!(key.name(&[b"ab", b"c"]), key.name(&[b"ab", b"c"]));
        assert_ne!(key.name(&[b"ab", b"c"]), key.name(&[b"a", b"bc"]));
    }
}
