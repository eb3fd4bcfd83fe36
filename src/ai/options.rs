//! How an answer is wanted, checked before anybody is asked.

use serde_json::Value;

use crate::app::App;
use crate::error::{Error, Result, UserErrorCode};
use crate::remote::ai::Format;
use crate::validate::Checks;
use crate::validate::schema::Schema;

/// The longest name of a model, in characters.
pub const MAX_MODEL: usize = 200;

/// What form an answer is to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Form {
    /// Any text.
    #[default]
    Text,
    /// A JSON object.
    JsonObject,
    /// JSON that satisfies a schema.
    JsonSchema,
}

/// How somebody wants an answer.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// `provider/name`, or a name.
    pub model: Option<String>,
    /// 0 to 2.
    pub temperature: Option<f64>,
    /// 0 to 1.
    pub top_p: Option<f64>,
    /// How many tokens the answer may have.
    pub max_tokens: Option<i32>,
    /// What form it is to have.
    pub form: Form,
    /// For [`Form::JsonSchema`].
    pub schema: Option<Value>,
}

/// The same, checked.
#[derive(Debug, Clone, Default)]
pub struct Checked {
    /// `provider/name`, or a name.
    pub model: Option<String>,
    /// 0 to 2.
    pub temperature: Option<f64>,
    /// 0 to 1.
    pub top_p: Option<f64>,
    /// How many tokens the answer may have.
    pub max_tokens: u32,
    /// What form it is to have.
    pub format: Format,
}

impl Options {
    /// Checks everything; paths begin with `options`.
    pub async fn check(self, app: &App) -> Result<Checked> {
        let mut checks = Checks::new();
        let within =
            |value: Option<f64>, most: f64| value.is_none_or(|value| (0.0..=most).contains(&value));
        if !within(self.temperature, 2.0) {
            let message = "A temperature is between 0 and 2.";
            checks.add(
                UserErrorCode::OutOfRange,
                ["options", "temperature"],
                message,
            );
        }
        if !within(self.top_p, 1.0) {
            let message = "It is between 0 and 1.";
            checks.add(UserErrorCode::OutOfRange, ["options", "topP"], message);
        }
        let most = app.config.ai.max_tokens;
        let max_tokens = match self.max_tokens.map(u32::try_from) {
            None => most,
            Some(Ok(tokens)) if (1..=most).contains(&tokens) => tokens,
            Some(_) => {
                let message = format!("An answer may have 1 to {most} tokens here.");
                checks.add(UserErrorCode::OutOfRange, ["options", "maxTokens"], message);
                most
            }
        };
        let model = self
            .model
            .map(|model| checks.line(["options", "model"], &model, 1, MAX_MODEL));
        let path = ["options", "jsonSchema"];
        let schema = self.schema.filter(|schema| !schema.is_null());
        let format = match (self.form, schema) {
            (Form::Text, None) => Format::Text,
            (Form::JsonObject, None) => Format::JsonObject,
            (Form::JsonSchema, Some(schema)) => Format::JsonSchema(schema),
            (Form::JsonSchema, None) => {
                let message = "JSON_SCHEMA needs a schema: pass `jsonSchema`.";
                checks.add(UserErrorCode::Blank, path, message);
                Format::Text
            }
            (Form::Text | Form::JsonObject, Some(_)) => {
                let message =
                    "A schema is for `responseFormat: JSON_SCHEMA`: set that, or leave it out.";
                checks.add(UserErrorCode::Invalid, path, message);
                Format::Text
            }
        };
        checks.done()?;
        if let Format::JsonSchema(schema) = &format {
            compile(schema.clone())
                .await?
                .map_err(|message| Error::user(UserErrorCode::Invalid, path, message))?;
        }
        Ok(Checked {
            model,
            temperature: self.temperature,
            top_p: self.top_p,
            max_tokens,
            format,
        })
    }
}

/// Compiles a schema off the threads that serve requests.
pub(super) async fn compile(schema: Value) -> Result<std::result::Result<Schema, String>> {
    tokio::task::spawn_blocking(move || Schema::read(&schema))
        .await
        .map_err(|error| Error::task_stopped(&error))
}
