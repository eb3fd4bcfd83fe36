//! How enrichers are read: a table of TOML, or the same as JSON in a variable.

use std::time::Duration;

use confique::serde::{Deserialize, Deserializer, de::Error};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use toml::{Table, Value};
use url::Url;

/// One service that enriches what is processed.
#[derive(Clone, Debug)]
pub struct EnricherSettings {
    /// Its name in requests.
    pub name: String,
    /// Its host, perhaps with a path.
    pub base_url: Url,
    /// The path behind that; with placeholders it is a GET.
    pub endpoint: String,
    /// What every request carries; values are not shown.
    pub headers: HeaderMap,
    /// How long one answer is waited for.
    pub timeout: Duration,
}

/// Longer names are no names.
const LONGEST_NAME: usize = 32;
/// More would keep a request waiting.
const MOST: usize = 20;
/// What is built in.
const TAKEN: [&str; 2] = ["builtin", "legislation"];

/// Every enricher, in the order of the names.
pub(super) fn enrichers<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<Vec<EnricherSettings>, D::Error> {
    let table = match Value::deserialize(from)? {
        Value::Table(table) => table,
        // The parser's own message may quote a secret.
        Value::String(json) => serde_json::from_str(&json)
            .map_err(|_| D::Error::custom("is not a JSON object of enrichers"))?,
        _ => return Err(D::Error::custom("is not a table of enrichers")),
    };
    if table.len() > MOST {
        return Err(D::Error::custom("holds more than 20 enrichers"));
    }
    let enricher = |(name, value)| match value {
        Value::Table(table) => enricher(name, table),
        _ => Err("holds an enricher that is not a table".to_owned()),
    };
    let enrichers: Result<_, String> = table.into_iter().map(enricher).collect();
    enrichers.map_err(D::Error::custom)
}

fn enricher(name: String, mut table: Table) -> Result<EnricherSettings, String> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let taken = TAKEN.contains(&name.as_str());
    if name.is_empty() || name.len() > LONGEST_NAME || !name.chars().all(plain) || taken {
        return Err("holds an enricher whose name cannot be used".to_owned());
    }
    let mut take = |key: &str| match table.remove(key) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(format!("has a {name}.{key} that is not a text")),
    };
    let base = take("base_url")?.ok_or_else(|| format!("lacks {name}.base_url"))?;
    let base_url = Url::parse(&base)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
        .filter(|url| {
            url.query().is_none() && url.fragment().is_none() && url.username().is_empty()
        })
        .ok_or_else(|| format!("has a {name}.base_url that is no http:// or https:// address"))?;
    let endpoint = take("endpoint")?.unwrap_or_default();
    let balanced = endpoint.matches('{').count() == endpoint.matches('}').count();
    if !(endpoint.is_empty() || endpoint.starts_with(['/', '?'])) || !balanced {
        return Err(format!("has a {name}.endpoint that is no path"));
    }
    let headers = headers(table.remove("headers"))
        .ok_or_else(|| format!("has {name}.headers that are no table of headers"))?;
    let timeout = match table.remove("timeout_seconds") {
        None => 5,
        Some(Value::Integer(seconds @ 1..=30)) => seconds.unsigned_abs(),
        Some(_) => return Err(format!("has a {name}.timeout_seconds that is not 1 to 30")),
    };
    if let Some(key) = table.keys().next() {
        return Err(format!("has {name}.{key}, which is no key of an enricher"));
    }
    Ok(EnricherSettings {
        base_url,
        endpoint,
        headers,
        timeout: Duration::from_secs(timeout),
        name,
    })
}

/// `None` where they are no headers.
fn headers(value: Option<Value>) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    let Some(value) = value else {
        return Some(headers);
    };
    for (name, value) in value.as_table()? {
        let name: HeaderName = name.parse().ok()?;
        let mut value = HeaderValue::from_str(value.as_str()?).ok()?;
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    Some(headers)
}
