//! How single values are read, from the strings of the environment as from the types of TOML.
//!
//! Every message follows on from the value ("… is not a whole number") and never repeats it,
//! since the value may be a secret; the loader puts in front what may be shown.

use std::{fmt, net::SocketAddr, path::PathBuf, str::FromStr, time::Duration};

use confique::serde::{Deserialize, Deserializer, de::Error};
use secrecy::{ExposeSecret, SecretString};
use tokio_postgres::config::Host;
use toml::Value;
use url::Url;

/// What the server is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Environment {
    /// A person's own machine: everything on, secrets generated.
    Development,
    /// Other people's data: secrets required, developers' aids off.
    Production,
}

impl Environment {
    /// Whether other people's data is at stake.
    pub fn is_production(self) -> bool {
        self == Self::Production
    }
}

/// The `SameSite` attribute of a cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SameSite {
    /// Sent along when someone follows a link from elsewhere.
    Lax,
    /// Never sent on a request that another site caused.
    Strict,
}

/// What becomes of documents that are not in the manifest of trusted ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PersistedMode {
    /// There is no such manifest.
    Off,
    /// They run, are counted, and logged.
    Log,
    /// They are refused.
    Enforce,
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Where the database is. `Debug` and `Display` show neither user nor password.
#[derive(Clone, Debug)]
pub enum DatabaseUrl {
    /// The path of a SQLite file.
    Sqlite(PathBuf),
    /// A PostgreSQL connection URL.
    Postgres(SecretString),
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = match self {
            Self::Sqlite(path) => return write!(f, "SQLite, {}", path.display()),
            Self::Postgres(url) => url.expose_secret(),
        };
        f.write_str("PostgreSQL")?;
        // Read as the client reads it: another parser may take a piece of the password for a host.
        let Ok(config) = url.parse::<tokio_postgres::Config>() else {
            return Ok(());
        };
        for host in config.get_hosts() {
            match host {
                Host::Tcp(name) => write!(f, ", {name}")?,
                #[cfg(unix)]
                Host::Unix(path) => write!(f, ", {}", path.display())?,
            }
        }
        config
            .get_dbname()
            .map_or(Ok(()), |name| write!(f, ", database {name}"))
    }
}

macro_rules! words {
    ($type:ty { $($word:literal => $value:expr),* }) => {
        impl FromStr for $type {
            type Err = &'static str;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($word => Ok($value),)*
                    _ => Err("is not one of the words"),
                }
            }
        }
    };
}

words!(Environment { "development" => Self::Development, "production" => Self::Production });
words!(SameSite { "lax" => Self::Lax, "strict" => Self::Strict });
words!(PersistedMode { "off" => Self::Off, "log" => Self::Log, "enforce" => Self::Enforce });
words!(LogFormat { "text" => Self::Text, "json" => Self::Json });

impl FromStr for DatabaseUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(rest) = text.strip_prefix("sqlite:") {
            let path = rest.strip_prefix("//").unwrap_or(rest);
            return match path {
                "" => Err("names no file"),
                ":memory:" => Err("keeps nothing; a SQLite database must be a file"),
                _ if path.contains('?') => Err("has parameters, which SQLite's path does not take"),
                _ => Ok(Self::Sqlite(PathBuf::from(path))),
            };
        }
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            // The parser's own message may quote a piece of a password, and it takes what follows
            // an @ in a password for the host.
            return match text.parse::<tokio_postgres::Config>() {
                Ok(config) if !splits_password(&config) => Ok(Self::Postgres(text.into())),
                _ => Err(
                    "is not a PostgreSQL URL (is a special character of the password not percent-encoded?)",
                ),
            };
        }
        if ["mysql:", "mariadb:"]
            .iter()
            .any(|scheme| text.starts_with(scheme))
        {
            return Err("is for MySQL or MariaDB, which are not supported yet");
        }
        Err("names no database that is known")
    }
}

fn splits_password(config: &tokio_postgres::Config) -> bool {
    let in_host = |host: &Host| matches!(host, Host::Tcp(name) if name.contains('@'));
    config.get_hosts().iter().any(in_host)
        || config
            .get_dbname()
            .is_some_and(|name| name.contains(['@', '/']))
}

/// Whatever reads itself from a string and says how that failed.
pub(super) fn parsed<'de, D, T>(from: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err = &'static str>,
{
    text(from)?.trim().parse().map_err(D::Error::custom)
}

/// An IP address and a port.
pub(super) fn address<'de, D: Deserializer<'de>>(from: D) -> Result<SocketAddr, D::Error> {
    let text = text(from)?;
    text.trim()
        .parse()
        .map_err(|_| D::Error::custom("is not an IP address and a port"))
}

/// A whole number within bounds.
pub(super) fn whole<'de, const MIN: u64, const MAX: u64, D, T>(from: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: TryFrom<u64>,
{
    let number = match Value::deserialize(from)? {
        Value::Integer(number) => u64::try_from(number).ok(),
        // Digits alone, so that a number too large for the type is out of range rather than no number.
        Value::String(text) => match text.trim() {
            digits if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                digits.parse().ok()
            }
            _ => return Err(D::Error::custom("is not a whole number")),
        },
        _ => return Err(D::Error::custom("is not a whole number")),
    };
    number
        .filter(|number| (MIN..=MAX).contains(number))
        .and_then(|number| T::try_from(number).ok())
        .ok_or_else(|| D::Error::custom("is out of range"))
}

/// A time in whole seconds.
pub(super) fn seconds<'de, const MIN: u64, const MAX: u64, D>(from: D) -> Result<Duration, D::Error>
where
    D: Deserializer<'de>,
{
    whole::<MIN, MAX, D, u64>(from).map(Duration::from_secs)
}

