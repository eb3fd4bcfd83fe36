//! What people type: words, `"phrases"`, `beginnings*` and `-exclusions`. Whatever it is, it is a query.

use super::document::mark;
use super::expression::Expression;
use crate::error::{Error, Result};
use crate::text::analysis::{self, Shape, Token};

/// The longest query, in characters.
pub const MOST_CHARACTERS: usize = 1_000;
/// The most words of a query; each pair of characters of a script without spaces is one.
pub const MOST_WORDS: usize = 32;
/// From so many letters on, a beginning is looked for; one of them begins too much.
const SHORTEST_BEGINNING: usize = 2;

/// A query as it was understood.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// What a hit has, all of it.
    pub terms: Vec<Term>,
    /// What a hit has not.
    pub excluded: Vec<Term>,
}

/// A word, or words side by side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// The words; at least one.
    pub words: Vec<Word>,
    /// In the form that was typed, as in quotes.
    pub literal: bool,
    /// The last word may go on.
    pub goes_on: bool,
}

/// A word of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// As it was typed, folded.
    pub exact: String,
    /// What its other forms share.
    pub stems: Vec<String>,
}

/// What a search asks of the index.
#[derive(Debug, Clone)]
pub struct Matching {
    /// What makes a hit.
    pub all: Expression,
    /// The title has every word as it was typed.
    pub title_words: Expression,
    /// The title has every word in some form.
    pub title_stems: Expression,
    /// The title has a word in some form.
    pub title_any: Expression,
    /// The text is about every word.
    pub topics: Expression,
    /// Title or text have every word as it was typed; `None` where every hit has.
    pub exact: Option<Expression>,
}

impl Query {
    /// Reads what was typed. Only what is too long, or holds U+0000, is refused.
    pub fn parse(typed: &str) -> Result<Self> {
        let length = typed.chars().take(MOST_CHARACTERS + 1).count();
        if length > MOST_CHARACTERS {
            return Err(Error::bad_input(format!(
                "`query` has more than {MOST_CHARACTERS} characters: look for a few words of the text."
            )));
        }
        if typed.contains('\0') {
            return Err(Error::bad_input("`query` holds U+0000, which no text has."));
        }
        let mut query = Self::default();
        let mut rest = typed.trim_start();
        while !rest.is_empty() {
            rest = query.read(rest).trim_start();
        }
        let words = |terms: &[Term]| terms.iter().map(|term| term.words.len()).sum::<usize>();
        if words(&query.terms) + words(&query.excluded) > MOST_WORDS {
            return Err(Error::bad_input(format!(
                "`query` has more than {MOST_WORDS} words: look for fewer of them."
            )));
        }
        Ok(query)
    }

    /// Reads one term and gives what stands behind it.
    fn read<'a>(&mut self, typed: &'a str) -> &'a str {
        let (excluded, typed) = match typed.strip_prefix(['-', '−']) {
            Some(rest) if !rest.starts_with(char::is_whitespace) => (true, rest),
            _ => (false, typed),
        };
        let (term, rest) = match typed.strip_prefix(is_quote) {
            // A quote that is never closed is no quote.
            Some(quoted) => match quoted.split_once(is_quote) {
                Some((phrase, rest)) => {
                    let goes_on = rest.starts_with('*');
                    (Term::of(phrase, true, goes_on), rest)
                }
                None => (None, quoted),
            },
            None => {
                let end = typed.find(|c: char| c.is_whitespace() || is_quote(c));
                let (word, rest) = typed.split_at(end.unwrap_or(typed.len()));
                // The last word is still being typed.
                let goes_on = rest.is_empty() && !excluded || word.ends_with('*');
                (Term::of(word, excluded, goes_on), rest)
            }
        };
        if excluded {
            self.excluded.extend(term);
        } else {
            self.terms.extend(term);
        }
        rest
    }

    /// What to ask of the index; `None` where there is nothing to look for.
    pub fn matching(&self) -> Option<Matching> {
        if self.terms.is_empty() {
            return None;
        }
        let all_of = |what: fn(&Term) -> Expression| all(self.terms.iter().map(what).collect());
        let found = all_of(Term::found);
        let inexact = |term: &Term| term.words.len() == 1 && !term.literal;
        Some(Matching {
            all: match self.excluded.as_slice() {
                [] => found,
                excluded => {
                    let excluded = excluded.iter().map(Term::found).collect();
                    Expression::Without(Box::new(found), Box::new(Expression::Any(excluded)))
                }
            },
            title_words: all_of(Term::in_title),
            title_stems: all_of(Term::in_title_somehow),
            title_any: Expression::Any(self.terms.iter().map(Term::in_title_somehow).collect()),
            topics: all_of(Term::as_topic),
            exact: self.terms.iter().any(inexact).then(|| all_of(Term::typed)),
        })
    }
}

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '“' | '”' | '„' | '«' | '»' | '「' | '」')
}

