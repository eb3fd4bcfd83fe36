//! E-mail that the server sends.

use std::time::Duration;

use lettre::message::Mailbox;

use crate::config::mail_values::{LinkTemplate, SmtpUrl, mailbox};
use crate::config::values::{parsed, seconds};

/// E-mail that the server sends.
#[derive(Clone, Debug, confique::Config)]
pub struct Mail {
    /// The mail server that takes the messages. To another machine the connection is encrypted by STARTTLS, which is never left out because the server does not offer it; `smtps://` encrypts from the start, and `?tls=none` sends in the clear.
    ///
    /// Accepted: `smtp://HOST`, `smtp://USER:PASSWORD@HOST:PORT`, the same with `smtps://`; special characters of the password percent-encoded; `?tls=none` or `?tls=required` behind `smtp://`
    /// Default: none; development writes messages into the directory `outbox` of the data directory, production sends none and says so
    /// Example: "smtp://pluma:password@mail.example.org:587"
    #[config(env = "SMTP_URL", deserialize_with = parsed)]
    pub smtp_url: Option<SmtpUrl>,
    /// The sender of every message.
    ///
    /// Accepted: a mail address, with or without a name, as `Pluma <pluma@example.org>`
    /// Default: `Pluma <no-reply@HOST>` with the host of PLUMA_PUBLIC_URL
    /// Example: "Pluma <pluma@example.org>"
    #[config(env = "PLUMA_MAIL_FROM", deserialize_with = mailbox)]
    pub from: Mailbox,
    /// How many seconds handing over one message may take; then it is tried again later.
    ///
    /// Accepted: a whole number from 1 to 300
    #[config(env = "PLUMA_MAIL_TIMEOUT_SECONDS", default = 30, deserialize_with = seconds::<1, 300, _>)]
    pub timeout: Duration,
    /// The page of your front end that verifies an address: it passes the token to the mutation `verifyEmail`.
    ///
    /// Accepted: an address with `{token}` in its query, path or fragment, as `https://app.example.org/verify-email?token={token}`
    /// Default: a page of this server, `/auth/verify-email#token={token}`
    /// Example: "https://app.example.org/verify-email?token={token}"
    #[config(env = "PLUMA_VERIFY_EMAIL_LINK", deserialize_with = parsed)]
    pub verify_link: LinkTemplate,
    /// The page of your front end that asks for a new password: it passes it and the token to the mutation `resetPassword`.
    ///
    /// Accepted: an address with `{token}` in its query, path or fragment, as `https://app.example.org/reset-password?token={token}`
    /// Default: a page of this server, `/auth/reset-password#token={token}`
    /// Example: "https://app.example.org/reset-password?token={token}"
    #[config(env = "PLUMA_RESET_PASSWORD_LINK", deserialize_with = parsed)]
    pub reset_link: LinkTemplate,
    /// How many seconds the link that verifies an address is good for.
    ///
    /// Accepted: a whole number from 60 to 604800
    #[config(env = "PLUMA_VERIFY_EMAIL_TTL_SECONDS", default = 86_400, deserialize_with = seconds::<60, 604_800, _>)]
    pub verify_ttl: Duration,
    /// How many seconds the link that resets a password is good for.
    ///
    /// Accepted: a whole number from 60 to 86400
    #[config(env = "PLUMA_RESET_PASSWORD_TTL_SECONDS", default = 3600, deserialize_with = seconds::<60, 86_400, _>)]
    pub reset_ttl: Duration,
    /// How many messages one address, and one account, may cause to be sent in an hour.
    ///
    /// Accepted: a whole number from 1 to 1000
    #[config(env = "PLUMA_MAIL_HOURLY", default = 5, deserialize_with = crate::config::values::whole::<1, 1000, _, _>)]
    pub hourly: u32,
}
