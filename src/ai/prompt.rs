//! What is asked, checked before anybody hears it.

use serde_json::Value;

use super::options::Options;
use super::template::Template;
use crate::app::App;
use crate::error::{Error, Result, UserError, UserErrorCode};
use crate::remote::ai::{Ask, Message, Role};

/// How many messages a prompt may have.
const MAX_MESSAGES: usize = 500;

/// A prompt of one question.
pub struct Question {
    /// What the model is to be.
    pub system: Option<String>,
    /// What is asked.
    pub user: String,
    /// Values of placeholders in both.
    pub variables: Option<Value>,
    /// How the answer is wanted.
    pub options: Options,
}

/// A prompt of many messages.
pub struct Conversation {
    /// All of them, in order.
    pub messages: Vec<Message>,
    /// Values of placeholders in them; without any, they are taken as they are.
    pub variables: Option<Value>,
    /// How the answer is wanted.
    pub options: Options,
}

impl Question {
    /// Checks everything; paths begin with `input`.
    pub async fn check(self, app: &App) -> Result<Ask> {
        let mut messages = Vec::new();
        if let Some(content) = self.system.filter(|text| !text.trim().is_empty()) {
            let role = Role::System;
            messages.push((Message { role, content }, vec!["systemMessage".to_owned()]));
        }
        let (role, content) = (Role::User, self.user);
        messages.push((Message { role, content }, vec!["userMessage".to_owned()]));
        // Strict, also where no variables are given: here a prompt is a template.
        let variables = self
            .variables
            .unwrap_or_else(|| Value::Object(Default::default()));
        let asked = check(app, messages, Some(variables), self.options).await;
        asked.map_err(Error::in_input)
    }
}

impl Conversation {
    /// Checks everything; paths begin with `input`.
    pub async fn check(self, app: &App) -> Result<Ask> {
        let messages = self.messages.into_iter().enumerate();
        let messages = messages.map(|(index, message)| {
            let path = [
                "messages".to_owned(),
                index.to_string(),
                "content".to_owned(),
            ];
            (message, path.to_vec())
        });
        let asked = check(app, messages.collect(), self.variables, self.options).await;
        asked.map_err(Error::in_input)
    }
}

async fn check(
    app: &App,
    messages: Vec<(Message, Vec<String>)>,
    variables: Option<Value>,
    options: Options,
) -> Result<Ask> {
    let mut errors = Vec::new();
    let error = |code, path: Vec<String>, message: String| UserError {
        path,
        ..UserError::new(code, [], message)
    };
    if messages.is_empty() {
        let message = "There is nothing to answer: pass at least one message.".to_owned();
        errors.push(error(
            UserErrorCode::Blank,
            vec!["messages".to_owned()],
            message,
        ));
    } else if messages.len() > MAX_MESSAGES {
        let message = format!("At most {MAX_MESSAGES} messages are taken.");
        errors.push(error(
            UserErrorCode::TooLong,
            vec!["messages".to_owned()],
            message,
        ));
    }
    let filled = match variables.filter(|variables| !variables.is_null()) {
        None => messages,
        Some(Value::Object(values)) => {
            let mut template = Template::new(&values);
            let filled = messages.into_iter().map(|(message, path)| {
                let content = template.fill(&message.content);
                (Message { content, ..message }, path)
            });
            let filled = filled.collect();
            errors.extend(template.mistakes());
            filled
        }
        Some(_) => {
            let message = "It is an object: a value by the name of each placeholder.".to_owned();
            errors.push(error(
                UserErrorCode::Invalid,
                vec!["variables".to_owned()],
                message,
            ));
            messages
        }
    };
    for (message, path) in &filled {
        if message.content.trim().is_empty() {
            let message = "This must not be blank.".to_owned();
            errors.push(error(UserErrorCode::Blank, path.clone(), message));
        }
        if message.content.contains('\0') {
            let message = "U+0000 is not allowed.".to_owned();
            errors.push(error(UserErrorCode::Invalid, path.clone(), message));
        }
    }
    let most = app.config.ai.prompt_characters;
    let length: usize = filled
        .iter()
        .map(|(message, _)| message.content.chars().count())
        .sum();
    if length > most
        && let Some((_, path)) = filled.last()
    {
        let message = format!("A prompt may have {most} characters here; this has {length}.");
        errors.push(error(UserErrorCode::TooLong, path.clone(), message));
    }
    if filled
        .iter()
        .all(|(message, _)| message.role == Role::System)
        && !filled.is_empty()
    {
        let message = "There is nothing to answer: system messages alone ask nothing.".to_owned();
        errors.push(error(
            UserErrorCode::Blank,
            vec!["messages".to_owned()],
            message,
        ));
    }
    errors.truncate(100);
    let options = match options.check(app).await {
        Ok(options) => options,
        Err(Error::User(more)) => {
            errors.extend(more);
            return Err(Error::User(errors));
        }
        Err(other) => return Err(other),
    };
    if !errors.is_empty() {
        return Err(Error::User(errors));
    }
    Ok(Ask {
        messages: filled.into_iter().map(|(message, _)| message).collect(),
        model: options.model,
        temperature: options.temperature,
        top_p: options.top_p,
        max_tokens: options.max_tokens,
        format: options.format,
    })
}
