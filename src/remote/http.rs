//! Asking a service over HTTP: within a time, without redirects, no more than so many bytes, again where that may
//! help, and not at all while the service keeps failing.

use std::time::Duration;

use reqwest::{Client, RequestBuilder, Response, StatusCode, header};
use tokio::time::{Instant, sleep, timeout_at};

use super::breaker::Breaker;
use crate::clock;
use crate::error::{Error, Result};

/// How often a request is sent at most, and the pause before the second time; it doubles.
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_millis(100);
/// A service that asks for a longer pause is not waited for.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// So many failures in a row keep a service from being asked for so long.
const FAILURES: u32 = 5;
const REST: Duration = Duration::from_secs(30);

/// A service.
pub(super) struct Service {
    name: String,
    http: Client,
    largest: usize,
    breaker: Breaker,
}

/// Why there is no answer. The words hold neither addresses nor contents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The same request may succeed in a moment.
    Passing(String),
    /// The service answers what nobody can read.
    Final(String),
    /// The service refuses the request, and is well.
    Status(u16),
    /// It failed so often that it is left alone for a while.
    Resting,
}

impl Failure {
    fn too_slow() -> Self {
        Self::Passing("it took too long".to_owned())
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Passing(cause) | Self::Final(cause) => f.write_str(cause),
            Self::Status(status) => write!(f, "it answered with status {status}"),
            Self::Resting => f.write_str("it failed repeatedly and is left alone for a while"),
        }
    }
}

/// Why one try failed, and how long the service wants to be left alone.
struct Missed(Failure, Option<Duration>);

impl Service {
    /// A service whose whole answer takes at most `timeout` a try and has at most `largest` bytes.
    pub fn new(name: &str, timeout: Duration, largest: usize) -> Result<Self> {
        let http = Client::builder()
            .timeout(timeout)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("pluma/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(Error::caused_by)?;
        Ok(Self {
            name: name.to_owned(),
            http,
            largest,
            breaker: Breaker::new(FAILURES, REST),
        })
    }

    /// Sends a request that changes nothing there, and reads the answer; `read` says what is wrong with it. All tries
    /// together end at `until`: one that is cut off then has failed.
    pub async fn ask<T>(
        &self,
        until: Instant,
        request: impl Fn(&Client) -> RequestBuilder,
        read: impl Fn(&[u8]) -> std::result::Result<T, String>,
    ) -> std::result::Result<T, Failure> {
        // Nothing is held against a service that was not asked.
        if Instant::now() >= until {
            return Err(Failure::too_slow());
        }
        let mut pause = PAUSE;
        for last in (1..=TRIES).map(|attempt| attempt == TRIES) {
            if !self.breaker.lets_through() {
                return Err(Failure::Resting);
            }
            let tried = timeout_at(until, self.once(request(&self.http), &read)).await;
            let tried = tried.unwrap_or_else(|_| Err(Missed(Failure::too_slow(), None)));
            let (failure, wanted) = match tried {
                Ok(answer) => {
                    self.breaker.succeeded();
                    return Ok(answer);
                }
                // It is there, and says no.
                Err(Missed(failure @ Failure::Status(_), _)) => {
                    self.breaker.succeeded();
                    return Err(failure);
                }
                Err(Missed(failure, wanted)) => (failure, wanted),
            };
            self.breaker.failed();
            let [random] = clock::random_bytes().unwrap_or([0]);
            let jittered = pause + pause * u32::from(random) / 255;
            let wait = wanted.map_or(jittered, |wanted| wanted.max(jittered));
            let left = until.saturating_duration_since(Instant::now());
            let long = wait > LONGEST_PAUSE || wait >= left;
            if last || long || !matches!(failure, Failure::Passing(_)) {
                let cause = failure.to_string();
                tracing::warn!(service = self.name, cause, "a service gave no answer");
                return Err(failure);
            }
            sleep(wait).await;
            pause *= 2;
        }
        Err(Failure::Resting)
    }

    async fn once<T>(
        &self,
        request: RequestBuilder,
        read: &impl Fn(&[u8]) -> std::result::Result<T, String>,
    ) -> std::result::Result<T, Missed> {
        // Addresses hold contents and keys: no error of reqwest may show one.
        let passing = |error: reqwest::Error| {
            let failure = match error.is_timeout() {
                true => Failure::too_slow(),
                false => Failure::Passing(error.without_url().to_string()),
            };
            Missed(failure, None)
        };
        let mut response = request.send().await.map_err(passing)?;
        let status = response.status();
        if status.is_server_error() || matches!(status.as_u16(), 408 | 429) {
            let cause = format!("it answered with status {}", status.as_u16());
            return Err(Missed(Failure::Passing(cause), retry_after(&response)));
        }
        if !status.is_success() {
            return Err(Missed(refused(status), None));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(passing)? {
            body.extend_from_slice(&chunk);
            if body.len() > self.largest {
                let cause = format!("its answer has more than {} bytes", self.largest);
                return Err(Missed(Failure::Final(cause), None));
            }
        }
        read(&body).map_err(|cause| Missed(Failure::Final(cause), None))
    }
}

fn refused(status: StatusCode) -> Failure {
    match status.is_redirection() {
        true => Failure::Final("it redirects, which is not followed".to_owned()),
        false => Failure::Status(status.as_u16()),
    }
}

/// The seconds that `Retry-After` names.
fn retry_after(response: &Response) -> Option<Duration> {
    let value = response.headers().get(header::RETRY_AFTER)?;
    value
        .to_str()
        .ok()?
        .trim()
        .parse()
        .ok()
        .map(Duration::from_secs)
}
