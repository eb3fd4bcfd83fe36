//! What the letters of accounts say.
//!
//! Nothing that a person chose stands in them, not even their name: whoever registers with somebody else's
//! address must not choose what that person reads.

use std::time::Duration;

use super::letters::Notice;
use crate::mail::Letter;

/// The link that verifies an address.
pub fn verify_email(to: String, site: &str, link: String, good_for: Duration) -> Letter {
    Letter {
        to,
        subject: format!("Verify your e-mail address for {site}"),
        before: vec![
            format!("This address was given for an account at {site}."),
            "If that was you, follow the link to show that the address is yours.".to_owned(),
        ],
        link: Some(("Verify this address".to_owned(), link)),
        after: vec![
            format!("The link works once, within {}.", spoken(good_for)),
            "If it was not you, do not follow it: the account stays without your address being verified."
                .to_owned(),
        ],
    }
}

/// The link that resets a password.
pub fn reset_password(to: String, site: &str, link: String, good_for: Duration) -> Letter {
    Letter {
        to,
        subject: format!("Reset your password for {site}"),
        before: vec![
            format!("Somebody asked to reset the password of your account at {site}."),
            "If that was you, follow the link to choose another one. You will be signed out everywhere else."
                .to_owned(),
        ],
        link: Some(("Choose another password".to_owned(), link)),
        after: vec![
            format!("The link works once, within {}.", spoken(good_for)),
            "If it was not you, there is nothing to do: your password stays as it is.".to_owned(),
        ],
    }
}

/// That something has changed.
pub fn notice(to: String, site: &str, notice: Notice) -> Letter {
    let (subject, what) = match notice {
        Notice::EmailChanged => (
            "Your e-mail address was changed",
            "was given another e-mail address. Mail about it no longer comes here.",
        ),
        Notice::PasswordChanged => (
            "Your password was changed",
            "was given another password. It was signed out on other devices.",
        ),
        Notice::IdentityLinked => (
            "Another way to sign in was added",
            "can now also be signed in to with an account of another site.",
        ),
    };
    Letter {
        to,
        subject: format!("{subject} at {site}"),
        before: vec![format!("Your account at {site} {what}")],
        link: None,
        after: vec![
            "If that was you, there is nothing to do. If it was not, reset your password at once, or ask \
             those who run the site for help."
                .to_owned(),
        ],
    }
}

fn spoken(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        3600 => "an hour".to_owned(),
        _ if seconds.is_multiple_of(3600) => format!("{} hours", seconds / 3600),
        _ => format!("{} minutes", seconds / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_said_as_people_say_them() {
        let said = |seconds| spoken(Duration::from_secs(seconds));
        assert_eq!(said(3600), "an hour");
        assert_eq!(said(86_400), "24 hours");
        assert_eq!(said(5_400), "90 minutes");
    }
}
