//! Linguistics: what language a text is in, how it reads, and how it speaks of things, by the built-in
//! engine or a service of the network.

pub mod graphql;
pub mod service;

use async_graphql::Enum;

pub use service::{analyze, sentiment};

/// How a text speaks of things.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum SentimentLabel {
    /// Well.
    Positive,
    /// Neither well nor badly, or nothing says so.
    Neutral,
    /// Badly.
    Negative,
}

impl SentimentLabel {
    /// Its name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Positive => "POSITIVE",
            Self::Neutral => "NEUTRAL",
            Self::Negative => "NEGATIVE",
        }
    }
}

/// Who answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// The service that LINGUISTICS_URL names.
    Linguistics,
    /// The lexicons in this program.
    Builtin,
}

impl Engine {
    /// Its name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Linguistics => "linguistics",
            Self::Builtin => "builtin",
        }
    }
}

/// How a text speaks of things, and how far.
#[derive(Debug, Clone)]
pub struct Sentiment {
    /// Well or badly.
    pub label: SentimentLabel,
    /// From −1 to 1.
    pub score: f64,
    /// `en`, `pt` or `es`; none for other languages.
    pub language: Option<&'static str>,
    /// Who says so.
    pub engine: Engine,
}

/// What a text is like.
#[derive(Debug, Clone)]
pub struct TextAnalysis {
    /// `en`, `pt` or `es`; none for other languages.
    pub language: Option<&'static str>,
    /// Its words.
    pub word_count: usize,
    /// Its sentences.
    pub sentence_count: usize,
    /// How long reading it takes.
    pub reading_minutes: f64,
    /// Flesch's reading ease, from 0 to 100; none for other languages.
    pub readability: Option<f64>,
    /// How it speaks of things.
    pub sentiment: Sentiment,
}
