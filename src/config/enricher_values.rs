//! How enrichers are read.

use std::time::Duration;

use confique::serde::{Deserializer, de::Error};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use toml::Value;
use url::Url;

use super::named::{self, Named};

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

/// More would keep a request waiting.
const MOST: usize = 20;
/// What is built in.
const TAKEN: [&str; 2] = ["builtin", "legislation"];

/// Every enricher, in the order of the names.
pub(super) fn enrichers<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<Vec<EnricherSettings>, D::Error> {
    let enrichers = named::all(from, "enrichers", enricher)?;
    match enrichers.len() {
        0..=MOST => Ok(enrichers),
        _ => Err(D::Error::custom("holds more than 20 enrichers")),
    }
}

fn enricher(from: &mut Named) -> Result<EnricherSettings, String> {
    let name = from.name.clone();
    if TAKEN.contains(&name.as_str()) {
        return Err(format!("holds {name}, which is a name that is taken"));
    }
    let base_url = Url::parse(&from.required("base_url")?)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
        .filter(|url| {
            url.query().is_none() && url.fragment().is_none() && url.username().is_empty()
        })
        .ok_or_else(|| format!("has a {name}.base_url that is no http:// or https:// address"))?;
    let endpoint = from.text("endpoint")?.unwrap_or_default();
    let balanced = endpoint.matches('{').count() == endpoint.matches('}').count();
    if !(endpoint.is_empty() || endpoint.starts_with(['/', '?'])) || !balanced {
        return Err(format!("has a {name}.endpoint that is no path"));
    }
    let headers = headers(from.value("headers"))
        .ok_or_else(|| format!("has {name}.headers that are no table of headers"))?;
    let timeout = from.whole("timeout_seconds", 1, 30)?.unwrap_or(5);
    Ok(EnricherSettings {
        base_url,
        endpoint,
        headers,
        timeout: Duration::from_secs(timeout.into()),
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