fn all(mut parts: Vec<Expression>) -> Expression {
    match parts.len() {
        1 => parts.remove(0),
        _ => Expression::All(parts),
    }
}

fn marked(sign: char, text: &str) -> Expression {
    Expression::Token(format!("{sign}{text}"))
}

impl Term {
    fn of(text: &str, literal: bool, goes_on: bool) -> Option<Self> {
        let mut tokens = analysis::tokens(text, MOST_WORDS + 1);
        let single = |token: &Token| token.shape == Shape::Pair && token.exact.chars().count() == 1;
        let mut goes_on = goes_on;
        if let Some(last) = tokens.last().filter(|token| single(token)) {
            let in_a_pair = tokens.len() > 1
                && tokens[tokens.len() - 2].shape == Shape::Pair
                && tokens[tokens.len() - 2].end == last.start;
            if in_a_pair {
                // The pair before holds it.
                tokens.pop();
                goes_on = false;
            } else {
                // One character alone begins every pair that it stands in.
                goes_on = true;
            }
        } else {
            let last = tokens.last()?;
            goes_on &=
                last.exact.chars().count() >= SHORTEST_BEGINNING && last.shape == Shape::Word;
        }
        let words: Vec<_> = tokens
            .into_iter()
            .map(|token| Word {
                stems: token.stems().into_iter().collect(),
                exact: token.exact,
            })
            .collect();
        (!words.is_empty()).then_some(Self {
            words,
            literal,
            goes_on,
        })
    }

    /// The term where it stands in title or text.
    fn found(&self) -> Expression {
        match self.words.as_slice() {
            [word] if !self.literal => {
                let mut ways: Vec<_> = word
                    .stems
                    .iter()
                    .map(|stem| marked(mark::STEM, stem))
                    .collect();
                if self.goes_on {
                    ways.push(Expression::Beginning(word.exact.clone()));
                }
                Expression::Any(ways)
            }
            _ => self.typed_or_begun(),
        }
    }

    fn typed_or_begun(&self) -> Expression {
        match self.words.as_slice() {
            [word] if self.goes_on => Expression::Beginning(word.exact.clone()),
            [word] => Expression::Token(word.exact.clone()),
            words => Expression::Phrase(
                words.iter().map(|word| word.exact.clone()).collect(),
                self.goes_on,
            ),
        }
    }

    /// The term as it was typed. What goes on is better where it does not.
    fn typed(&self) -> Expression {
        match self.words.as_slice() {
            [word] if word.exact.chars().count() > 1 => Expression::Token(word.exact.clone()),
            _ => self.typed_or_begun(),
        }
    }

    fn in_title(&self) -> Expression {
        let words = self.words.iter();
        let words = words.map(|word| marked(mark::TITLE_WORD, &word.exact));
        all(words.collect())
    }

    fn in_title_somehow(&self) -> Expression {
        let last = self.words.len() - 1;
        let words = self.words.iter().enumerate().map(|(index, word)| {
            let mut ways: Vec<_> = word
                .stems
                .iter()
                .map(|stem| marked(mark::TITLE_STEM, stem))
                .collect();
            if self.goes_on && index == last {
                ways.push(Expression::Beginning(format!(
                    "{}{}",
                    mark::TITLE_WORD,
                    word.exact
                )));
            }
            Expression::Any(ways)
        });
        all(words.collect())
    }

    fn as_topic(&self) -> Expression {
        let words = self.words.iter().map(|word| {
            let stems = word.stems.iter();
            Expression::Any(stems.map(|stem| marked(mark::TOPIC, stem)).collect())
        });
        all(words.collect())
    }
}

#[cfg(test)]
#[path = "query_tests.rs"]
mod tests;
