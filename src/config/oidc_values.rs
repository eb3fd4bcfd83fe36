//! How OpenID Connect providers are read: a table of TOML, or the same as JSON in a variable.

use std::path::Path;

use confique::serde::{Deserialize, Deserializer, de::Error};
use secrecy::SecretString;
use toml::{Table, Value};
use url::{Host, Url};

use super::secrets;

/// One provider whose accounts may sign in.
#[derive(Clone, Debug)]
pub struct OidcProvider {
    /// Its name in addresses: `google`.
    pub name: String,
    /// What a button says.
    pub label: String,
    /// Who signs its tokens; discovery begins there.
    pub issuer: String,
    /// What the provider calls this server.
    pub client_id: String,
    /// The password that goes with it; none for a public client.
    pub client_secret: Option<SecretString>,
    /// What is asked for beside `openid`.
    pub scopes: Vec<String>,
}

/// Longer names make no readable address.
const LONGEST_NAME: usize = 32;

/// Every provider, in the order of the names.
pub(super) fn providers<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<OidcProvider>, D::Error> {
    let table = match Value::deserialize(from)? {
        Value::Table(table) => table,
        // The parser's own message may quote a secret.
        Value::String(json) => serde_json::from_str(&json)
            .map_err(|_| D::Error::custom("is not a JSON object of providers"))?,
        _ => return Err(D::Error::custom("is not a table of providers")),
    };
    let provider = |(name, value)| match value {
        Value::Table(table) => provider(name, table),
        _ => Err("holds a provider that is not a table".to_owned()),
    };
    let providers: Result<_, String> = table.into_iter().map(provider).collect();
    providers.map_err(D::Error::custom)
}

fn provider(name: String, mut table: Table) -> Result<OidcProvider, String> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.is_empty() || name.len() > LONGEST_NAME || !name.chars().all(plain) {
        return Err("holds a provider whose name cannot be part of an address".to_owned());
    }
    let mut take = |key: &str| match table.remove(key) {
        None => Ok(None),
        Some(Value::String(text)) if !text.is_empty() => Ok(Some(text)),
        Some(_) => Err(format!("has a {name}.{key} that is not a text")),
    };
    let issuer = take("issuer")?.ok_or_else(|| format!("lacks {name}.issuer"))?;
    check_issuer(&issuer).map_err(|what| format!("has a {name}.issuer that {what}"))?;
    let client_id = take("client_id")?.ok_or_else(|| format!("lacks {name}.client_id"))?;
    let client_secret = match (take("client_secret")?, take("client_secret_file")?) {
        (Some(_), Some(_)) => {
            return Err(format!("has both {name}.client_secret and its file"));
        }
        (Some(secret), None) => Some(secret),
        (None, Some(path)) => {
            let read = secrets::from_file(Path::new(&path));
            Some(read.map_err(|what| format!("has a {name}.client_secret_file, and {what}"))?)
        }
        (None, None) => None,
    };
    let label = take("label")?.unwrap_or_else(|| name.clone());
    if label.chars().count() > 80 || label.chars().any(char::is_control) {
        return Err(format!("has a {name}.label that no button can show"));
    }
    let scopes = scopes(table.remove("scopes"))
        .ok_or_else(|| format!("has {name}.scopes that are not a list of scopes"))?;
    if let Some(key) = table.keys().next() {
        return Err(format!("has {name}.{key}, which is no key of a provider"));
    }
    Ok(OidcProvider {
        label,
        issuer,
        client_id,
        client_secret: client_secret.map(SecretString::from),
        scopes,
        name,
    })
}

fn check_issuer(issuer: &str) -> Result<(), &'static str> {
    let url = Url::parse(issuer).map_err(|_| "is not a URL")?;
    let here = match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => return Err("names no host"),
    };
    match url.scheme() {
        _ if url.query().is_some() || url.fragment().is_some() => Err("has a query or a fragment"),
        _ if !url.username().is_empty() => Err("holds a user name"),
        "https" => Ok(()),
        "http" if here => Ok(()),
        _ => Err("is not https://"),
    }
}

/// `None` where they are no scopes.
fn scopes(value: Option<Value>) -> Option<Vec<String>> {
    let Some(value) = value else {
        return Some(vec!["email".to_owned(), "profile".to_owned()]);
    };
    let printable = |scope: &&str| {
        !scope.is_empty() && scope.bytes().all(|c| c.is_ascii_graphic() && c != b'"')
    };
    let scope = |value: &Value| value.as_str().filter(printable).map(str::to_owned);
    let scopes: Option<Vec<String>> = value.as_array()?.iter().map(scope).collect();
    let mut scopes = scopes?;
    // It is always asked for.
    scopes.retain(|scope| scope != "openid");
    Some(scopes)
}
