//! Answers that are waited for.

use std::time::Duration;

use futures_util::StreamExt;
use serde_json::Value;
use tokio::time::Instant;

use super::accounting::{Account, Answered};
use super::options::compile;
use super::{Completion, Outcome, Usage, named};
use crate::app::App;
use crate::error::{Error, Result, UserErrorCode};
use crate::id::{AttemptId, UserId};
use crate::remote::ai::{Ask, Begun, Failure, Format, Message, Model, Piece, Role, Status, Tried};
use crate::validate::schema::Schema;
use crate::viewer::Viewer;

/// How often an answer of the wrong form is asked for again.
const AGAIN: usize = 2;
/// The longest list of what is wrong with an answer that the model is told.
const MOST_TOLD: usize = 10;

/// Asks, waits for the whole answer until `due`, and asks again where it has not the form that was asked for. `purpose`
/// is the field that asks.
pub async fn complete(
    app: &App,
    viewer: &Viewer,
    mut ask: Ask,
    purpose: &str,
    due: Instant,
) -> Result<Completion> {
    let user = viewer.require()?.user_id;
    let began = Instant::now();
    let deadline = due.min(began + app.config.ai.answer);
    let within = deadline.saturating_duration_since(began);
    let form = Form::of(&ask.format).await?;
    let (mut usage, mut attempts) = (Usage::default(), 0);
    let most = ask.max_tokens;
    for round in 0..=AGAIN {
        ask.max_tokens = most;
        let answer = once(app, viewer, user, &mut ask, purpose, deadline, within).await?;
        usage += answer.usage;
        attempts += answer.attempts;
        let problem = match form.read(&answer.content) {
            Ok(json) => {
                return Ok(Completion {
                    json,
                    usage,
                    attempts,
                    latency_ms: began.elapsed().as_secs_f64() * 1_000.0,
                    ..answer
                });
            }
            Err(problem) => problem,
        };
        if round == AGAIN || Instant::now() >= deadline {
            let asked = round + 1;
            return Err(Error::user(
                UserErrorCode::SchemaMismatch,
                ["input"],
                format!(
                    "The model was asked {asked} times, and its answer is still not of the form that was asked for: {problem}"
                ),
            ));
        }
        let (role, content) = (Role::Assistant, answer.content);
        ask.messages.push(Message { role, content });
        let role = Role::User;
        let content = format!("{problem}\nAnswer again, with the corrected JSON and nothing else.");
        ask.messages.push(Message { role, content });
    }
    Err(Error::internal("an answer was neither good nor bad"))
}

/// One answer, whatever its form.
async fn once(
    app: &App,
    viewer: &Viewer,
    user: UserId,
    ask: &mut Ask,
    purpose: &str,
    deadline: Instant,
    within: Duration,
) -> Result<Completion> {
    let id = AttemptId::new();
    let mut account = Account::open(app, id, user, purpose, ask, within).await?;
    let mut tried = Tried::default();
    let begun = app.ai.begin(ask, false, deadline, &mut tried).await;
    account.tried(&tried);
    let begun = match begun {
        Ok(begun) => begun,
        Err(failure) => {
            account.settle(app, viewer).await?;
            return Err(refusal(&failure));
        }
    };
    let Begun {
        provider,
        model: asked,
        mut pieces,
        ..
    } = begun;
    let mut content = String::new();
    let ended = loop {
        match pieces.next().await {
            Some(Ok(Piece::Text(text))) => content.push_str(&text),
            Some(Ok(Piece::End {
                finish,
                tokens,
                model,
            })) => break Ok((finish, tokens, model)),
            Some(Err(failure)) => break Err(failure),
            None => break Err(Failure::broken_off()),
        }
    };
    // The next one may ask while this is accounted.
    drop(pieces);
    let (outcome, tokens) = match &ended {
        Ok((_, tokens, _)) => (Outcome::Done, *tokens),
        Err(_) => (Outcome::Partial, None),
    };
    let answered = Answered {
        provider: &provider,
        model: &asked,
        text: &content,
        tokens,
        outcome,
    };
    account.answered(answered).await?;
    let (usage, attempts) = (account.usage(), account.attempts());
    account.settle(app, viewer).await?;
    let (finish, _, model) = ended.map_err(|failure| refusal(&failure))?;
    Ok(Completion {
        content,
        json: None,
        model: named(&provider, model.as_deref().unwrap_or(&asked)),
        finish,
        usage,
        attempts,
        latency_ms: 0.0,
    })
}

