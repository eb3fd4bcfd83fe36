//! How the settings of e-mail are read: the server that takes it, the sender, and the links inside.

use std::fmt;
use std::str::FromStr;

use confique::serde::{Deserializer, de::Error};
use lettre::message::Mailbox;
use secrecy::SecretString;
use url::{Host, Url};

use super::values::text;

/// How the connection to a mail server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// TLS from the first byte.
    Tls,
    /// TLS after STARTTLS; nothing is sent where the server does not offer it.
    StartTls,
    /// None.
    None,
}

/// The mail server that takes what this server sends.
#[derive(Clone)]
pub struct SmtpUrl {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub encryption: Encryption,
    /// The name and the password to sign in with.
    pub credentials: Option<(String, SecretString)>,
}

impl fmt::Debug for SmtpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for SmtpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let protected = match self.encryption {
            Encryption::Tls => "TLS",
            Encryption::StartTls => "STARTTLS",
            Encryption::None => "not encrypted",
        };
        write!(f, "{}:{}, {protected}", self.host, self.port)
    }
}

impl FromStr for SmtpUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let url = Url::parse(text).map_err(
            |_| "is not a URL (is a special character of the password not percent-encoded?)",
        )?;
        // The scheme is none that URLs know, so the host may have come through unread.
        let host = url.host_str().filter(|host| !host.is_empty());
        let host = host.ok_or("names no host")?;
        let here = match Host::parse(host) {
            Ok(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Ok(Host::Ipv4(address)) => address.is_loopback(),
            Ok(Host::Ipv6(address)) => address.is_loopback(),
            Err(_) => return Err("names a host that cannot be one"),
        };
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err("has a path or a fragment");
        }
        let mut wanted = None;
        for (name, value) in url.query_pairs() {
            match (&*name, &*value) {
                ("tls", "required") => wanted = Some(Encryption::StartTls),
                ("tls", "none") => wanted = Some(Encryption::None),
                _ => return Err("has a parameter other than tls=required and tls=none"),
            }
        }
        let (encryption, port) = match (url.scheme(), wanted) {
            ("smtps", None) => (Encryption::Tls, 465),
            ("smtps", Some(_)) => return Err("is smtps://, which is encrypted without tls=…"),
            ("smtp", Some(Encryption::None)) => (Encryption::None, 25),
            ("smtp", None) if here => (Encryption::None, 25),
            ("smtp", _) => (Encryption::StartTls, 587),
            _ => return Err("is neither smtp:// nor smtps://"),
        };
        let decoded = |text: &str| {
            let bytes = percent_encoding::percent_decode_str(text);
            bytes.decode_utf8().map(|text| text.into_owned())
        };
        let credentials = match (url.username(), url.password()) {
            ("", None) => None,
            (user, Some(password)) if !user.is_empty() => {
                let unreadable = |_| "has a name or a password that is not UTF-8";
                let user = decoded(user).map_err(unreadable)?;
                Some((user, decoded(password).map_err(unreadable)?.into()))
            }
            _ => return Err("has a name without a password, or the other way round"),
        };
        if credentials.is_some() && encryption == Encryption::None && !here {
            return Err("would send the password without encryption");
        }
        Ok(Self {
            host: host.trim_matches(['[', ']']).to_owned(),
            port: url.port().unwrap_or(port),
            encryption,
            credentials,
        })
    }
}

/// The sender of every message, as `Pluma <pluma@example.org>`.
pub(super) fn mailbox<'de, D: Deserializer<'de>>(from: D) -> Result<Mailbox, D::Error> {
    let text = text(from)?;
    if text.chars().any(char::is_control) {
        return Err(D::Error::custom("holds a control character"));
    }
    text.trim()
        .parse()
        .map_err(|_| D::Error::custom("is not a mail address"))
}

/// The address of a page, with a place for the token of a mailed link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkTemplate(String);

/// Stands where the token will.
const PLACE: &str = "{token}";

impl LinkTemplate {
    /// A page of the server itself. The token is in the fragment, which browsers send nowhere.
    pub(super) fn own(public_url: &Url, path: &str) -> Self {
        let origin = public_url.as_str().trim_end_matches('/');
        Self(format!("{origin}{path}#token={PLACE}"))
    }

    /// The link that carries `token`, which needs no escapes.
    pub fn link(&self, token: &str) -> String {
        self.0.replace(PLACE, token)
    }
}

impl FromStr for LinkTemplate {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.matches(PLACE).count() != 1 {
            return Err("does not have {token} in it once");
        }
        let url = Url::parse(&text.replace(PLACE, "token")).map_err(|_| "is not a URL")?;
        let plain = |c: char| c.is_ascii_graphic() && !"<>\"'`\\".contains(c);
        if !["http", "https"].contains(&url.scheme()) || url.host_str().is_none() {
            return Err("is neither http:// nor https://");
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("holds a user name or a password");
        }
        if !text.chars().all(plain) {
            return Err("holds characters that belong percent-encoded");
        }
        let before = text.split(PLACE).next().unwrap_or_default();
        if !before.contains(['?', '#']) && !url.path().contains("token") {
            return Err("has {token} in its host");
        }
        Ok(Self(text.to_owned()))
    }
}
