//! Known devices: a signed cookie that says somebody has signed in to an account here before.
//!
//! It opens nothing. It gives the device's attempts at a password a budget of their own, so that an attacker
//! who uses up the account's does not lock its owner out (OWASP's device cookies).

use aws_lc_rs::hmac::{self, HMAC_SHA256, Key};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};

use crate::clock;
use crate::db::types::Timestamp;
use crate::error::Result;
use crate::id::UserId;

/// Seconds for which a device is known without signing in again: as long as browsers keep a cookie.
pub const KNOWN_FOR: i64 = 400 * 86_400;
/// What is signed begins with it, so that it can be taken for nothing else under the same secret.
const PURPOSE: &str = "pluma known device";

/// Makes the cookie's value for a device from which `user` has just signed in.
pub fn issue(secret: &SecretString, user: UserId, now: Timestamp) -> Result<String> {
    let device = URL_SAFE_NO_PAD.encode(clock::random_bytes::<16>()?);
    let shown = format!("{}.{device}", now.timestamp());
    let seal = hmac::sign(&key(secret), message(user, &shown).as_bytes());
    Ok(format!("{shown}.{}", URL_SAFE_NO_PAD.encode(seal)))
}

/// The device's id, where its cookie is ours, for this account, and not too old.
pub fn recognise<'a>(
    secret: &SecretString,
    user: UserId,
    cookie: &'a str,
    now: Timestamp,
) -> Option<&'a str> {
    let (shown, seal) = cookie.rsplit_once('.')?;
    let (issued, device) = shown.split_once('.')?;
    let seal = URL_SAFE_NO_PAD.decode(seal).ok()?;
    hmac::verify(&key(secret), message(user, shown).as_bytes(), &seal).ok()?;
    let age = now.timestamp().checked_sub(issued.parse().ok()?)?;
    (age <= KNOWN_FOR).then_some(device)
}

fn key(secret: &SecretString) -> Key {
    Key::new(HMAC_SHA256, secret.expose_secret().as_bytes())
}

fn message(user: UserId, shown: &str) -> String {
    format!("{PURPOSE}\0{user}\0{shown}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;

    #[test]
    fn a_device_is_known_to_the_account_that_signed_in_there_alone() {
        let secret = SecretString::from("a secret of at least thirty-two bytes");
        let (ann, bob) = (UserId::new(), UserId::new());
        let now = Clock::default().now();
        let cookie = issue(&secret, ann, now).unwrap();
        let device = recognise(&secret, ann, &cookie, now).unwrap();
        assert!(cookie.contains(device));
        assert_eq!(recognise(&secret, bob, &cookie, now), None);
        let other = SecretString::from("another secret of thirty-two bytes");
        assert_eq!(recognise(&other, ann, &cookie, now), None);
        let later = now.plus_seconds(KNOWN_FOR + 1);
        assert_eq!(recognise(&secret, ann, &cookie, later), None);
        let (shown, seal) = cookie.rsplit_once('.').unwrap();
        for forged in [
            format!("1{shown}.{seal}"),
            format!("{shown}.{}", &seal[..seal.len() - 4]),
            format!("{shown}."),
            String::new(),
            ".".repeat(5),
        ] {
            assert_eq!(recognise(&secret, ann, &forged, now), None, "{forged}");
        }
    }
}
