//! `echo`: answers from the prompt, word by word and always alike, so that everything can be tried without a provider.

use std::time::Duration;

use async_stream::stream;
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt};
use serde_json::{Map, Value, json};
use unicode_segmentation::UnicodeSegmentation;

use super::{AiClient, Ask, Failure, Finish, Format, Model, Piece, Pieces, Role, Tokens};

/// What it calls itself.
pub(super) const NAME: &str = "echo";
/// How deep a schema is followed.
const DEEPEST: usize = 16;

/// The provider that is always there.
pub(super) struct Echo {
    /// How long it thinks about each word.
    pub pause: Duration,
}

impl AiClient for Echo {
    fn ask(&self, ask: &Ask, _: &str, streamed: bool) -> BoxFuture<'_, Result<Pieces, Failure>> {
        let pause = self.pause;
        let answer = answer(ask);
        let prompt = ask.messages.iter().map(|message| words(&message.content));
        let prompt = prompt.sum::<usize>();
        let most = usize::try_from(ask.max_tokens).unwrap_or(usize::MAX);
        let pieces = stream! {
            let mut said: Vec<&str> = answer.split_word_bounds().collect();
            // A word with what follows it up to the next one is a token.
            let total = words(&answer);
            let mut count = 0;
            let mut piece = String::new();
            let mut kept = String::new();
            for part in said.drain(..) {
                if is_word(part) {
                    if !piece.is_empty() {
                        if streamed {
                            tokio::time::sleep(pause).await;
                            yield Ok(Piece::Text(std::mem::take(&mut piece)));
                        } else {
                            kept.push_str(&std::mem::take(&mut piece));
                        }
                    }
                    if count == most {
                        break;
                    }
                    count += 1;
                }
                piece.push_str(part);
            }
            kept.push_str(&piece);
            if !kept.is_empty() {
                tokio::time::sleep(pause).await;
                yield Ok(Piece::Text(kept));
            }
            yield Ok(Piece::End {
                finish: if count < total { Finish::Length } else { Finish::Stop },
                tokens: Some(Tokens {
                    prompt: u32::try_from(prompt).unwrap_or(u32::MAX >> 2),
                    completion: u32::try_from(count).unwrap_or(u32::MAX >> 2),
                }),
                model: Some(NAME.to_owned()),
            });
        };
        async move { Ok(pieces.boxed()) }.boxed()
    }

    fn models(&self) -> BoxFuture<'_, Result<Vec<Model>, Failure>> {
        let model = Model {
            name: NAME.to_owned(),
            owned_by: Some("pluma".to_owned()),
            context_window: None,
        };
        async move { Ok(vec![model]) }.boxed()
    }
}

fn is_word(part: &str) -> bool {
    part.chars().any(char::is_alphanumeric)
}

/// How many tokens a text is: words.
fn words(text: &str) -> usize {
    text.split_word_bounds()
        .filter(|part| is_word(part))
        .count()
}

fn answer(ask: &Ask) -> String {
    let last = ask
        .messages
        .iter()
        .rev()
        .find(|message| message.role == Role::User);
    let last = last
        .map(|message| message.content.trim())
        .unwrap_or_default();
    match &ask.format {
        Format::Text if last.is_empty() => "You said nothing.".to_owned(),
        Format::Text => format!("You said: {last}"),
        Format::JsonObject => json!({ "echo": last }).to_string(),
        Format::JsonSchema(schema) => example(schema, last, 0).to_string(),
    }
}

/// A value that satisfies a schema of the usual kind; texts are what was asked.
fn example(schema: &Value, text: &str, depth: usize) -> Value {
    let Some(schema) = schema.as_object().filter(|_| depth < DEEPEST) else {
        return Value::Null;
    };
    if let Some(value) = schema.get("const").or_else(|| schema.get("default")) {
        return value.clone();
    }
    if let Some(first) = list(schema, "enum").and_then(|values| values.first()) {
        return first.clone();
    }
    for choice in ["anyOf", "oneOf", "allOf"] {
        if let Some(first) = list(schema, choice).and_then(|choices| choices.first()) {
            return example(first, text, depth + 1);
        }
    }
    let kind = match schema.get("type") {
        Some(Value::Array(kinds)) => kinds.first().and_then(Value::as_str),
        kind => kind.and_then(Value::as_str),
    };
    let number = |key: &str| schema.get(key).and_then(Value::as_f64);
    match kind {
        Some("string") => Value::String(sized(schema, text)),
        Some("integer") => json!(number("minimum").unwrap_or(0.0).ceil() as i64),
        Some("number") => json!(number("minimum").unwrap_or(0.0)),
        Some("boolean") => json!(true),
        Some("null") => Value::Null,
        Some("array") => {
            let least = schema.get("minItems").and_then(Value::as_u64).unwrap_or(1);
            let item = schema.get("items").unwrap_or(&Value::Null);
            let item = example(item, text, depth + 1);
            Value::Array(vec![
                item;
                usize::try_from(least.clamp(1, 100)).unwrap_or(1)
            ])
        }
        Some("object") | None => {
            let none = Map::new();
            let properties = schema.get("properties").and_then(Value::as_object);
            let properties = properties.unwrap_or(&none).iter();
            let filled = properties.map(|(name, of)| (name.clone(), example(of, text, depth + 1)));
            Value::Object(filled.collect())
        }
        Some(_) => Value::Null,
    }
}

