//! Services of the network that say more about what was recognised: only those that the configuration names.

use std::sync::Arc;
use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::http::Service;
use crate::config::EnricherSettings;
use crate::error::Result;

/// A longer answer is none.
const LONGEST_ANSWER: usize = 256 * 1024;
/// Deeper answers are none: they are kept with the record.
const MAX_LEVELS: usize = 32;
/// The longest value that is put into an address, in bytes.
const LONGEST_VALUE: usize = 500;
/// What stays as it is in a part of an address.
const PART: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// One service.
pub struct Enricher {
    settings: EnricherSettings,
    headers: HeaderMap,
    service: Service,
    within: Duration,
}

/// What a service is told.
pub struct Told<'a> {
    /// The text.
    pub content: &'a str,
    /// What was recognised.
    pub format: &'a str,
    /// The records.
    pub records: &'a [Value],
    /// The main value.
    pub variable: Option<&'a Value>,
}

impl Enricher {
    /// The services that the configuration names; all tries of one question end `within` this time, or with one try
    /// where that may take longer.
    pub fn all(settings: &[EnricherSettings], within: Duration) -> Result<Arc<[Self]>> {
        let each = settings.iter().map(|settings| {
            Ok(Self {
                service: Service::new(&settings.name, settings.timeout, LONGEST_ANSWER)?,
                headers: settings.headers.clone(),
                within: within.max(settings.timeout),
                settings: settings.clone(),
            })
        });
        each.collect::<Result<Vec<_>>>().map(Into::into)
    }

    /// Its name in the configuration.
    pub fn name(&self) -> &str {
        &self.settings.name
    }

    /// Asks the service; in words for the user why it gives nothing.
    ///
    /// Where the endpoint has placeholders, as `/customers/{customerId}`, it is a GET with the values of the first
    /// record, or of `{variable}`; otherwise a POST of everything as JSON.
    pub async fn ask(&self, told: &Told<'_>) -> std::result::Result<Value, String> {
        let endpoint = &self.settings.endpoint;
        let filled = filled(endpoint, told)?;
        let url = format!(
            "{}{filled}",
            self.settings.base_url.as_str().trim_end_matches('/')
        );
        // A value is one part of the address, and never another host.
        let url = url::Url::parse(&url).map_err(|_| "no address comes of the values".to_owned())?;
        if url.origin() != self.settings.base_url.origin() {
            return Err("the values lead to another host".to_owned());
        }
        let is_get = endpoint.contains('{');
        let body = json!({
            "content": told.content,
            "format": told.format,
            "records": told.records,
            "variable": told.variable,
        });
        let request = |http: &reqwest::Client| {
            let request = match is_get {
                true => http.get(url.clone()),
                false => http.post(url.clone()).json(&body),
            };
            request.headers(self.headers.clone())
        };
        let read = |body: &[u8]| {
            let value = serde_json::from_slice::<Value>(body)
                .map_err(|_| "its answer is no JSON".to_owned())?;
            match crate::validate::json::keepable(&value, MAX_LEVELS) {
                true => Ok(value),
                false => {
                    Err("its answer is nested too deeply, or has too large numbers".to_owned())
                }
            }
        };
        let until = Instant::now() + self.within;
        let answer = self.service.ask(until, request, read).await;
        answer.map_err(|failure| format!("The enricher `{}` gave nothing: {failure}.", self.name()))
    }
}

/// The endpoint with its placeholders filled.
fn filled(endpoint: &str, told: &Told<'_>) -> std::result::Result<String, String> {
    let (mut out, mut rest) = (String::new(), endpoint);
    while let Some((before, behind)) = rest.split_once('{') {
        let Some((name, after)) = behind.split_once('}') else {
            break;
        };
        out.push_str(before);
        let first = told.records.first().and_then(|record| record.get(name));
        let value = match first.or_else(|| told.variable.filter(|_| name == "variable")) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            Some(Value::Bool(truth)) => truth.to_string(),
            _ => {
                return Err(format!(
                    "No plain value of `{name}` was recognised to ask for."
                ));
            }
        };
        // As a part of a path, dots would go up.
        if value.len() > LONGEST_VALUE || value.is_empty() || value.chars().all(|c| c == '.') {
            return Err(format!("The value of `{name}` cannot be asked for."));
        }
        out.extend(utf8_percent_encode(&value, PART));
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}
