//! The three kinds of failure: what the user can correct, what was refused, and what went wrong inside.

use std::sync::Arc;

use async_graphql::{Enum, SimpleObject};

/// The result of everything that can fail.
pub type Result<T> = std::result::Result<T, Error>;

/// Why something did not happen. `graphql::mask` turns it into what a client may read.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The user can correct it: it becomes the payload's `errors`, and nothing was changed.
    #[error("{}", .0.first().map_or("the input is not acceptable", |error| error.message.as_str()))]
    User(Vec<UserError>),
    /// Refused, with a stable code and a message that the client may read.
    #[error("{message}")]
    Refused {
        /// What `extensions.code` says.
        code: Code,
        /// For people.
        message: String,
    },
    /// Too much was asked for; the same request succeeds later.
    #[error("Too many requests: try again in {retry_after_seconds} seconds.")]
    Limited {
        /// When to come back.
        retry_after_seconds: u64,
    },
    /// Anything else. The client sees a masked message with the request's id; the cause is logged.
    #[error("{0}")]
    Internal(Arc<dyn std::error::Error + Send + Sync>),
}

/// The stable codes of refused requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// No, or no valid, credentials.
    Unauthenticated,
    /// The viewer may not do this.
    Forbidden,
    /// An argument that no value of the data could make right.
    BadUserInput,
    /// A wait reached its limit.
    Timeout,
    /// A part that the request needs is not available now.
    ServiceUnavailable,
}

impl Code {
    /// The code as clients see it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::Forbidden => "FORBIDDEN",
            Self::BadUserInput => "BAD_USER_INPUT",
            Self::Timeout => "TIMEOUT",
            Self::ServiceUnavailable => "SERVICE_UNAVAILABLE",
        }
    }
}

impl Error {
    /// A fault with no other error behind it.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::Internal(Arc::from(Box::<dyn std::error::Error + Send + Sync>::from(
            message.into(),
        )))
    }

    /// A fault caused by `cause`.
    pub fn caused_by(cause: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Internal(Arc::new(cause))
    }

    /// A task that gave no result. What a panic said is left out: it may hold contents.
    pub fn task_stopped(cause: &tokio::task::JoinError) -> Self {
        Self::internal(match cause.is_panic() {
            true => "a task panicked; the line before says where",
            false => "a task was stopped",
        })
    }

    /// Refuses with `code`.
    pub fn refused(code: Code, message: impl Into<String>) -> Self {
        Self::Refused {
            code,
            message: message.into(),
        }
    }

    /// The same request succeeds later, as far as `cause` lets on.
    fn unavailable(cause: &diesel::result::Error, why: &str) -> Self {
        tracing::warn!(%cause, "the database refused for now");
        Self::refused(
            Code::ServiceUnavailable,
            format!("{why}; nothing was changed. Try again in a moment."),
        )
    }

    /// The viewer has to sign in first.
    pub fn unauthenticated() -> Self {
        Self::refused(
            Code::Unauthenticated,
            "Sign in first: send an access token, or the session cookie.",
        )
    }

    /// An argument is unacceptable whatever the data holds.
    pub fn bad_input(message: impl Into<String>) -> Self {
        Self::refused(Code::BadUserInput, message)
    }

    /// One thing that the user can correct.
    pub fn user<const N: usize>(
        code: UserErrorCode,
        path: [&str; N],
        message: impl Into<String>,
    ) -> Self {
        Self::User(vec![UserError::new(code, path, message)])
    }

    /// Moves the paths of what the user can correct into `input`.
    #[must_use]
    pub fn in_input(self) -> Self {
        match self {
            Self::User(mut errors) => {
                for error in &mut errors {
                    error.path.insert(0, "input".to_owned());
                }
                Self::User(errors)
            }
            other => other,
        }
    }

    /// Moves paths out of `input`, for arguments that stand by themselves.
    #[must_use]
    pub fn out_of_input(self) -> Self {
        match self {
            Self::User(mut errors) => {
                for error in &mut errors {
                    if error.path.first().is_some_and(|first| first == "input") {
                        error.path.remove(0);
                    }
                }
                Self::User(errors)
            }
            other => other,
        }
    }

    /// What `path` names does not exist, or the viewer may not know of it.
    pub fn not_found<const N: usize>(noun: &str, path: [&str; N]) -> Self {
        Self::user(
            UserErrorCode::NotFound,
            path,
            format!("There is no such {noun}, or it is not yours to see."),
        )
    }
}

impl From<diesel::result::Error> for Error {
    fn from(cause: diesel::result::Error) -> Self {
        use diesel::result::{DatabaseErrorKind, Error as Diesel};
        let Diesel::DatabaseError(kind, info) = &cause else {
            return Self::caused_by(cause);
        };
        let message = info.message();
        let says = |words: &[&str]| words.iter().any(|words| message.contains(words));
        match kind {
            DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand => {
                Self::unavailable(&cause, "The database is not reachable at the moment")
            }
            // Two writers stood in each other's way; nothing of this one was kept.
            DatabaseErrorKind::SerializationFailure => {
                Self::unavailable(&cause, "Somebody else changed the same thing")
            }
            _ if says(&["deadlock detected", "database is locked", "lock timeout"]) => {
                Self::unavailable(&cause, "Somebody else changed the same thing")
            }
            _ if says(&["statement timeout"]) => {
                tracing::warn!(%cause, "a statement took too long");
                Self::refused(Code::Timeout, "The database took too long to answer.")
            }
            _ if says(&[
                "disk is full",
                "No space left",
                "disk I/O error",
                "readonly database",
            ]) =>
            {
                tracing::error!(%cause, "the database cannot write");
                Self::refused(
                    Code::ServiceUnavailable,
                    "The server cannot store anything at the moment; nothing was changed.",
                )
            }
            // What the input refers to was deleted between the check and the write.
            DatabaseErrorKind::ForeignKeyViolation => Self::refused(
                Code::BadUserInput,
                "Something that this refers to has just been deleted; nothing was changed.",
            ),
            _ => Self::caused_by(cause),
        }
    }
}

