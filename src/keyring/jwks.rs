//! The public keys as others read them: a JSON Web Key Set (RFC 7517, RFC 8037).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;

use super::{Keyring, RELOAD};

/// A JSON Web Key Set.
#[derive(Debug, Serialize)]
pub struct PublicKeys {
    /// Every key that is good, also one that does not sign yet.
    pub keys: Vec<PublicKey>,
}

/// One public key.
#[derive(Debug, Serialize)]
pub struct PublicKey {
    /// What tokens name it by.
    pub kid: String,
    /// Octet key pair.
    pub kty: &'static str,
    /// The curve.
    pub crv: &'static str,
    /// The key itself, base64url.
    pub x: String,
    /// For signatures.
    #[serde(rename = "use")]
    pub usage: &'static str,
    /// The algorithm of those.
    pub alg: &'static str,
}

impl Keyring {
    /// The keys with which tokens of this server are checked.
    pub async fn public_keys(&self) -> PublicKeys {
        let now = self.0.clock.now();
        let loaded = self.keys(RELOAD).await;
        let good = loaded.keys.iter().filter(|key| key.is_good(now));
        let keys = good.map(|key| PublicKey {
            kid: key.kid.clone(),
            kty: "OKP",
            crv: "Ed25519",
            x: URL_SAFE_NO_PAD.encode(&key.public),
            usage: "sig",
            alg: "EdDSA",
        });
        PublicKeys {
            keys: keys.collect(),
        }
    }
}
