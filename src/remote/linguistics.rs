//! The linguistics service of the network: `GET ?key=&sentence=`, which answers `{"key", "sentiment"}`.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::breaker::Breaker;
use crate::clock;
use crate::config;
use crate::error::{Error, Result};

/// Longer sentences do not fit into addresses everywhere; the built-in engine takes them. In bytes.
const LONGEST: usize = 2_000;
/// A longer answer is none.
const LONGEST_ANSWER: usize = 64 * 1024;
/// How often a request is sent at most, and the pause before the second time; it doubles.
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_millis(100);
/// So many failures in a row keep the service from being asked for so long.
const FAILURES: u32 = 5;
const REST: Duration = Duration::from_secs(30);

/// The service, as it was configured.
pub struct Linguistics {
    http: reqwest::Client,
    url: Url,
    key: Option<SecretString>,
    breaker: Breaker,
}

#[derive(Deserialize)]
struct Answer {
    key: Option<String>,
    sentiment: Value,
}

/// Why there is no answer.
enum Failure {
    /// The same request may succeed in a moment.
    Passing(String),
    /// It will not.
    Final(String),
}

impl Linguistics {
    /// The service that the configuration names, if it names one.
    pub fn new(config: &config::Linguistics) -> Result<Option<Self>> {
        let Some(url) = config.url.clone() else {
            return Ok(None);
        };
        let http = reqwest::Client::builder()
            .timeout(config.timeout)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(Error::caused_by)?;
        Ok(Some(Self {
            http,
            url,
            key: config.key.clone(),
            breaker: Breaker::new(FAILURES, REST),
        }))
    }

    /// How well a sentence speaks of things, from −1 to 1; `None` where the service does not say. Why it does
    /// not is logged; the sentence is not.
    pub async fn sentiment(&self, sentence: &str) -> Option<f64> {
        if sentence.len() > LONGEST || sentence.trim().is_empty() {
            return None;
        }
        let mut pause = PAUSE;
        for last in (1..=TRIES).map(|attempt| attempt == TRIES) {
            if !self.breaker.lets_through() {
                return None;
            }
            match self.ask(sentence).await {
                Ok(score) => {
                    self.breaker.succeeded();
                    return Some(score);
                }
                Err(Failure::Passing(cause)) => {
                    self.breaker.failed();
                    tracing::debug!(cause, "the linguistics service did not answer");
                    if last {
                        tracing::warn!(
                            cause,
                            "the linguistics service does not answer; the built-in engine does"
                        );
                        return None;
                    }
                }
                Err(Failure::Final(cause)) => {
                    self.breaker.failed();
                    tracing::warn!(
                        cause,
                        "the linguistics service answered what nobody can read"
                    );
                    return None;
                }
            }
            let [random] = clock::random_bytes().unwrap_or([0]);
            tokio::time::sleep(pause + pause * u32::from(random) / 255).await;
            pause *= 2;
        }
        None
    }

    async fn ask(&self, sentence: &str) -> std::result::Result<f64, Failure> {
        // Without a key of the configuration, one that tells this answer from others.
        let key = match &self.key {
            Some(key) => key.expose_secret().to_owned(),
            None => clock::new_uuid().to_string(),
        };
        let mut url = self.url.clone();
        url.query_pairs_mut()
            .append_pair("key", &key)
            .append_pair("sentence", sentence);
        // The address holds the sentence and the key: no error of reqwest may show it.
        let passing = |error: reqwest::Error| Failure::Passing(error.without_url().to_string());
        let mut response = self.http.get(url).send().await.map_err(passing)?;
        let status = response.status();
        if status.is_server_error() || matches!(status.as_u16(), 408 | 429) {
            return Err(Failure::Passing(format!("status {status}")));
        }
        if !status.is_success() {
            return Err(Failure::Final(format!("status {status}")));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(passing)? {
            body.extend_from_slice(&chunk);
            if body.len() > LONGEST_ANSWER {
                return Err(Failure::Final("the answer is too long".to_owned()));
            }
        }
        let answer: Answer = serde_json::from_slice(&body)
            .map_err(|_| Failure::Final("the answer is not of the agreed form".to_owned()))?;
        if answer.key.is_some_and(|answered| answered != key) {
            return Err(Failure::Final("the answer is another request's".to_owned()));
        }
        score(&answer.sentiment)
            .ok_or_else(|| Failure::Final("`sentiment` is neither a number nor a label".to_owned()))
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
