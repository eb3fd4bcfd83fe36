//! What usernames, display names, e-mail addresses and biographies may look like.

use unicode_normalization::char::is_combining_mark;

use crate::error::UserErrorCode;
use crate::validate::{Checks, fold};

/// Characters of the shortest username.
const USERNAME_MIN: usize = 3;
/// Characters of the longest username.
const USERNAME_MAX: usize = 30;
/// Characters of the longest display name.
const DISPLAY_NAME_MAX: usize = 80;
/// Characters of the longest biography.
const BIO_MAX: usize = 2000;
/// Characters of the longest address, as SMTP's path limit (RFC 5321) leaves it.
const EMAIL_MAX: usize = 254;

/// A username: 3–30 letters and digits of any script, `_`, `-` and `.`, beginning with a letter or digit.
pub fn username<const N: usize>(checks: &mut Checks, path: [&str; N], value: &str) -> String {
    let name = checks.line(path, value, USERNAME_MIN, USERNAME_MAX);
    let length = name.chars().count();
    if !(USERNAME_MIN..=USERNAME_MAX).contains(&length) || name.chars().any(char::is_control) {
        // `line` has said so.
        return name;
    }
    let starts_well = name.starts_with(char::is_alphanumeric);
    // Several scripts write vowels as combining marks, which are no letters of their own.
    let inner = |c: char| c.is_alphanumeric() || is_combining_mark(c) || "_-.".contains(c);
    if !starts_well || !name.chars().all(inner) {
        checks.add(
            UserErrorCode::Invalid,
            path,
            "A username consists of letters, digits, `_`, `-` and `.`, and begins with a letter or digit.",
        );
    } else if looks_like_id(&name) {
        checks.add(
            UserErrorCode::Invalid,
            path,
            "A username must not look like an id.",
        );
    }
    name
}

fn looks_like_id(name: &str) -> bool {
    fold(name)
        .rsplit_once('_')
        .is_some_and(|(_, suffix)| crate::id::decode(suffix).is_some())
}

/// A display name: 1–80 characters on one line.
pub fn display_name<const N: usize>(checks: &mut Checks, path: [&str; N], value: &str) -> String {
    checks.line(path, value, 1, DISPLAY_NAME_MAX)
}

/// A biography of at most 2000 characters; an empty one is none.
pub fn bio<const N: usize>(checks: &mut Checks, path: [&str; N], value: &str) -> Option<String> {
    Some(checks.text(path, value, BIO_MAX)).filter(|text| !text.is_empty())
}

/// An e-mail address. Whether mail arrives there, only sending one can tell; this finds slips of the keyboard.
pub fn email<const N: usize>(checks: &mut Checks, path: [&str; N], value: &str) -> String {
    let email = checks.line(path, value, 1, EMAIL_MAX);
    let length = email.chars().count();
    let reported = length == 0 || length > EMAIL_MAX || email.chars().any(char::is_control);
    if !reported && !is_address(&email) {
        checks.add(
            UserErrorCode::Invalid,
            path,
            "This is not an e-mail address of the form name@example.org.",
        );
    }
    email
}

fn is_address(email: &str) -> bool {
    let Some((local, domain)) = email.split_once('@') else {
        return false;
    };
    let odd = |c: char| c.is_whitespace() || "\"(),:;<>[\\]@".contains(c);
    let local_is_fine = (1..=64).contains(&local.chars().count())
        && !local.contains(odd)
        && local.split('.').all(|part| !part.is_empty());
    let label_is_fine = |label: &str| {
        (1..=63).contains(&label.chars().count())
            && label
                .chars()
                .all(|c| c.is_alphanumeric() || is_combining_mark(c) || c == '-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    local_is_fine
        && (domain.contains('.') || domain.eq_ignore_ascii_case("localhost"))
        && domain.split('.').all(label_is_fine)
}

/// The key under which a name or an address that somebody types is looked up; `None` where no account can have it.
pub fn lookup_key(typed: &str) -> Option<String> {
    let typed = typed.trim();
    let possible = !typed.is_empty()
        && typed.chars().take(EMAIL_MAX + 1).count() <= EMAIL_MAX
        && !typed.chars().any(char::is_control);
    possible.then(|| fold(typed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    fn code(
        check: impl Fn(&mut Checks, [&str; 1], &str) -> String,
        value: &str,
    ) -> Option<UserErrorCode> {
        let mut checks = Checks::new();
        check(&mut checks, ["x"], value);
        match checks.done() {
            Ok(()) => None,
            Err(Error::User(errors)) => {
                assert_eq!(errors.len(), 1, "{value:?} is reported once");
                Some(errors[0].code)
            }
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn usernames_of_every_script_are_taken() {
        for name in [
            "ann",
            "Ann_O-Neil.2",
            "José",
            "Ωμέγα",
            "अनुराधा",
            "さくら",
            "3am",
            " bob ",
        ] {
            assert_eq!(code(username, name), None, "{name:?}");
        }
    }

    #[test]
    fn usernames_that_mislead_are_refused() {
        use UserErrorCode::{Blank, Invalid, TooLong, TooShort};
        let id = crate::id::LogId::new().to_string();
        let long = "a".repeat(31);
        for (name, expected) in [
            ("", Blank),
            ("ab", TooShort),
            (long.as_str(), TooLong),
            ("_ann", Invalid),
            (".ann", Invalid),
            ("ann lee", Invalid),
            ("ann@example.org", Invalid),
            ("an\0n", Invalid),
            ("an\u{200b}n", Invalid),
            ("\u{301}ann", Invalid),
            (id.as_str(), Invalid),
            (id.to_uppercase().as_str(), Invalid),
        ] {
            assert_eq!(code(username, name), Some(expected), "{name:?}");
        }
    }

    #[test]
    fn addresses_are_told_from_slips_of_the_keyboard() {
        for address in [
            "ann@example.org",
            "a.b+c@sub.example.co.uk",
            "ann@localhost",
            "josé@exâmple.pt",
        ] {
            assert_eq!(code(email, address), None, "{address}");
        }
        let long = format!("ann@{}.org", "a".repeat(64));
        for address in [
            "ann",
            "ann@",
            "@example.org",
            "ann@example",
            "ann@@example.org",
            "ann@b@example.org",
            "a nn@example.org",
            ".ann@example.org",
            "ann.@example.org",
            "ann@example..org",
            "ann@.org",
            "ann@-example.org",
            "ann@example.org\0",
            long.as_str(),
        ] {
            assert_eq!(
                code(email, address),
                Some(UserErrorCode::Invalid),
                "{address:?}"
            );
        }
        let too_long = format!("{}@example.org", "a".repeat(250));
        assert_eq!(code(email, &too_long), Some(UserErrorCode::TooLong));
    }

    #[test]
    fn what_no_account_can_have_is_not_looked_up() {
        assert_eq!(lookup_key(" ANN "), Some("ann".to_owned()));
        assert_eq!(lookup_key("an\0n"), None);
        assert_eq!(lookup_key("  "), None);
        assert_eq!(lookup_key(&"a".repeat(100_000)), None);
    }
}
