//! What the index keeps of a text, in the forms that SQLite FTS5 and PostgreSQL take.
//!
//! A document has the *words* of title and text in their order, for phrases and beginnings of words, and *marks*:
//! each different stem (`~`), stems (`^`) and words (`=`) of the title, and stems that return often (`%`).
//! The signs are part of the tokens, so that both engines look them up as they do words.
//!
//! Bounds, the same for both, set by what a `tsvector` holds: phrases are found within the first [`ORDERED`]
//! words, each of which has its first `OCCURRENCES` places; what stands behind is found word by word, up to `MOST_WORDS` words,
//! and until the different ones take `MOST_BYTES` bytes.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write;

use crate::text::analysis::{self, Shape, Token};

/// So many words of a text keep their places.
pub const ORDERED: usize = 16_000;
/// So many places a word has in a text.
const OCCURRENCES: u16 = 200;
/// So many words of a text are read at all.
const MOST_WORDS: usize = 200_000;
/// So many bytes the different words of a text take, their stems counted too.
const MOST_BYTES: usize = 400_000;
/// A word returns often that stands this many times in a text,
const OFTEN: usize = 3;
/// and makes up one in so many of its words.
const SHARE: usize = 150;
/// So many words return often, at most.
const MOST_TOPICS: usize = 24;
/// Shorter words say little of what a text is about.
const SHORTEST_TOPIC: usize = 4;

/// Stands where a word is left out.
const GAP: &str = "_";

/// Which marks a document has.
pub mod mark {
    /// Before a stem.
    pub const STEM: char = '~';
    /// Before a stem of the title.
    pub const TITLE_STEM: char = '^';
    /// Before a word of the title.
    pub const TITLE_WORD: char = '=';
    /// Before a stem that returns often.
    pub const TOPIC: char = '%';
}

/// A text without its title, analysed; made before the transaction that stores it.
#[derive(Debug, Clone, Default)]
pub struct Body {
    slots: Vec<String>,
    stems: BTreeSet<String>,
    topics: Vec<String>,
    words: usize,
}

/// What of a word is known while a text is read.
#[derive(Default)]
struct Known {
    forms: Vec<String>,
    stems: BTreeSet<String>,
    places: u16,
    count: usize,
    pair: bool,
}

impl Body {
    /// Analyses a plain text.
    pub fn of(plain: &str) -> Self {
        let tokens = analysis::tokens(plain, MOST_WORDS);
        let mut body = Self {
            words: tokens.len(),
            ..Self::default()
        };
        let mut known: HashMap<String, Known> = HashMap::new();
        let mut bytes = 0;
        for (index, token) in tokens.iter().enumerate() {
            let ordered = index < ORDERED;
            if let Some(known) = known.get_mut(&token.exact) {
                known.count += 1;
                if ordered {
                    let kept = known.places < OCCURRENCES;
                    known.places += u16::from(kept);
                    let slot = if kept { &token.exact } else { GAP };
                    body.slots.push(slot.to_owned());
                }
                // The same letters may have other accents, and other stems.
                if !known.forms.iter().any(|form| form == token.accented()) {
                    known.forms.push(token.accented().to_owned());
                    let stems = token.stems();
                    body.stems.extend(stems.iter().cloned());
                    known.stems.extend(stems);
                }
                continue;
            }
            if bytes > MOST_BYTES {
                if ordered {
                    body.slots.push(GAP.to_owned());
                }
                continue;
            }
            let stems = token.stems();
            bytes += token.exact.len() + stems.iter().map(String::len).sum::<usize>();
            if !ordered {
                body.slots.push(GAP.to_owned());
            }
            body.slots.push(token.exact.clone());
            body.stems.extend(stems.iter().cloned());
            let first = Known {
                forms: vec![token.accented().to_owned()],
                stems,
                places: 1,
                count: 1,
                pair: token.shape == Shape::Pair,
            };
            known.insert(token.exact.clone(), first);
        }
        body.topics = topics(known, tokens.len());
        body
    }
}

