//! The wire format of OpenAI's chat completions, strict in what it writes and lenient in what it reads.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Ask, Finish, Format, Message, Model, Piece, Role, Tokens, instruction};

/// The longest message of a provider's own that is passed on, in characters.
const LONGEST_MESSAGE: usize = 300;
/// The longest name that a model may give itself, in characters.
const LONGEST_MODEL: usize = 200;

#[derive(Serialize)]
pub(super) struct Request<'a> {
    pub model: &'a str,
    pub messages: Vec<Message>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_completion_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_p: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_format: Option<Value>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream_options: Option<Value>,
}

impl<'a> Request<'a> {
    /// `options` says whether the provider knows `stream_options`.
    pub fn new(ask: &Ask, model: &'a str, stream: bool, options: bool) -> Self {
        let mut messages = ask.messages.clone();
        if let Some(content) = instruction(&ask.format) {
            let role = Role::System;
            // Behind the other system messages, before what is talked about.
            let at = messages
                .iter()
                .position(|message| message.role != Role::System)
                .unwrap_or(messages.len());
            messages.insert(at, Message { role, content });
        }
        Self {
            model,
            messages,
            max_tokens: Some(ask.max_tokens),
            max_completion_tokens: None,
            temperature: ask.temperature,
            top_p: ask.top_p,
            response_format: match &ask.format {
                Format::Text => None,
                Format::JsonObject => Some(json!({ "type": "json_object" })),
                Format::JsonSchema(schema) => Some(json!({
                    "type": "json_schema",
                    "json_schema": { "name": "answer", "schema": schema },
                })),
            },
            stream,
            stream_options: (stream && options).then(|| json!({ "include_usage": true })),
        }
    }
}

/// One part of a streamed answer, or the whole of another.
#[derive(Deserialize)]
pub(super) struct Chunk {
    pub model: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    pub choices: Vec<Choice>,
    pub usage: Option<Usage>,
    pub error: Option<Value>,
}

#[derive(Deserialize)]
pub(super) struct Choice {
    #[serde(default)]
    index: u32,
    delta: Option<Said>,
    message: Option<Said>,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Said {
    content: Option<Content>,
}

/// A text, or parts of it.
#[derive(Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Parts(Vec<Part>),
    Other(serde::de::IgnoredAny),
}

#[derive(Deserialize)]
struct Part {
    text: Option<String>,
}

#[derive(Deserialize, Clone, Copy)]
pub(super) struct Usage {
    prompt_tokens: Option<u32>,
    completion_tokens: Option<u32>,
    total_tokens: Option<u32>,
}

fn nullable<'de, D, T>(from: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

/// What was read of an answer beside its text.
#[derive(Default)]
pub(super) struct Read {
    pub model: Option<String>,
    pub finish: Option<Finish>,
    pub tokens: Option<Tokens>,
}

impl Read {
    /// Takes a chunk apart: its text is given, the rest is kept.
    pub fn take(&mut self, chunk: Chunk) -> String {
        // What people may read and the database must keep.
        let model = chunk.model.unwrap_or_default();
        let model = model.chars().filter(|c| !c.is_control());
        let model: String = model.take(LONGEST_MODEL).collect();
        if !model.is_empty() {
            self.model = Some(model);
        }
        if let Some(tokens) = chunk.usage.and_then(Usage::tokens) {
            self.tokens = Some(tokens);
        }
        let mut text = String::new();
        for choice in chunk.choices.into_iter().filter(|choice| choice.index == 0) {
            if let Some(said) = choice.delta.or(choice.message) {
                match said.content {
                    Some(Content::Text(said)) => text.push_str(&said),
                    Some(Content::Parts(parts)) => {
                        text.extend(parts.into_iter().filter_map(|part| part.text));
                    }
                    Some(Content::Other(_)) | None => {}
                }
            }
            if let Some(reason) = choice.finish_reason {
                self.finish = Some(match reason.as_str() {
                    "length" | "max_tokens" => Finish::Length,
                    "content_filter" => Finish::ContentFilter,
                    _ => Finish::Stop,
                });
            }
        }
        // No database keeps it, and no page needs it.
        text.retain(|c| c != '\0');
        text
    }

    /// The end of an answer that came whole.
    pub fn end(self) -> Piece {
        Piece::End {
            finish: self.finish.unwrap_or(Finish::Stop),
            tokens: self.tokens,
            model: self.model,
        }
    }
}

impl Usage {
    /// What one figure says of another; nothing where nothing is said.
    fn tokens(self) -> Option<Tokens> {
        let (prompt, completion) = match (self.prompt_tokens, self.completion_tokens) {
            (Some(prompt), Some(completion)) => (prompt, completion),
            (Some(prompt), None) => (prompt, self.total_tokens?.saturating_sub(prompt)),
            (None, Some(completion)) => (self.total_tokens?.saturating_sub(completion), completion),
            (None, None) => return None,
        };
        // A sum over a day must not overflow.
        (prompt < 1 << 30 && completion < 1 << 30).then_some(Tokens { prompt, completion })
    }
}

/// The message in the body of an error, if one can be found there.
pub(super) fn message_of(body: &[u8]) -> Option<String> {
    let body: Value = serde_json::from_slice(body).ok()?;
    error_message(body.get("error").unwrap_or(&body))
}

