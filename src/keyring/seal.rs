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

/// A key for one purpose, from which neither the secret nor any other purpose's key can be found.
pub fn derived_key(secret: &SecretString, purpose: &str) -> Result<[u8; 32]> {
    let mut bytes = [0_u8; 32];
    Salt::new(HKDF_SHA256, b"pluma")
        .extract(secret.expose_secret().as_bytes())
        .expand(&[purpose.as_bytes()], KeyLength)
        .and_then(|output| output.fill(&mut bytes))
        .map_err(Error::caused_by)?;
    Ok(bytes)
}

fn key(secret: &SecretString) -> Result<RandomizedNonceKey> {
    let bytes = derived_key(secret, "signing keys")?;
    RandomizedNonceKey::new(&AES_256_GCM, &bytes).map_err(Error::caused_by)
}

/// Encrypts `plain`; the nonce stands before the ciphertext.
pub fn seal(secret: &SecretString, plain: &[u8]) -> Result<Vec<u8>> {
    let mut buffer = plain.to_vec();
    let nonce = key(secret)?
        .seal_in_place_append_tag(Aad::empty(), &mut buffer)
        .map_err(Error::caused_by)?;
    let mut sealed = nonce.as_ref().to_vec();
    sealed.append(&mut buffer);
    Ok(sealed)
}

/// Decrypts what [`seal`] gave; fails where the secret is another one.
pub fn open(secret: &SecretString, sealed: &[u8]) -> Result<Vec<u8>> {
    let wrong = || {
        Error::internal(
            "the signing keys in the database were sealed under another secret: \
             set PLUMA_SECRET to the one they were made with",
        )
    };
    let (nonce, cipher) = sealed.split_at_checked(NONCE_LEN).ok_or_else(wrong)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| wrong())?;
    let mut buffer = cipher.to_vec();
    let plain = key(secret)?
        .open_in_place(nonce, Aad::empty(), &mut buffer)
        .map_err(|_| wrong())?;
    Ok(plain.to_vec())
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
    }
}
