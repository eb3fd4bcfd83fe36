//! Passwords: which ones are taken, and their Argon2id hashes, a bounded number at a time.
//!
//! A password is normalised to NFC (as RFC 8265 has it), so that it is the same one from every keyboard
//! and system, and is otherwise kept exactly: neither trimmed nor folded.

use std::sync::Arc;
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use unicode_normalization::UnicodeNormalization;

use crate::app::App;
use crate::error::{Code, Error, Result, UserErrorCode};
use crate::validate::{Checks, fold};

/// Characters of the shortest password.
const MIN: usize = 10;
/// Characters of the longest password.
const MAX: usize = 200;
/// How long a request waits for its turn to hash.
const WAIT: Duration = Duration::from_secs(5);

/// KiB of memory; with the two below the second choice of OWASP's password storage cheat sheet.
const MEMORY: u32 = 19_456;
/// Passes over the memory.
const PASSES: u32 = 2;
/// Lanes.
const LANES: u32 = 1;

/// A hash of nothing, with the parameters above: checked where there is no account, so that the time an
/// answer takes does not tell whether there is one.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// The commonest passwords that are long enough, folded.
const COMMON: &[&str] = &[
    "0123456789",
    "0987654321",
    "1122334455",
    "1212121212",
    "123123123123",
    "1234512345",
    "12345678900",
    "1234567890",
    "12345678901",
    "123456789012",
    "1234567891",
    "12345678910",
    "123456789a",
    "123456789q",
    "123456abcd",
    "147258369a",
    "1q2w3e4r5t",
    "1q2w3e4r5t6y",
    "1qaz2wsx3edc",
    "9876543210",
    "a123456789",
    "a1b2c3d4e5",
    "abc1234567",
    "abcd123456",
    "abcdefghij",
    "adminadmin",
    "administrator",
    "admin12345",
    "asdfasdfasdf",
    "asdfghjkl1",
    "asdfghjkl;",
    "basketball",
    "changeme123",
    "correcthorsebatterystaple",
    "football123",
    "iloveyou123",
    "letmein123",
    "manchester",
    "minecraft1",
    "pa55word123",
    "passw0rd123",
    "password01",
    "password11",
    "password12",
    "password123",
    "password1234",
    "password12345",
    "password123456",
    "passwordpassword",
    "princess123",
    "q1w2e3r4t5",
    "q1w2e3r4t5y6",
    "qazwsxedcrfv",
    "qwerty1234",
    "qwerty12345",
    "qwerty123456",
    "qwertyuiop",
    "qwertyuiop123",
    "qwertyuiop[]",
    "superman123",
    "testtest123",
    "welcome123",
    "zaq12wsxcde3",
    "zxcvbnm123",
    "zxcvbnmasdfghjkl",
];

/// What checking a password found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is another one, or there is none.
    Wrong,
    /// It is the one.
    Right,
    /// It is the one, and its hash should be made anew with today's parameters.
    Outdated,
}

/// A new password: 10–200 characters, none of `names`, none of the commonest.
pub fn check<const N: usize>(
    checks: &mut Checks,
    path: [&str; N],
    password: &str,
    names: &[&str],
) -> String {
    let password: String = password.nfc().collect();
    let length = password.chars().count();
    if password.is_empty() {
        checks.add(UserErrorCode::Blank, path, "A password is needed.");
    } else if length < MIN {
        checks.add(
            UserErrorCode::TooShort,
            path,
            format!("A password needs at least {MIN} characters."),
        );
    } else if length > MAX {
        checks.add(
            UserErrorCode::TooLong,
            path,
            format!("A password has at most {MAX} characters."),
        );
    } else if password.chars().any(char::is_control) {
        checks.add(
            UserErrorCode::Invalid,
            path,
            "Control characters and line breaks are not allowed here.",
        );
    } else if is_guessable(&password, names) {
        checks.add(
            UserErrorCode::Invalid,
            path,
            "This password is among the first that an attacker would try: choose another one.",
        );
    }
    password
}

fn is_guessable(password: &str, names: &[&str]) -> bool {
    let folded = fold(password);
    let mut characters = folded.chars();
    let first = characters.next();
    characters.all(|c| Some(c) == first)
        || COMMON.contains(&folded.as_str())
        || names.iter().any(|name| fold(name) == folded)
}

/// Hashes a password that [`check`] gave.
pub async fn hash(app: &App, password: String) -> Result<String> {
    in_turn(app, move || {
        let hash: PasswordHash = argon2()?
            .hash_password(password.as_bytes())
            .map_err(fault)?;
        Ok(hash.to_string())
    })
    .await
}

