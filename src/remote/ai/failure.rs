//! Why a provider gave no answer, and whether to ask again.

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};

use crate::error::UserErrorCode;

/// What kind of failure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// It cannot be reached, or says that it fails.
    Unavailable,
    /// It asks to wait.
    RateLimited,
    /// It took too long.
    Timeout,
    /// It will not answer this.
    Rejected,
    /// It does not have this model.
    UnknownModel,
    /// The answer broke off.
    BrokenOff,
}

/// A failure, in words for people that hold no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What kind it is.
    pub kind: FailureKind,
    /// What happened.
    pub message: String,
    /// How long the provider asks to wait.
    pub retry_after: Option<Duration>,
    /// Whether the same request may be answered in a moment.
    pub passing: bool,
    /// Whether another provider may answer it.
    pub elsewhere: bool,
}

impl Failure {
    /// One that may pass.
    pub(super) fn passing(kind: FailureKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            retry_after: None,
            passing: true,
            elsewhere: true,
        }
    }

    /// One that will not.
    pub(super) fn lasting(kind: FailureKind, message: impl Into<String>) -> Self {
        Self {
            passing: false,
            elsewhere: false,
            ..Self::passing(kind, message)
        }
    }

    /// One that will not, where another provider may do better.
    fn local(kind: FailureKind, message: impl Into<String>) -> Self {
        Self {
            elsewhere: true,
            ..Self::lasting(kind, message)
        }
    }

    /// What a status other than success means; `said` is the provider's own message.
    pub(super) fn of_status(status: StatusCode, headers: &HeaderMap, said: Option<&str>) -> Self {
        let told = said.map(|said| format!(": {said}")).unwrap_or_default();
        let number = status.as_u16();
        match number {
            429 => Self {
                retry_after: retry_after(headers),
                ..Self::passing(
                    FailureKind::RateLimited,
                    format!("The AI provider asks to wait (429{told})."),
                )
            },
            408 => Self {
                retry_after: retry_after(headers),
                ..Self::passing(
                    FailureKind::Timeout,
                    format!("The AI provider took too long (408{told})."),
                )
            },
            409 | 500..=599 => Self {
                retry_after: retry_after(headers),
                ..Self::passing(
                    FailureKind::Unavailable,
                    format!("The AI provider fails ({number}{told})."),
                )
            },
            401 | 403 => Self::local(
                FailureKind::Rejected,
                format!("The AI provider does not accept the configured key ({number})."),
            ),
            404 => Self::local(
                FailureKind::UnknownModel,
                format!("The AI provider does not know the model or the address (404{told})."),
            ),
            _ => Self::lasting(
                FailureKind::Rejected,
                format!("The AI provider refused the request ({number}{told})."),
            ),
        }
    }

    /// What the failure of a connection means.
    pub(super) fn of_connection(error: reqwest::Error) -> Self {
        // An address may hold a key.
        let error = error.without_url();
        tracing::debug!(%error, "an AI provider could not be asked");
        if error.is_timeout() {
            Self::passing(FailureKind::Timeout, "The AI provider took too long.")
        } else {
            Self::passing(
                FailureKind::Unavailable,
                "The AI provider cannot be reached.",
            )
        }
    }

    /// An answer that ended without having been complete.
    pub fn broken_off() -> Self {
        Self::passing(
            FailureKind::BrokenOff,
            "The AI provider's answer broke off.",
        )
    }

    /// What people are told.
    pub fn told(&self) -> String {
        match self.retry_after {
            Some(wait) => format!("{} Try again in {} s.", self.message, wait.as_secs().max(1)),
            None => self.message.clone(),
        }
    }

    /// What clients are told.
    pub fn code(&self) -> UserErrorCode {
        match self.kind {
            FailureKind::Unavailable => UserErrorCode::ProviderUnavailable,
            FailureKind::RateLimited => UserErrorCode::ProviderRateLimited,
            FailureKind::Timeout => UserErrorCode::ProviderTimeout,
            FailureKind::Rejected => UserErrorCode::ProviderRejected,
            FailureKind::UnknownModel => UserErrorCode::UnknownModel,
            FailureKind::BrokenOff => UserErrorCode::Interrupted,
        }
    }
}

/// How long a provider asks to wait: in seconds, or until a date.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    if let Some(millis) = headers.get("retry-after-ms") {
        return millis
            .to_str()
            .ok()?
            .parse()
            .ok()
            .map(Duration::from_millis);
    }
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let until = chrono::DateTime::parse_from_rfc2822(text).ok()?;
    let wait = until.signed_duration_since(crate::clock::system_time());
    Some(wait.to_std().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_worth_another_try_is_told_apart() {
        let none = HeaderMap::new();
        let wait = HeaderMap::from_iter([(RETRY_AFTER, "7".parse().unwrap())]);
        for status in [408, 409, 429, 500, 502, 503, 504, 529] {
            let status = StatusCode::from_u16(status).unwrap();
            assert!(Failure::of_status(status, &none, None).passing, "{status}");
            let asked = Failure::of_status(status, &wait, None).retry_after;
            assert_eq!(asked, Some(Duration::from_secs(7)), "{status}");
        }
        for status in [400, 401, 403, 404, 422, 302] {
            let status = StatusCode::from_u16(status).unwrap();
            assert!(!Failure::of_status(status, &none, None).passing, "{status}");
        }
    }

    #[test]
    fn a_wait_is_read_in_every_form() {
        let wait = |name: &'static str, value: &str| {
            retry_after(&HeaderMap::from_iter([(
                reqwest::header::HeaderName::from_static(name),
                value.parse().unwrap(),
            )]))
        };
        assert_eq!(wait("retry-after", "7"), Some(Duration::from_secs(7)));
        assert_eq!(
            wait("retry-after-ms", "250"),
            Some(Duration::from_millis(250))
        );
        assert_eq!(wait("retry-after", "-7"), None);
        assert_eq!(wait("retry-after", "soon"), None);
        let past = wait("retry-after", "Wed, 21 Oct 2015 07:28:00 GMT");
        assert_eq!(past, Some(Duration::ZERO));
    }
}
