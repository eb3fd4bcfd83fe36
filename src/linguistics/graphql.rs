//! Linguistics on the wire.

use async_graphql::{Context, Object, SimpleObject};

use super::{SentimentLabel, service};
use crate::error::Result;
use crate::graphql::context::Request;
use crate::graphql::cost::cost;

/// How a text speaks of things.
#[derive(SimpleObject)]
pub struct Sentiment {
    /// Well, badly, or neither.
    label: SentimentLabel,
    /// From −1, badly, to 1, well.
    score: f64,
    /// The language of the text, by ISO 639-1: `en`, `pt` or `es`; null for others.
    language: Option<&'static str>,
    /// Which engine answered: `linguistics` (the remote service) or `builtin`.
    engine: &'static str,
}

impl From<super::Sentiment> for Sentiment {
    fn from(found: super::Sentiment) -> Self {
        Self {
            label: found.label,
            score: found.score,
            language: found.language,
            engine: found.engine.as_str(),
        }
    }
}

/// What a text is like.
#[derive(SimpleObject)]
pub struct TextAnalysis {
    /// The language, by ISO 639-1: `en`, `pt` or `es`; null for others.
    language: Option<&'static str>,
    /// How many words it has, as pages count them.
    word_count: usize,
    /// How many sentences it has.
    sentence_count: usize,
    /// How many minutes reading it takes, at 238 words a minute.
    reading_minutes: f64,
    /// Flesch's reading ease in the form of the language, from 0 (hard) to 100 (easy); null for other languages.
    readability: Option<f64>,
    /// How it speaks of things.
    sentiment: Sentiment,
}

/// What can be asked about a text.
#[derive(Default)]
pub struct LinguisticsQueries;

/// What can be asked about a text.
#[Object]
impl LinguisticsQueries {
    /// How a text speaks of things: in English, Portuguese and Spanish, or as the configured service says it. For
    /// signed-in viewers.
    #[graphql(directive = cost::apply(20))]
    async fn sentiment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most 100,000 characters.")] text: String,
    ) -> Result<Option<Sentiment>> {
        let found = service::sentiment(ctx.app()?, ctx.viewer()?, text).await?;
        Ok(Some(found.into()))
    }

    /// What a text is like: its language, its length, how easily it reads, how it speaks of things. For signed-in
    /// viewers.
    #[graphql(directive = cost::apply(20))]
    async fn analyze_text(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most 100,000 characters.")] text: String,
    ) -> Result<Option<TextAnalysis>> {
        let found = service::analyze(ctx.app()?, ctx.viewer()?, text).await?;
        Ok(Some(TextAnalysis {
            language: found.language,
            word_count: found.word_count,
            sentence_count: found.sentence_count,
            reading_minutes: found.reading_minutes,
            readability: found.readability,
            sentiment: found.sentiment.into(),
        }))
    }
}