/// Hashes anew, with today's parameters, what [`verify`] found right.
pub async fn rehash(app: &App, typed: &str) -> Result<String> {
    hash(app, typed.nfc().collect()).await
}

/// Checks what somebody typed against a hash; without one it takes as long, and is wrong.
pub async fn verify(app: &App, typed: &str, hash: Option<String>) -> Result<Verdict> {
    // What is longer than any password is no password, and not worth hashing.
    let typed: String = typed.nfc().take(MAX + 1).collect();
    in_turn(app, move || {
        let known = hash.is_some();
        let hash = PasswordHash::new(hash.as_deref().unwrap_or(NOBODY)).map_err(fault)?;
        let matches = argon2()?.verify_password(typed.as_bytes(), &hash).is_ok();
        Ok(match (known && matches, is_current(&hash)) {
            (false, _) => Verdict::Wrong,
            (true, true) => Verdict::Right,
            (true, false) => Verdict::Outdated,
        })
    })
    .await
}

fn argon2() -> Result<Argon2<'static>> {
    let params = Params::new(MEMORY, PASSES, LANES, None).map_err(fault)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn is_current(hash: &PasswordHash) -> bool {
    hash.algorithm == Algorithm::Argon2id.ident()
        && Params::try_from(hash).is_ok_and(|params| {
            params.m_cost() == MEMORY && params.t_cost() == PASSES && params.p_cost() == LANES
        })
}

fn fault(error: impl std::fmt::Display) -> Error {
    Error::internal(format!("a password could not be hashed: {error}"))
}

/// Runs `work` on a blocking thread once it is this request's turn.
async fn in_turn<T: Send + 'static>(
    app: &App,
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let turn = tokio::time::timeout(WAIT, Arc::clone(&app.password_hashes).acquire_owned())
        .await
        .map_err(|_| {
            Error::refused(
                Code::ServiceUnavailable,
                "Too many people are signing in at the moment; try again.",
            )
        })?
        .map_err(Error::caused_by)?;
    tokio::task::spawn_blocking(move || {
        // The turn ends with the work, even where the client has gone away.
        let _turn = turn;
        work()
    })
    .await
    .map_err(|error| Error::task_stopped(&error))?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(password: &str, names: &[&str]) -> Option<UserErrorCode> {
        let mut checks = Checks::new();
        check(&mut checks, ["password"], password, names);
        match checks.done() {
            Err(Error::User(errors)) => Some(errors[0].code),
            _ => None,
        }
    }

    #[test]
    fn passwords_that_are_tried_first_are_refused() {
        use UserErrorCode::{Blank, Invalid, TooLong, TooShort};
        assert_eq!(code("", &[]), Some(Blank));
        assert_eq!(code("123456789", &[]), Some(TooShort));
        assert_eq!(code(&"ab".repeat(101), &[]), Some(TooLong));
        assert_eq!(code("Password123", &[]), Some(Invalid));
        assert_eq!(code("aaaaaaaaaaaa", &[]), Some(Invalid));
        assert_eq!(code("with\0a zero byte", &[]), Some(Invalid));
        assert_eq!(
            code("Ann@Example.org", &["ann", "ann@example.org"]),
            Some(Invalid)
        );
        assert_eq!(
            code("correct horse battery", &["ann", "ann@example.org"]),
            None
        );
        assert_eq!(code("          é", &[]), None, "spaces count");
    }

    #[test]
    fn a_password_is_composed_and_otherwise_kept() {
        let mut checks = Checks::new();
        let password = check(&mut checks, ["password"], " cafe\u{301} com leite ", &[]);
        assert_eq!(password, " café com leite ");
    }

    #[test]
    fn the_hash_of_nobody_costs_as_much_as_anybody_s() {
        let hash = PasswordHash::new(NOBODY).unwrap();
        assert!(is_current(&hash));
        assert_eq!(hash.hash.unwrap().len(), Params::DEFAULT_OUTPUT_LEN);
    }

    #[test]
    fn a_hash_with_other_parameters_is_outdated() {
        let weak = Argon2::new(
            Algorithm::Argon2id,
            Version::V0x13,
            Params::new(64, 1, 1, None).unwrap(),
        );
        let hash: PasswordHash = weak.hash_password(b"correct horse battery").unwrap();
        assert!(!is_current(&hash));
    }

    #[test]
    fn every_common_password_is_long_enough_and_folded() {
        for password in COMMON {
            assert!(
                password.len() >= MIN && fold(password) == *password,
                "{password}"
            );
        }
    }
}