/// The message of an error: `{"message": …}` or a text.
pub(super) fn error_message(error: &Value) -> Option<String> {
    let text = error.as_str().or_else(|| error.get("message")?.as_str())?;
    let plain: String = text
        .chars()
        .filter(|c| !c.is_control())
        .take(LONGEST_MESSAGE)
        .collect();
    // Some repeat the key that they refuse.
    let secretive =
        |word: &str| word.len() > 20 && !word.contains(['.', '/']) || word.starts_with("sk-");
    let words = plain.split_whitespace();
    let told: Vec<&str> = words
        .map(|word| if secretive(word) { "…" } else { word })
        .collect();
    (!told.is_empty()).then(|| told.join(" "))
}

/// The models in a provider's list; those that it says nothing of are left out.
pub(super) fn models(body: &[u8]) -> Option<Vec<Model>> {
    #[derive(Deserialize)]
    struct Listed {
        #[serde(alias = "name")]
        id: Option<String>,
        owned_by: Option<String>,
        #[serde(alias = "max_model_len", alias = "context_length")]
        context_window: Option<u32>,
    }
    let body: Value = serde_json::from_slice(body).ok()?;
    let list = body
        .get("data")
        .or_else(|| body.get("models"))
        .unwrap_or(&body);
    let read = |value: &Value| {
        let listed = Listed::deserialize(value).ok()?;
        Some(Model {
            name: listed
                .id
                .filter(|name| !name.is_empty() && name.len() <= 200)?,
            owned_by: listed.owned_by,
            context_window: listed.context_window,
        })
    };
    Some(
        list.as_array()?
            .iter()
            .filter_map(read)
            .take(1_000)
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(chunk: Value) -> (String, Read) {
        let mut read = Read::default();
        let text = read.take(serde_json::from_value(chunk).unwrap());
        (text, read)
    }

    #[test]
    fn every_vendor_s_chunk_is_read() {
        let (text, _) = taken(json!({"choices": [{"delta": {"content": "Hi"}, "index": 0}]}));
        assert_eq!(text, "Hi");
        let (text, read) =
            taken(json!({"choices": [], "usage": {"prompt_tokens": 3, "total_tokens": 8}}));
        assert_eq!(text, "");
        assert_eq!(
            read.tokens,
            Some(Tokens {
                prompt: 3,
                completion: 5
            })
        );
        let (text, read) =
            taken(json!({"choices": [{"finish_reason": "length", "delta": {}}], "usage": null}));
        assert_eq!((text.as_str(), read.finish), ("", Some(Finish::Length)));
        let (text, read) = taken(json!({"model": "m", "choices": [{"message":
            {"role": "assistant", "content": [{"type": "text", "text": "a"}, {"type": "image"}]}}]}));
        assert_eq!((text.as_str(), read.model.as_deref()), ("a", Some("m")));
        for (name, read) in [
            ("", None),
            ("\0\n", None),
            ("a\0b\u{1b}", Some("ab")),
            (&"é".repeat(1_000), Some("é".repeat(LONGEST_MODEL).as_str())),
        ] {
            assert_eq!(taken(json!({"model": name})).1.model.as_deref(), read);
        }
        let (text, _) = taken(json!({"choices": null, "unknown": {}}));
        assert_eq!(text, "");
        let (text, _) = taken(json!({"choices": [{"index": 1, "delta": {"content": "no"}},
            {"delta": {"content": null, "tool_calls": []}}]}));
        assert_eq!(text, "");
    }

    #[test]
    fn a_provider_s_message_is_passed_on_without_keys() {
        let body = br#"{"error": {"message": "Incorrect API key provided: sk-abc***xyz.\nSee docs", "code": "401"}}"#;
        let message = message_of(body).unwrap();
        assert!(
            message.starts_with("Incorrect API key provided:"),
            "{message}"
        );
        assert!(!message.contains("sk-abc"), "{message}");
        assert_eq!(
            message_of(br#"{"error": "no such model"}"#).as_deref(),
            Some("no such model")
        );
        assert_eq!(message_of(b"<html>"), None);
    }

    #[test]
    fn lists_of_models_are_read_in_both_forms() {
        let openai =
            br#"{"object": "list", "data": [{"id": "a", "owned_by": "x"}, {"object": "model"}]}"#;
        assert_eq!(models(openai).unwrap().len(), 1);
        let plain = br#"[{"name": "b", "max_model_len": 4096}]"#;
        assert_eq!(models(plain).unwrap()[0].context_window, Some(4096));
        assert_eq!(models(b"{}"), None);
    }

    #[test]
    fn the_form_of_an_answer_is_also_asked_for_in_words() {
        let message = |role, content: &str| Message {
            role,
            content: content.to_owned(),
        };
        let ask = Ask {
            messages: vec![message(Role::System, "Be kind."), message(Role::User, "Hi")],
            format: Format::JsonObject,
            max_tokens: 9,
            ..Ask::default()
        };
        let sent = serde_json::to_value(Request::new(&ask, "m", true, true)).unwrap();
        assert_eq!(sent["messages"][1]["role"], "system");
        assert_eq!(sent["messages"][2]["content"], "Hi");
        assert_eq!(sent["response_format"]["type"], "json_object");
        assert_eq!(sent["stream_options"]["include_usage"], true);
        let sent = serde_json::to_value(Request::new(&ask, "m", false, true)).unwrap();
        assert!(sent.get("stream").is_none() && sent.get("stream_options").is_none());
    }
}
