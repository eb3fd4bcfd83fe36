//! Answers of an AI: what is asked and answered, what it uses, and how much of it a user may use on a day.

pub mod accounting;
pub mod answer;
pub mod asking;
pub mod budget;
pub mod graphql;
pub mod loaders;
pub mod options;
pub mod prompt;
pub mod service;
pub mod template;
pub mod tending;
pub mod tokens;
pub mod watching;
pub mod writing;

use diesel::{Insertable, Queryable, Selectable};
use serde_json::Value;

use crate::db::types::Timestamp;
use crate::id::{AttemptId, UserId};
use crate::remote::ai::{Finish, Role};

/// An answer that was waited for.
#[derive(Debug, Clone)]
pub struct Completion {
    /// What was answered.
    pub content: String,
    /// The same, parsed, where JSON was asked for.
    pub json: Option<Value>,
    /// `provider/name` of the model that answered; `echo` for the one that repeats prompts.
    pub model: String,
    /// Why the answer ended.
    pub finish: Finish,
    /// What it used, attempts whose answers were no good among it.
    pub usage: Usage,
    /// How often a provider was asked.
    pub attempts: usize,
    /// How long it all took, in milliseconds.
    pub latency_ms: f64,
}

/// Tokens that were used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// Those of prompts.
    pub prompt: i64,
    /// Those of answers.
    pub completion: i64,
    /// Whether a provider gave no figure, so that some are estimated.
    pub estimated: bool,
}

impl std::ops::AddAssign for Usage {
    fn add_assign(&mut self, more: Self) {
        self.prompt += more.prompt;
        self.completion += more.completion;
        self.estimated |= more.estimated;
    }
}

/// Who says a message.
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
pub enum MessageRole {
    /// Tells the model what it is to be.
    System,
    /// Asks.
    User,
    /// The AI.
    Assistant,
}
crate::db::types::text_enum!(MessageRole {
    System = "SYSTEM",
    User = "USER",
    Assistant = "ASSISTANT",
});

impl From<MessageRole> for Role {
    fn from(role: MessageRole) -> Self {
        match role {
            MessageRole::System => Self::System,
            MessageRole::User => Self::User,
            MessageRole::Assistant => Self::Assistant,
        }
    }
}

/// What became of an attempt.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    diesel::expression::AsExpression,
    diesel::deserialize::FromSqlRow,
)]
#[diesel(sql_type = diesel::sql_types::Text)]
pub enum Outcome {
    /// It is not known yet.
    Running,
    /// There is an answer.
    Done,
    /// There is none.
    Failed,
    /// The answer broke off.
    Partial,
    /// Somebody stopped it.
    Stopped,
}
crate::db::types::text_enum!(Outcome {
    Running = "RUNNING",
    Done = "DONE",
    Failed = "FAILED",
    Partial = "PARTIAL",
    Stopped = "STOPPED",
});

impl Outcome {
    /// For metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Partial => "partial",
            Self::Stopped => "stopped",
        }
    }
}

/// One attempt as the database keeps it.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = crate::db::schema::ai_usage)]
pub struct AttemptRow {
    /// Its id.
    pub id: AttemptId,
    /// Whose it is.
    pub user_id: UserId,
    /// When it began.
    pub at: Timestamp,
    /// Until when its reservation holds.
    pub settle_by: Timestamp,
    /// Which field asked: `aiChat`.
    pub purpose: String,
    /// Who was asked.
    pub provider: String,
    /// For which model.
    pub model: String,
    /// What became of it.
    pub outcome: Outcome,
    /// How many tokens it may use, while it runs.
    pub reserved: i32,
    /// How many tokens the prompt had.
    pub prompt_tokens: i32,
    /// How many the answer had.
    pub completion_tokens: i32,
    /// Whether these are estimates.
    pub estimated: bool,
}

/// What one model was used for in a span of time.
#[derive(Debug, Clone)]
pub struct ModelUsage {
    /// `provider/name`.
    pub model: String,
    /// How often it was asked.
    pub requests: i64,
    /// How often that brought no whole answer.
    pub failures: i64,
    /// What it used.
    pub usage: Usage,
}

/// What is left of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DailyBudget {
    /// Tokens a day.
    pub limit: i64,
    /// Tokens that are left.
    pub remaining: i64,
    /// When the next day begins.
    pub reset_at: Timestamp,
}

/// `provider/name`; one name where both are the same, as `echo`'s are.
pub(crate) fn named(provider: &str, model: &str) -> String {
    match provider == model {
        true => model.to_owned(),
        false => format!("{provider}/{model}"),
    }
}
