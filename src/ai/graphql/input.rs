//! What is asked of the AI.

use async_graphql::{Enum, InputObject};
use serde_json::Value;

use crate::ai::MessageRole;
use crate::ai::options::{Form, Options};
use crate::ai::prompt::{Conversation, Question};
use crate::remote::ai::Message;

/// What form an answer is to have.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResponseFormat {
    /// Any text.
    Text,
    /// A JSON object.
    JsonObject,
    /// JSON that satisfies `jsonSchema`.
    JsonSchema,
}

/// One message of a conversation.
#[derive(InputObject)]
pub struct AiMessageInput {
    /// Who says it.
    role: MessageRole,
    /// What is said.
    content: String,
}

/// How an answer is wanted.
#[derive(InputObject)]
pub struct AiOptionsInput {
    /// The model: `provider/name`, or the name alone for the providers in their order. Their default where it is omitted.
    model: Option<String>,
    /// How freely it is chosen what comes next, 0 to 2.
    temperature: Option<f64>,
    /// From how much of what may come next is chosen, 0 to 1.
    top_p: Option<f64>,
    /// How many tokens the answer may have; the server's bound where it is omitted.
    max_tokens: Option<i32>,
    /// What form the answer is to have.
    #[graphql(default_with = "Some(ResponseFormat::Text)")]
    response_format: Option<ResponseFormat>,
    /// For JSON_SCHEMA: the answer is checked against it, and asked for again where it does not hold.
    json_schema: Option<Value>,
}

/// One question.
#[derive(InputObject)]
pub struct AiChatInput {
    /// What is asked.
    user_message: String,
    /// What the model is to be.
    system_message: Option<String>,
    /// Values for `{name}` placeholders in both messages; an unknown or unfilled name is an error.
    variables: Option<Value>,
    /// How the answer is wanted.
    options: Option<AiOptionsInput>,
}

/// A conversation to continue.
#[derive(InputObject)]
pub struct AiCompleteInput {
    /// All messages, in order.
    messages: Vec<AiMessageInput>,
    /// Values for `{name}` placeholders in the messages; an unknown or unfilled name is an error. Without any, the
    /// messages are taken as they are.
    variables: Option<Value>,
    /// How the answer is wanted.
    options: Option<AiOptionsInput>,
}

impl AiOptionsInput {
    /// As the services take them.
    pub fn read(self) -> Options {
        Options {
            model: self.model,
            temperature: self.temperature,
            top_p: self.top_p,
            max_tokens: self.max_tokens,
            form: match self.response_format {
                None | Some(ResponseFormat::Text) => Form::Text,
                Some(ResponseFormat::JsonObject) => Form::JsonObject,
                Some(ResponseFormat::JsonSchema) => Form::JsonSchema,
            },
            schema: self.json_schema,
        }
    }
}

impl AiChatInput {
    /// As the services take it.
    pub fn read(self) -> Question {
        Question {
            system: self.system_message,
            user: self.user_message,
            variables: self.variables,
            options: self.options.map(AiOptionsInput::read).unwrap_or_default(),
        }
    }
}

impl AiCompleteInput {
    /// As the services take it.
    pub fn read(self) -> Conversation {
        let messages = self.messages.into_iter().map(|message| Message {
            role: message.role.into(),
            content: message.content,
        });
        Conversation {
            messages: messages.collect(),
            variables: self.variables,
            options: self.options.map(AiOptionsInput::read).unwrap_or_default(),
        }
    }
}