/// The stems of the words that return most often.
fn topics(known: HashMap<String, Known>, words: usize) -> Vec<String> {
    let mut counts: HashMap<String, usize> = HashMap::new();
    for (word, known) in known {
        let long = word.chars().count() >= if known.pair { 2 } else { SHORTEST_TOPIC };
        if long {
            for stem in known.stems {
                *counts.entry(stem).or_default() += known.count;
            }
        }
    }
    let mut often: Vec<_> = counts
        .into_iter()
        .filter(|(_, count)| *count >= OFTEN && count * SHARE >= words)
        .collect();
    often.sort_by(|(a, of_a), (b, of_b)| of_b.cmp(of_a).then_with(|| a.cmp(b)));
    often.truncate(MOST_TOPICS);
    often.into_iter().map(|(stem, _)| stem).collect()
}

/// A title and a text, ready for the index.
#[derive(Debug, Clone)]
pub struct Document {
    slots: Vec<String>,
    stems: BTreeSet<String>,
    heading: BTreeSet<String>,
    /// How many words the title has, at least 1.
    pub title_words: i32,
    /// From 0 to 99: the more, the shorter the text is.
    pub brevity: i32,
}

impl Document {
    /// Puts a title and an analysed text together.
    pub fn new(title: &str, body: &Body) -> Self {
        Self::titled(&analysis::tokens(title, MOST_WORDS), body)
    }

    fn titled(title: &[Token], body: &Body) -> Self {
        let marked = |sign: char, text: &str| format!("{sign}{text}");
        let mut heading: BTreeSet<String> = body
            .topics
            .iter()
            .map(|stem| marked(mark::TOPIC, stem))
            .collect();
        let mut stems: BTreeSet<String> = body.stems.clone();
        let mut slots = Vec::with_capacity(title.len() + 1 + body.slots.len());
        for token in title {
            heading.insert(marked(mark::TITLE_WORD, &token.exact));
            for stem in token.stems() {
                heading.insert(marked(mark::TITLE_STEM, &stem));
                stems.insert(stem);
            }
            slots.push(token.exact.clone());
        }
        // No phrase begins in the title and ends in the text.
        slots.push(GAP.to_owned());
        slots.extend(body.slots.iter().cloned());
        let length = (body.words + 2).ilog2();
        Self {
            slots,
            stems,
            heading,
            title_words: i32::try_from(title.len()).unwrap_or(i32::MAX).max(1),
            brevity: 99 - 5 * i32::try_from(length).unwrap_or(0),
        }
    }

    /// The words as FTS5 reads them: in their order, with blanks between them.
    pub fn words(&self) -> String {
        self.slots.join(" ")
    }

    /// The marks as FTS5 reads them.
    pub fn marks(&self) -> String {
        let mut out = String::new();
        for stem in &self.stems {
            let _ = write!(out, "{}{stem} ", mark::STEM);
        }
        for heading in &self.heading {
            out.push_str(heading);
            out.push(' ');
        }
        out
    }

    /// Words with their places and stems as a `tsvector`'s text.
    pub fn content(&self) -> String {
        let mut places: HashMap<&str, Vec<usize>> = HashMap::new();
        for (index, word) in self.slots.iter().enumerate() {
            if word != GAP {
                places.entry(word).or_default().push(index + 1);
            }
        }
        let mut out = String::new();
        for (word, places) in places {
            let _ = write!(out, "'{word}'");
            // A place is at most 16383; behind that, words have none.
            let ordered = places.iter().filter(|place| **place <= ORDERED + 300);
            for (index, place) in ordered.enumerate() {
                let _ = write!(out, "{}{place}", if index == 0 { ':' } else { ',' });
            }
            out.push(' ');
        }
        for stem in &self.stems {
            let _ = write!(out, "'{}{stem}' ", mark::STEM);
        }
        out
    }

    /// The marks that make a hit better, as a `tsvector`'s text.
    pub fn heading(&self) -> String {
        let mut out = String::new();
        for heading in &self.heading {
            let _ = write!(out, "'{heading}' ");
        }
        out
    }
}

#[cfg(test)]
#[path = "document_tests.rs"]
mod tests;
