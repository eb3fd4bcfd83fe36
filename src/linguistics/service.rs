//! Analysing texts, off the threads that serve requests.

use super::{Engine, Sentiment, SentimentLabel, TextAnalysis};
use crate::app::App;
use crate::error::{Error, Result};
use crate::text::{language, readability, sentiment as lexicon, words};
use crate::viewer::Viewer;

/// The longest text that is analysed, in characters.
const MAX_TEXT: usize = 100_000;
/// How many words a minute people read silently (Brysbaert, 2019, for non-fiction).
const WORDS_A_MINUTE: f64 = 238.0;

/// How a text speaks of things: the configured service says it, or the built-in engine where there is none or
/// it does not answer. For signed-in viewers.
pub async fn sentiment(app: &App, viewer: &Viewer, text: String) -> Result<Sentiment> {
    check(viewer, &text)?;
    let asked = text.clone();
    let builtin = on_a_thread(move || judge(&text)).await?;
    Ok(ask(app, &asked, builtin).await)
}

/// What a text is like; for signed-in viewers.
pub async fn analyze(app: &App, viewer: &Viewer, text: String) -> Result<TextAnalysis> {
    check(viewer, &text)?;
    let asked = text.clone();
    let mut analysis = on_a_thread(move || describe(&text)).await?;
    analysis.sentiment = ask(app, &asked, analysis.sentiment).await;
    Ok(analysis)
}

/// What a text is like, as far as its first 100,000 characters say; for services that have asked who it is.
pub async fn describe_start(app: &App, text: &str) -> Result<TextAnalysis> {
    let start: String = text.chars().take(MAX_TEXT).collect();
    let asked = start.clone();
    let mut analysis = on_a_thread(move || describe(&start)).await?;
    analysis.sentiment = ask(app, &asked, analysis.sentiment).await;
    Ok(analysis)
}

fn check(viewer: &Viewer, text: &str) -> Result<()> {
    viewer.require()?;
    if text.chars().take(MAX_TEXT + 1).count() > MAX_TEXT {
        return Err(Error::bad_input(format!(
            "`text` has more than {MAX_TEXT} characters; pass a part of it."
        )));
    }
    if text.contains('\0') {
        return Err(Error::bad_input("`text` holds U+0000."));
    }
    Ok(())
}

async fn ask(app: &App, text: &str, builtin: Sentiment) -> Sentiment {
    let Some(service) = &app.linguistics else {
        return builtin;
    };
    match service.sentiment(text).await {
        Some(score) => Sentiment {
            label: label(score),
            score,
            engine: Engine::Linguistics,
            ..builtin
        },
        None => builtin,
    }
}

async fn on_a_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(Error::caused_by)
}

fn judge(text: &str) -> Sentiment {
    let language = language::detect(text);
    let score = lexicon::score(text, language);
    Sentiment {
        label: label(score),
        score,
        language: language.map(language::Language::code),
        engine: Engine::Builtin,
    }
}

fn describe(text: &str) -> TextAnalysis {
    let language = language::detect(text);
    let word_count = words::count(text);
    TextAnalysis {
        language: language.map(language::Language::code),
        word_count,
        sentence_count: readability::sentences(text),
        reading_minutes: word_count as f64 / WORDS_A_MINUTE,
        readability: readability::flesch(text, language),
        sentiment: judge(text),
    }
}

fn label(score: f64) -> SentimentLabel {
    if score >= lexicon::THRESHOLD {
        SentimentLabel::Positive
    } else if score <= -lexicon::THRESHOLD {
        SentimentLabel::Negative
    } else {
        SentimentLabel::Neutral
    }
}
