//! Checks of what people type, collected so that they hear of every mistake at once.
//!
//! Ours, because each failure needs the field's own code and path, which validation crates give as prose.

pub mod json;
pub mod schema;

use caseless::Caseless;
use unicode_normalization::UnicodeNormalization;

use crate::error::{Error, Result, UserError, UserErrorCode};

/// Collects errors while inputs are read.
#[derive(Debug, Default)]
pub struct Checks {
    errors: Vec<UserError>,
}

impl Checks {
    /// Nothing found yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// One line of text of `min..=max` characters: NFC, trimmed, without control characters.
    pub fn line<const N: usize>(
        &mut self,
        path: [&str; N],
        value: &str,
        min: usize,
        max: usize,
    ) -> String {
        let value: String = value.trim().nfc().collect();
        if value.chars().any(char::is_control) {
            self.add(
                UserErrorCode::Invalid,
                path,
                "Control characters and line breaks are not allowed here.",
            );
        } else {
            self.length(path, &value, min, max);
        }
        value
    }

    /// Text of several lines, at most `max` characters: NFC, trimmed, without U+0000.
    pub fn text<const N: usize>(&mut self, path: [&str; N], value: &str, max: usize) -> String {
        let value: String = value.trim().nfc().collect();
        if value.contains('\0') {
            self.add(UserErrorCode::Invalid, path, "U+0000 is not allowed.");
        } else {
            self.length(path, &value, 0, max);
        }
        value
    }

    /// Adds what another check found.
    pub fn add<const N: usize>(
        &mut self,
        code: UserErrorCode,
        path: [&str; N],
        message: impl Into<String>,
    ) {
        self.errors.push(UserError::new(code, path, message));
    }

    /// The errors, if there are any.
    pub fn done(self) -> Result<()> {
        if self.errors.is_empty() {
            Ok(())
        } else {
            Err(Error::User(self.errors))
        }
    }

    fn length<const N: usize>(&mut self, path: [&str; N], value: &str, min: usize, max: usize) {
        let length = value.chars().count();
        if length == 0 && min > 0 {
            self.add(UserErrorCode::Blank, path, "This must not be blank.");
        } else if length < min {
            self.add(
                UserErrorCode::TooShort,
                path,
                format!("At least {min} characters are needed."),
            );
        } else if length > max {
            self.add(
                UserErrorCode::TooLong,
                path,
                format!("At most {max} characters are allowed; this has {length}."),
            );
        }
    }
}

/// The key by which texts are compared and sorted: compatibility-composed and case-folded.
pub fn fold(text: &str) -> String {
    // Folding can decompose and normalising can bring back case: the identifier caseless match of
    // Unicode (UAX #15, NFKC_Casefold) does both in turn.
    text.chars()
        .nfkd()
        .default_case_fold()
        .nfkd()
        .default_case_fold()
        .nfkc()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_look_alike_have_one_key() {
        for (a, b) in [
            ("ANN", "ann"),
            ("Straße", "STRASSE"),
            ("e\u{301}", "É"),
            ("ｆｕｌｌ", "FULL"),
            ("ﬁn", "FIN"),
        ] {
            assert_eq!(fold(a), fold(b), "{a} and {b}");
        }
        assert_ne!(fold("ann"), fold("ana"));
    }

    #[test]
    fn every_mistake_is_reported_at_its_path() {
        let mut checks = Checks::new();
        checks.line(["input", "title"], "  ", 1, 5);
        checks.line(["input", "name"], "a\nb", 1, 5);
        checks.line(["input", "bio"], "ab", 3, 5);
        checks.text(["input", "text"], "123456", 5);
        checks.text(["input", "nul"], "\0", 5);
        let Err(Error::User(errors)) = checks.done() else {
            panic!("the mistakes were not found");
        };
        let found: Vec<_> = errors
            .iter()
            .map(|error| (error.path[1].as_str(), error.code))
            .collect();
        assert_eq!(
            found,
            [
                ("title", UserErrorCode::Blank),
                ("name", UserErrorCode::Invalid),
                ("bio", UserErrorCode::TooShort),
                ("text", UserErrorCode::TooLong),
                ("nul", UserErrorCode::Invalid),
            ]
        );
    }

    #[test]
    fn accents_are_composed_and_the_rest_kept() {
        let mut checks = Checks::new();
        assert_eq!(checks.line(["x"], " Cafe\u{301} ", 1, 9), "Café");
        assert!(checks.done().is_ok());
    }
}