/// Turns the violation of a unique constraint into the error that `path` deserves; other errors pass.
///
/// Names are those of PostgreSQL (`users_username_key`); `db::violated_constraint` gives the same on every dialect.
pub trait OnConstraint<T> {
    /// Maps a violation of `constraint`.
    fn on_constraint(self, constraint: &str, error: impl FnOnce() -> Error) -> Result<T>;
}

impl<T> OnConstraint<T> for Result<T> {
    fn on_constraint(self, constraint: &str, error: impl FnOnce() -> Error) -> Result<T> {
        self.map_err(|failure| match crate::db::violated_constraint(&failure) {
            Some(name) if name == constraint => error(),
            _ => failure,
        })
    }
}

/// What kind of correction is called for.
#[derive(
    Enum,
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    diesel::expression::AsExpression,
    diesel::deserialize::FromSqlRow,
)]
#[diesel(sql_type = diesel::sql_types::Text)]
pub enum UserErrorCode {
    /// Empty, or white space alone.
    Blank,
    /// Shorter than the minimum that the message names.
    TooShort,
    /// Longer than the maximum that the message names.
    TooLong,
    /// Not of the form that the message describes.
    Invalid,
    /// Somebody else has it already.
    Taken,
    /// A number outside of the range that the message names.
    OutOfRange,
    /// It does not exist, or the viewer may not know of it.
    NotFound,
    /// The viewer may see it and may not do this with it.
    Forbidden,
    /// The state has changed meanwhile, or does not allow this.
    Conflict,
    /// As many as there may be are there already.
    LimitReached,
    /// The name or the password is wrong.
    WrongCredentials,
    /// It was valid once.
    Expired,
    /// It works once, and was used before.
    Reused,
    /// More bytes, pixels or rows than the message allows.
    TooLarge,
    /// A file of a type that is not taken.
    UnsupportedType,
    /// A file whose content does not hold together.
    Corrupt,
    /// Fewer rows than the computation needs.
    NotEnoughData,
    /// No model of that name or version.
    UnknownModel,
    /// The features are not those that the model was trained on.
    FeatureMismatch,
    /// A placeholder of the prompt has no value.
    MissingVariable,
    /// A value for which the prompt has no placeholder.
    UnknownVariable,
    /// The answer does not satisfy the JSON Schema.
    SchemaMismatch,
    /// The AI provider cannot be reached, or none is configured.
    ProviderUnavailable,
    /// The AI provider asks to wait.
    ProviderRateLimited,
    /// The AI provider took too long.
    ProviderTimeout,
    /// The AI provider refused the request.
    ProviderRejected,
    /// The daily budget is used up.
    QuotaExceeded,
    /// The server stopped in the middle; what had arrived is kept.
    Interrupted,
}
crate::db::types::text_enum!(UserErrorCode {
    Blank = "BLANK",
    TooShort = "TOO_SHORT",
    TooLong = "TOO_LONG",
    Invalid = "INVALID",
    Taken = "TAKEN",
    OutOfRange = "OUT_OF_RANGE",
    NotFound = "NOT_FOUND",
    Forbidden = "FORBIDDEN",
    Conflict = "CONFLICT",
    LimitReached = "LIMIT_REACHED",
    WrongCredentials = "WRONG_CREDENTIALS",
    Expired = "EXPIRED",
    Reused = "REUSED",
    TooLarge = "TOO_LARGE",
    UnsupportedType = "UNSUPPORTED_TYPE",
    Corrupt = "CORRUPT",
    NotEnoughData = "NOT_ENOUGH_DATA",
    UnknownModel = "UNKNOWN_MODEL",
    FeatureMismatch = "FEATURE_MISMATCH",
    MissingVariable = "MISSING_VARIABLE",
    UnknownVariable = "UNKNOWN_VARIABLE",
    SchemaMismatch = "SCHEMA_MISMATCH",
    ProviderUnavailable = "PROVIDER_UNAVAILABLE",
    ProviderRateLimited = "PROVIDER_RATE_LIMITED",
    ProviderTimeout = "PROVIDER_TIMEOUT",
    ProviderRejected = "PROVIDER_REJECTED",
    QuotaExceeded = "QUOTA_EXCEEDED",
    Interrupted = "INTERRUPTED",
});

impl UserErrorCode {
    /// Whether the same request can succeed later without being changed.
    pub const fn retryable(self) -> bool {
        matches!(
            self,
            Self::ProviderUnavailable
                | Self::ProviderRateLimited
                | Self::ProviderTimeout
                | Self::QuotaExceeded
                | Self::Interrupted
        )
    }
}

/// Something the user can correct.
#[derive(SimpleObject, Debug, Clone, PartialEq, Eq)]
pub struct UserError {
    /// What kind of correction is called for; stable, to be switched on.
    pub code: UserErrorCode,
    /// For people; it never carries a secret or another user's data.
    pub message: String,
    /// Where in the arguments: `["input", "username"]`.
    pub path: Vec<String>,
    /// The same request can succeed later.
    pub retryable: bool,
}

impl UserError {
    /// An error at `path`.
    pub fn new<const N: usize>(
        code: UserErrorCode,
        path: [&str; N],
        message: impl Into<String>,
    ) -> Self {
        Self {
            code,
            message: message.into(),
            path: path.map(str::to_owned).to_vec(),
            retryable: code.retryable(),
        }
    }
}
