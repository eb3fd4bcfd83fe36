//! How OpenID Connect providers are read.

use confique::serde::Deserializer;
use secrecy::SecretString;
use toml::Value;
use url::{Host, Url};

use super::named::{self, Named};

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

/// Every provider, in the order of the names.
pub(super) fn providers<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<OidcProvider>, D::Error> {
    named::all(from, "providers", provider)
}

fn provider(from: &mut Named) -> Result<OidcProvider, String> {
    let name = from.name.clone();
    let issuer = from.required("issuer")?;
    check_issuer(&issuer).map_err(|what| format!("has a {name}.issuer that {what}"))?;
    let client_id = from.required("client_id")?;
    let client_secret = from.secret("client_secret")?;
    let label = from.text("label")?.unwrap_or_else(|| name.clone());
    if label.chars().count() > 80 || label.chars().any(char::is_control) {
        return Err(format!("has a {name}.label that no button can show"));
    }
    let scopes = scopes(from.value("scopes"))
        .ok_or_else(|| format!("has {name}.scopes that are not a list of scopes"))?;
    Ok(OidcProvider {
        label,
        issuer,
        client_id,
        client_secret,
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