fn list<'a>(schema: &'a Map<String, Value>, key: &str) -> Option<&'a Vec<Value>> {
    schema.get(key).and_then(Value::as_array)
}

/// The text, as long as the schema wants it.
fn sized(schema: &Map<String, Value>, text: &str) -> String {
    let bound = |key: &str| {
        let bound = schema.get(key).and_then(Value::as_u64);
        bound.and_then(|bound| usize::try_from(bound).ok())
    };
    let mut sized: String = match bound("maxLength") {
        Some(most) => text.chars().take(most).collect(),
        None => text.to_owned(),
    };
    let least = bound("minLength").unwrap_or(0).min(10_000);
    let missing = least.saturating_sub(sized.chars().count());
    sized.extend(std::iter::repeat_n('.', missing));
    sized
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remote::ai::Message;

    fn ask(content: &str, format: Format, max_tokens: u32) -> Ask {
        let content = content.to_owned();
        let role = Role::User;
        Ask {
            messages: vec![Message { role, content }],
            max_tokens,
            format,
            ..Ask::default()
        }
    }

    async fn said(ask: &Ask, streamed: bool) -> (Vec<String>, Finish) {
        let echo = Echo {
            pause: Duration::ZERO,
        };
        let mut pieces = echo.ask(ask, NAME, streamed).await.unwrap();
        let (mut texts, mut end) = (Vec::new(), None);
        while let Some(piece) = pieces.next().await {
            match piece.unwrap() {
                Piece::Text(text) => texts.push(text),
                Piece::End { finish, .. } => end = Some(finish),
            }
        }
        (texts, end.unwrap())
    }

    #[tokio::test]
    async fn it_repeats_what_was_said_word_by_word() {
        let asked = ask("Hello, world! 你好", Format::Text, 100);
        let (texts, finish) = said(&asked, true).await;
        assert!(texts.len() > 3, "{texts:?}");
        assert_eq!(texts.concat(), "You said: Hello, world! 你好");
        assert_eq!(finish, Finish::Stop);
        let (texts, _) = said(&asked, false).await;
        assert_eq!(texts, ["You said: Hello, world! 你好"]);
        assert_eq!(said(&asked, true).await, said(&asked, true).await);
    }

    #[tokio::test]
    async fn it_ends_where_it_has_as_many_tokens_as_it_may() {
        let (texts, finish) = said(&ask("one two three", Format::Text, 3), true).await;
        assert_eq!(texts.concat(), "You said: one ");
        assert_eq!(finish, Finish::Length);
    }

    #[tokio::test]
    async fn it_satisfies_the_usual_schemas() {
        let schema = json!({
            "type": "object",
            "properties": {
                "title": { "type": "string", "maxLength": 5, "minLength": 3 },
                "kind": { "enum": ["a", "b"] },
                "year": { "type": "integer", "minimum": 1900 },
                "tags": { "type": "array", "items": { "type": ["string", "null"] }, "minItems": 2 },
                "more": { "anyOf": [{ "type": "null" }, { "type": "number" }] },
            },
            "required": ["title", "kind", "year", "tags", "more"],
            "additionalProperties": false,
        });
        let (texts, _) = said(
            &ask("A bill", Format::JsonSchema(schema.clone()), 999),
            true,
        )
        .await;
        let value: Value = serde_json::from_str(&texts.concat()).unwrap();
        assert!(jsonschema::is_valid(&schema, &value), "{value}");
        let (texts, _) = said(&ask("x", Format::JsonObject, 999), false).await;
        assert_eq!(texts.concat(), r#"{"echo":"x"}"#);
    }
}