/// What clients are told of a failure.
pub fn refusal(failure: &Failure) -> Error {
    let code = failure.code();
    match code {
        UserErrorCode::UnknownModel => {
            Error::user(code, ["input", "options", "model"], failure.told())
        }
        code => Error::user(code, ["input"], failure.told()),
    }
}

/// The form that an answer is held against.
pub enum Form {
    /// Any.
    Text,
    /// A JSON object.
    Object,
    /// What a schema describes.
    Schema(Box<Schema>),
}

impl Form {
    /// Of what was asked for; its schema was checked before.
    pub async fn of(format: &Format) -> Result<Self> {
        Ok(match format {
            Format::Text => Self::Text,
            Format::JsonObject => Self::Object,
            Format::JsonSchema(schema) => {
                let schema = compile(schema.clone()).await?.map_err(Error::internal)?;
                Self::Schema(Box::new(schema))
            }
        })
    }

    /// The value of an answer, where it is to have one; otherwise what is wrong with it.
    pub fn read(&self, content: &str) -> std::result::Result<Option<Value>, String> {
        if matches!(self, Self::Text) {
            return Ok(None);
        }
        let value: Value = serde_json::from_str(unfenced(content))
            .map_err(|error| format!("It is not JSON: {error}."))?;
        match self {
            Self::Object if !value.is_object() => Err("It is not a JSON object.".to_owned()),
            Self::Text | Self::Object => Ok(Some(value)),
            Self::Schema(schema) => {
                let violations = schema.check(std::slice::from_ref(&value), MOST_TOLD)?;
                if violations.is_empty() {
                    return Ok(Some(value));
                }
                let told = violations.iter().map(|violation| {
                    // Without the number of the value, as there is one.
                    let place = violation.path.strip_prefix("/0").unwrap_or_default();
                    format!("at `{place}`: {}", violation.message)
                });
                let told: Vec<String> = told.collect();
                Err(format!("It breaks the schema {}.", told.join("; ")))
            }
        }
    }
}

/// The JSON of an answer that has the form that was asked for.
pub fn parsed(content: &str) -> Option<Value> {
    serde_json::from_str(unfenced(content)).ok()
}

/// The inside of the one code fence that a text may be.
pub fn unfenced(text: &str) -> &str {
    let text = text.trim();
    let inside = text
        .strip_prefix("```")
        .and_then(|text| text.strip_suffix("```"))
        .and_then(|text| text.split_once('\n'));
    inside.map_or(text, |(_, inside)| inside.trim())
}

/// How the provider is that is asked first.
pub async fn status(app: &App, viewer: &Viewer) -> Result<Option<Status>> {
    viewer.require()?;
    Ok(app.ai.status().await)
}

/// The models of all providers, with the providers' names.
pub async fn models(app: &App, viewer: &Viewer) -> Result<Vec<(String, Model)>> {
    viewer.require()?;
    Ok(app.ai.models().await)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[tokio::test]
    async fn an_answer_is_held_against_its_form() {
        assert_eq!(Form::Text.read("{"), Ok(None));
        let object = json!({ "a": 1 });
        for text in [
            "{\"a\": 1}",
            " {\"a\": 1}\n",
            "```json\n{\"a\": 1}\n```",
            "```\n{\"a\":1}```",
        ] {
            assert_eq!(Form::Object.read(text), Ok(Some(object.clone())), "{text}");
        }
        assert!(Form::Object.read("[1]").is_err());
        assert!(Form::Object.read("Here: {\"a\": 1}").is_err());
        let schema = json!({ "required": ["b"] });
        let form = Form::of(&Format::JsonSchema(schema)).await.unwrap();
        let problem = form.read("{\"a\": 1}").unwrap_err();
        assert!(
            problem.contains("\"b\" is a required property"),
            "{problem}"
        );
        assert!(form.read("{\"b\": 1}").is_ok());
    }
}
