//! Answers that are written while people watch: rows that outlive the connection, the process and the watchers.

use diesel::{Insertable, Queryable, Selectable};

use super::Usage;
use crate::db::types::{JsonValue, Timestamp};
use crate::error::UserErrorCode;
use crate::id::{AnswerId, JobId, TranscriptId, UserId};
use crate::remote::ai::Finish;

/// What `aiCompletionStream` is called in the account.
pub const COMPLETION: &str = "aiCompletionStream";

/// Where an answer is.
#[derive(
    async_graphql::Enum,
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    diesel::expression::AsExpression,
    diesel::deserialize::FromSqlRow,
)]
#[graphql(name = "MessageStatus")]
#[diesel(sql_type = diesel::sql_types::Text)]
pub enum AnswerStatus {
    /// All of it is there.
    Complete,
    /// It is being written.
    Streaming,
    /// It went wrong; what had arrived is kept.
    Failed,
    /// Somebody stopped it; what had arrived is kept.
    Cancelled,
    /// The server stopped in the middle; what had arrived is kept.
    Interrupted,
}
crate::db::types::text_enum!(AnswerStatus {
    Complete = "COMPLETE",
    Streaming = "STREAMING",
    Failed = "FAILED",
    Cancelled = "CANCELLED",
    Interrupted = "INTERRUPTED",
});

/// Why an answer ended.
#[derive(
    async_graphql::Enum,
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    diesel::expression::AsExpression,
    diesel::deserialize::FromSqlRow,
)]
#[diesel(sql_type = diesel::sql_types::Text)]
pub enum FinishReason {
    /// It was complete.
    Stop,
    /// It had as many tokens as it might.
    Length,
    /// The provider's filter stopped it.
    ContentFilter,
    /// Somebody stopped it.
    Cancelled,
    /// It broke off.
    Error,
}
crate::db::types::text_enum!(FinishReason {
    Stop = "STOP",
    Length = "LENGTH",
    ContentFilter = "CONTENT_FILTER",
    Cancelled = "CANCELLED",
    Error = "ERROR",
});

impl From<Finish> for FinishReason {
    fn from(finish: Finish) -> Self {
        match finish {
            Finish::Stop => Self::Stop,
            Finish::Length => Self::Length,
            Finish::ContentFilter => Self::ContentFilter,
        }
    }
}

/// An answer as the database keeps it; its text is a transcript.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = crate::db::schema::answers)]
pub struct Answer {
    /// Its id.
    pub id: AnswerId,
    /// Whose it is.
    pub owner_id: UserId,
    /// The job that writes it.
    pub job_id: JobId,
    /// Which field asked for it: `sendMessage`.
    pub purpose: String,
    /// Where it is.
    pub status: AnswerStatus,
    /// What is asked; nothing once it has ended.
    pub ask: Option<JsonValue>,
    /// Whether JSON was asked for.
    pub wants_json: bool,
    /// Who answers, once that is known.
    pub model: Option<String>,
    /// Why it ended.
    pub finish_reason: Option<FinishReason>,
    /// How many tokens the prompt had.
    pub prompt_tokens: i32,
    /// How many it has.
    pub completion_tokens: i32,
    /// Whether these are estimates.
    pub estimated: bool,
    /// What went wrong, as clients switch on it.
    pub error_code: Option<UserErrorCode>,
    /// What went wrong, for people.
    pub error: Option<String>,
    /// The hash by which its client finds it again.
    pub request_key: Option<Vec<u8>>,
    /// The hash of what that client asked.
    pub request_digest: Option<Vec<u8>>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
}

impl Answer {
    /// Where its text is.
    pub fn transcript(&self) -> TranscriptId {
        transcript(self.id)
    }

    /// What it used, once it has ended.
    pub fn usage(&self) -> Option<Usage> {
        self.finished_at.map(|_| Usage {
            prompt: self.prompt_tokens.into(),
            completion: self.completion_tokens.into(),
            estimated: self.estimated,
        })
    }
}

/// Where the text of an answer is.
pub fn transcript(answer: AnswerId) -> TranscriptId {
    TranscriptId(answer.0)
}

/// How an answer ended.
#[derive(Debug, Clone)]
pub struct Ended {
    /// Where it is now.
    pub status: AnswerStatus,
    /// Who answered.
    pub model: Option<String>,
    /// Why it ended.
    pub finish: FinishReason,
    /// What it used.
    pub usage: Usage,
    /// What went wrong.
    pub error: Option<(UserErrorCode, String)>,
}

impl Ended {
    /// An end before anybody had been asked.
    pub fn unasked(status: AnswerStatus, error: Option<(UserErrorCode, String)>) -> Self {
        let finish = match status {
            AnswerStatus::Cancelled => FinishReason::Cancelled,
            _ => FinishReason::Error,
        };
        Self {
            status,
            model: None,
            finish,
            usage: Usage::default(),
            error,
        }
    }

    /// The server stopped in the middle.
    pub fn interrupted() -> Self {
        let message = "The server stopped in the middle; what had arrived is kept.".to_owned();
        let error = Some((UserErrorCode::Interrupted, message));
        Self::unasked(AnswerStatus::Interrupted, error)
    }
}
