//! The linguistics service of the network: `GET ?key=&sentence=`, which answers `{"key", "sentiment"}`.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;
use tokio::time::Instant;
use url::Url;

use super::http::Service;
use crate::clock;
use crate::config;
use crate::error::Result;

/// Longer sentences do not fit into addresses everywhere; the built-in engine takes them. In bytes.
const LONGEST: usize = 2_000;
/// A longer answer is none.
const LONGEST_ANSWER: usize = 64 * 1024;
/// The service, as it was configured.
pub struct Linguistics {
    service: Service,
    url: Url,
    key: Option<SecretString>,
    within: Duration,
}

#[derive(Deserialize)]
struct Answer {
    key: Option<String>,
    sentiment: Value,
}

impl Linguistics {
    /// The service that the configuration names, if it names one; all tries of one sentence end `within` this time.
    pub fn new(config: &config::Linguistics, within: Duration) -> Result<Option<Self>> {
        let Some(url) = config.url.clone() else {
            return Ok(None);
        };
        Ok(Some(Self {
            service: Service::new("linguistics", config.timeout, LONGEST_ANSWER)?,
            url,
            key: config.key.clone(),
            within,
        }))
    }

    /// How well a sentence speaks of things, from −1 to 1; `None` where the service does not say. Why it does
    /// not is logged; the sentence is not.
    pub async fn sentiment(&self, sentence: &str) -> Option<f64> {
        if sentence.len() > LONGEST || sentence.trim().is_empty() {
            return None;
        }
        // Without a key of the configuration, one that tells this answer from others.
        let key = match &self.key {
            Some(key) => key.expose_secret().to_owned(),
            None => clock::new_uuid().to_string(),
        };
        let mut url = self.url.clone();
        url.query_pairs_mut()
            .append_pair("key", &key)
            .append_pair("sentence", sentence);
        let read = |body: &[u8]| {
            let answer: Answer = serde_json::from_slice(body)
                .map_err(|_| "the answer is not of the agreed form".to_owned())?;
            if answer.key.is_some_and(|answered| answered != key) {
                return Err("the answer is another request's".to_owned());
            }
            score(&answer.sentiment)
                .ok_or_else(|| "`sentiment` is neither a number nor a label".to_owned())
        };
        let until = Instant::now() + self.within;
        let asked = self.service.ask(until, |http| http.get(url.clone()), read);
        asked.await.ok()
    }
}

/// A number from −1 to 1, or a label.
fn score(sentiment: &Value) -> Option<f64> {
    if let Some(number) = sentiment.as_f64() {
        return (-1.0..=1.0).contains(&number).then_some(number);
    }
    let text = sentiment.as_str()?.trim().to_lowercase();
    match text.as_str() {
        "positive" | "pos" | "positivo" => Some(1.0),
        "negative" | "neg" | "negativo" => Some(-1.0),
        "neutral" | "neu" | "neutro" => Some(0.0),
        number => number
            .parse()
            .ok()
            .filter(|number| (-1.0..=1.0).contains(number)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_and_labels_are_read() {
        for (sentiment, expected) in [
            (json!(0.25), Some(0.25)),
            (json!(-1), Some(-1.0)),
            (json!("Positive"), Some(1.0)),
            (json!("neg"), Some(-1.0)),
            (json!("neutro"), Some(0.0)),
            (json!("0.5"), Some(0.5)),
            (json!(2), None),
            (json!("NaN"), None),
            (json!("joyful"), None),
            (json!(null), None),
            (json!({}), None),
        ] {
            assert_eq!(score(&sentiment), expected, "{sentiment}");
        }
    }
}