/// A time in whole milliseconds.
pub(super) fn milliseconds<'de, const MIN: u64, const MAX: u64, D>(
    from: D,
) -> Result<Duration, D::Error>
where
    D: Deserializer<'de>,
{
    whole::<MIN, MAX, D, u64>(from).map(Duration::from_millis)
}

/// A time in whole days.
pub(super) fn days<'de, const MIN: u64, const MAX: u64, D>(from: D) -> Result<Duration, D::Error>
where
    D: Deserializer<'de>,
{
    whole::<MIN, MAX, D, u64>(from).map(|days| Duration::from_secs(days * 86_400))
}

/// True or false.
pub(super) fn flag<'de, D: Deserializer<'de>>(from: D) -> Result<bool, D::Error> {
    match Value::deserialize(from)? {
        Value::Boolean(flag) => Ok(flag),
        Value::String(text) => text
            .trim()
            .parse()
            .map_err(|_| D::Error::custom("is neither")),
        _ => Err(D::Error::custom("is neither")),
    }
}

/// The path of a directory.
pub(super) fn directory<'de, D: Deserializer<'de>>(from: D) -> Result<PathBuf, D::Error> {
    match text(from)? {
        path if path.is_empty() || path.contains('\0') => Err(D::Error::custom("is not a path")),
        path => Ok(path.into()),
    }
}

/// The path of a file; whether it is there shows when it is read.
pub(super) fn file<'de, D: Deserializer<'de>>(from: D) -> Result<PathBuf, D::Error> {
    directory(from)
}

/// The address browsers use: an origin, written as a URL.
pub(super) fn public_url<'de, D: Deserializer<'de>>(from: D) -> Result<Url, D::Error> {
    let url = Url::parse(text(from)?.trim()).map_err(|_| D::Error::custom("is not a URL"))?;
    let problem = match () {
        () if !["http", "https"].contains(&url.scheme()) => "is neither http:// nor https://",
        () if !url.username().is_empty() || url.password().is_some() => {
            "holds a user name or a password"
        }
        () if url.path() != "/" => "has a path; the server answers at the root of its host",
        () if url.query().is_some() || url.fragment().is_some() => "has a query or a fragment",
        () => return Ok(url),
    };
    Err(D::Error::custom(problem))
}

/// Exact origins, as browsers write them in `Origin`.
pub(super) fn origins<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let mut origins = Vec::new();
    for origin in list(from)? {
        let exact = Url::parse(&origin).is_ok_and(|url| {
            ["http", "https"].contains(&url.scheme())
                && url.origin().ascii_serialization() == origin
        });
        if !exact {
            let message = "holds what is not an exact origin (no path, no slash at the end, lower case, no default port)";
            return Err(D::Error::custom(message));
        }
        if !origins.contains(&origin) {
            origins.push(origin);
        }
    }
    Ok(origins)
}

/// Names of hosts, in lower case.
pub(super) fn hosts<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let hosts = list(from)?;
    let is_name = |host: &String| {
        let parsed = url::Host::parse(host);
        parsed.is_ok_and(|parsed| parsed.to_string() == *host)
    };
    match hosts.iter().all(is_name) {
        true => Ok(hosts),
        false => Err(D::Error::custom(
            "holds what is not a name (no scheme, no port, no `*`, lower case)",
        )),
    }
}

/// Strings, separated by commas or in a list; empty ones are left out.
fn list<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let listed: Vec<String> = match Value::deserialize(from)? {
        Value::String(text) => text.split(',').map(|part| part.trim().to_owned()).collect(),
        Value::Array(items) => items
            .into_iter()
            .map(|item| item.as_str().map(str::to_owned))
            .collect::<Option<_>>()
            .ok_or_else(|| D::Error::custom("holds something other than strings"))?,
        _ => return Err(D::Error::custom("is not a list")),
    };
    Ok(listed.into_iter().filter(|part| !part.is_empty()).collect())
}

/// The secret under which everything else is encrypted.
pub(super) fn secret<'de, D: Deserializer<'de>>(from: D) -> Result<SecretString, D::Error> {
    match text(from)? {
        secret if secret.len() < 32 => Err(D::Error::custom("is shorter than 32 bytes")),
        secret => Ok(secret.into()),
    }
}

/// A token that fits into an `Authorization` header.
pub(super) fn metrics_token<'de, D: Deserializer<'de>>(from: D) -> Result<SecretString, D::Error> {
    match text(from)? {
        token if token.len() < 16 => Err(D::Error::custom("is shorter than 16 characters")),
        token if !token.bytes().all(|byte| byte.is_ascii_graphic()) => Err(D::Error::custom(
            "holds characters that are not visible ASCII",
        )),
        token => Ok(token.into()),
    }
}

/// What the names of keys begin with. Braces are left out: a cluster reads them.
pub(super) fn key_prefix<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':');
    match text(from)? {
        prefix if prefix.is_empty() || prefix.len() > 64 => {
            Err(D::Error::custom("has not 1 to 64 characters"))
        }
        prefix if !prefix.chars().all(allowed) => Err(D::Error::custom("holds other characters")),
        prefix => Ok(prefix),
    }
}

/// A filter that the logger understands.
pub(super) fn log_filter<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let filter = text(from)?;
    match tracing_subscriber::EnvFilter::try_new(&filter) {
        Ok(_) if !filter.trim().is_empty() => Ok(filter),
        _ => Err(D::Error::custom("is not a filter")),
    }
}

/// A text.
pub(super) fn text<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    match Value::deserialize(from)? {
        Value::String(text) => Ok(text),
        _ => Err(D::Error::custom("is not a string")),
    }
}
