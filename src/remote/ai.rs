//! Providers of AI answers: what they are asked and what they say, whoever they are.

mod attempt;
mod echo;
mod failure;
mod openai;
mod provider;
mod providers;
mod wire;

use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use serde_json::Value;

pub use attempt::Begun;
pub use failure::{Failure, FailureKind};
pub use provider::Status;
pub use providers::{Attempt, Providers, Tried};

/// Who says a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Tells the model what it is to be.
    System,
    /// Asks.
    User,
    /// Answered earlier.
    Assistant,
}

/// One message of a prompt.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Message {
    /// Who says it.
    pub role: Role,
    /// What is said.
    pub content: String,
}

/// What form the answer is to have.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub enum Format {
    /// Any text.
    #[default]
    Text,
    /// A JSON object.
    JsonObject,
    /// JSON that satisfies this schema.
    JsonSchema(Value),
}

/// What a provider is asked.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Ask {
    /// The conversation so far, at least one message.
    pub messages: Vec<Message>,
    /// `provider/name`, a name that the first provider knows, or its default.
    pub model: Option<String>,
    /// 0 to 2.
    pub temperature: Option<f64>,
    /// 0 to 1.
    pub top_p: Option<f64>,
    /// How long the answer may be.
    pub max_tokens: u32,
    /// What form it is to have.
    pub format: Format,
}

/// Why an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finish {
    /// It was complete.
    Stop,
    /// It had as many tokens as it might.
    Length,
    /// The provider's filter stopped it.
    ContentFilter,
}

/// How many tokens were used, as the provider says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tokens {
    /// Those of the prompt.
    pub prompt: u32,
    /// Those of the answer.
    pub completion: u32,
}

/// What comes of an answer, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// More of its text; never empty.
    Text(String),
    /// Its end; nothing comes after it.
    End {
        /// Why it ended.
        finish: Finish,
        /// What was used, where the provider says so.
        tokens: Option<Tokens>,
        /// The model that answered, as it calls itself.
        model: Option<String>,
    },
}

/// A model that a provider offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model {
    /// What the provider calls it.
    pub name: String,
    /// Whose it is, where the provider says so.
    pub owned_by: Option<String>,
    /// How many tokens prompt and answer may have together, where the provider says so.
    pub context_window: Option<u32>,
}

/// The pieces of an answer; a failure is the last item.
pub type Pieces = BoxStream<'static, Result<Piece, Failure>>;

/// Somebody who can be asked. One call is one attempt: retries, limits and breakers are around it.
pub trait AiClient: Send + Sync {
    /// Asks `model`; gives the answer piece by piece where `stream` says so, else in one piece.
    fn ask(&self, ask: &Ask, model: &str, stream: bool) -> BoxFuture<'_, Result<Pieces, Failure>>;

    /// Whether answers that are waited for whole are asked for piece by piece too: it tells a provider that is silent
    /// from one that has much to say. Not where that costs more than it tells.
    fn streams_gladly(&self) -> bool {
        false
    }

    /// The models that it offers.
    fn models(&self) -> BoxFuture<'_, Result<Vec<Model>, Failure>>;
}

/// What a form of answer asks of the model in words: not every provider reads `response_format`.
fn instruction(format: &Format) -> Option<String> {
    match format {
        Format::Text => None,
        Format::JsonObject => Some(
            "Answer with one JSON object and nothing else: no prose, no code fence.".to_owned(),
        ),
        Format::JsonSchema(schema) => Some(format!(
            "Answer with JSON that satisfies this JSON Schema and nothing else: no prose, no code fence.\n{schema}"
        )),
    }
}
