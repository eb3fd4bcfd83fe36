//! Enriching what was recognised: what the text is like, the bills that it names, and what services say of it.
//!
//! An enricher that fails leaves an issue and an `error` under its name; the text is processed all the same.

use std::collections::BTreeSet;

use futures_util::future::{BoxFuture, join_all};
use serde_json::{Map, Value, json};
use tokio::time::{Instant, timeout_at};

use super::{Input, Issue, Processed};
use crate::app::App;
use crate::error::Error;
use crate::legislation;
use crate::linguistics;
use crate::remote::enricher::Told;

/// What the text itself says: language, counts, sentiment.
const BUILTIN: &str = "builtin";
/// The bills that records name.
const LEGISLATION: &str = "legislation";

/// The enrichers that there are.
pub fn names(app: &App) -> Vec<String> {
    let configured = app.enrichers.iter().map(|enricher| enricher.name());
    [BUILTIN, LEGISLATION]
        .into_iter()
        .chain(configured)
        .map(str::to_owned)
        .collect()
}

/// Asks the enrichers of these names, all at once and until `due`; what they said, and what went wrong.
pub(super) async fn enrich(
    app: &App,
    wanted: &BTreeSet<String>,
    input: &Input,
    processed: &Processed,
    due: Instant,
) -> (Value, Vec<Issue>) {
    type Answer<'a> = BoxFuture<'a, Result<Option<Value>, String>>;
    let mut asked: Vec<(&str, Answer<'_>)> = Vec::new();
    if wanted.contains(BUILTIN) {
        asked.push((BUILTIN, Box::pin(builtin(app, &input.content))));
    }
    if wanted.contains(LEGISLATION) {
        asked.push((LEGISLATION, Box::pin(bills(app, input, processed))));
    }
    for enricher in app.enrichers.iter() {
        if wanted.contains(enricher.name()) {
            let told = Told {
                content: &input.content,
                format: processed.format.as_str(),
                records: &processed.records,
                variable: processed.variable.as_ref(),
            };
            let answer = async move { enricher.ask(&told).await.map(Some) };
            asked.push((enricher.name(), Box::pin(answer)));
        }
    }
    let (names, answers): (Vec<&str>, Vec<Answer<'_>>) = asked.into_iter().unzip();
    let late = |_| Err("It took longer than the request had left.".to_owned());
    let within = |answer| async move { timeout_at(due, answer).await.unwrap_or_else(late) };
    let answers = join_all(answers.into_iter().map(within)).await;
    let (mut said, mut issues) = (Map::new(), Vec::new());
    for (name, answer) in names.into_iter().zip(answers) {
        match answer {
            Ok(Some(value)) => {
                said.insert(name.to_owned(), value);
            }
            Ok(None) => {}
            Err(message) => {
                said.insert(name.to_owned(), json!({ "error": message }));
                issues.push(Issue {
                    path: format!("/enrichment/{name}"),
                    code: "enricher_failed".to_owned(),
                    message,
                });
            }
        }
    }
    (Value::Object(said), issues)
}

async fn builtin(app: &App, content: &str) -> Result<Option<Value>, String> {
    let found = linguistics::service::describe_start(app, content).await;
    let found = found.map_err(|_| "The text could not be analysed.".to_owned())?;
    Ok(Some(json!({
        "language": found.language,
        "characterCount": content.chars().count(),
        "wordCount": found.word_count,
        "sentenceCount": found.sentence_count,
        "sentiment": {
            "label": found.sentiment.label.as_str(),
            "score": found.sentiment.score,
            "engine": found.sentiment.engine.as_str(),
        },
    })))
}

async fn bills(app: &App, input: &Input, processed: &Processed) -> Result<Option<Value>, String> {
    let named = legislation::naming::named(&input.content, &processed.records);
    if named.is_empty() {
        return Ok(None);
    }
    let found = legislation::service::named(app, &named).await;
    match found {
        Ok(found) => Ok(Some(json!({ "propositions": found }))),
        // Who has no source did not mean to ask one.
        Err(_) if !app.legislature.is_configured() => Ok(None),
        Err(Error::Refused { message, .. }) => Err(message),
        Err(_) => Err("The bills could not be read.".to_owned()),
    }
}
