//! The part of a text that shows why it was found.

use std::collections::HashSet;

use unicode_segmentation::UnicodeSegmentation;

use super::query::{Query, Term};
use crate::text::analysis::{self, Token};

/// About so many bytes of a text are shown,
const LENGTH: usize = 260;
/// so many of them before the first match.
const BEFORE: usize = 60;
/// A blank this near is where a text is cut.
const NEAR: usize = 24;
/// So many tokens of a text are looked at.
const MOST_TOKENS: usize = 60_000;

/// The part of `text` with the most matches, as HTML: the text escaped, matches between `<mark>` and `</mark>`, and an
/// ellipsis where it goes on. Where only the title matches, that is shown; where neither does, the beginning.
pub fn of(query: &Query, title: &str, text: &str) -> String {
    let found = matches(query, text);
    if found.is_empty() {
        let in_title = matches(query, title);
        if !in_title.is_empty() || text.trim().is_empty() {
            return marked(title, 0, title.len(), &in_title);
        }
    }
    let (start, end) = window(text, &found);
    marked(text, start, end, &found)
}

/// A match: where it is, and which term it is of.
struct Match {
    start: usize,
    end: usize,
    term: usize,
}

fn matches(query: &Query, text: &str) -> Vec<Match> {
    let tokens = analysis::tokens(text, MOST_TOKENS);
    let mut found = Vec::new();
    for (number, term) in query.terms.iter().enumerate() {
        let stems: HashSet<&str> = match term.words.as_slice() {
            [word] if !term.literal => word.stems.iter().map(String::as_str).collect(),
            _ => HashSet::new(),
        };
        let length = term.words.len();
        for (index, run) in tokens.windows(length).enumerate() {
            if !is_match(term, &stems, run) {
                continue;
            }
            let last = &run[length - 1];
            // A pair's second character belongs to the match, and is the next token.
            let end = match tokens.get(index + length) {
                Some(next) if last.shape == analysis::Shape::Pair => {
                    let both = last.exact.chars().count() == 2 && last.end == next.start;
                    if both && !is_single(term) {
                        next.end
                    } else {
                        last.end
                    }
                }
                _ => last.end,
            };
            found.push(Match {
                start: run[0].start,
                end,
                term: number,
            });
        }
    }
    found.sort_by_key(|found| (found.start, found.end));
    found
}

/// Whether a term is one character of a script without spaces.
fn is_single(term: &Term) -> bool {
    matches!(term.words.as_slice(), [word] if word.exact.chars().count() == 1)
}

fn is_match(term: &Term, stems: &HashSet<&str>, run: &[Token]) -> bool {
    let last = term.words.len() - 1;
    let as_typed = term
        .words
        .iter()
        .zip(run)
        .enumerate()
        .all(|(index, (word, token))| {
            if term.goes_on && index == last {
                token.exact.starts_with(&word.exact)
            } else {
                token.exact == word.exact
            }
        });
    as_typed
        || !stems.is_empty()
            && run[0]
                .stems()
                .iter()
                .any(|stem| stems.contains(stem.as_str()))
}

/// Which part of the text to show: where the most terms are near to each other.
fn window(text: &str, found: &[Match]) -> (usize, usize) {
    let mut best = (0, 0, 0);
    for (index, first) in found.iter().enumerate() {
        let near = found[index..]
            .iter()
            .take_while(|other| other.end <= first.start + LENGTH - BEFORE);
        let (mut terms, mut count) = (HashSet::new(), 0);
        for other in near.take(50) {
            terms.insert(other.term);
            count += 1;
        }
        if (terms.len(), count) > (best.0, best.1) {
            best = (terms.len(), count, first.start);
        }
    }
    let start = cut(text, best.2.saturating_sub(BEFORE), best.2);
    let wanted = (start + LENGTH).min(text.len());
    let end = if wanted == text.len() {
        wanted
    } else {
        // Never within a match, nor before the end of the first one.
        let within = found
            .iter()
            .find(|found| found.start < wanted && wanted < found.end);
        cut_back(
            text,
            within.map_or(wanted, |found| found.end.min(wanted + LENGTH)),
        )
    };
    (start, end.max(start))
}

/// The first place from `from` on where a word begins, not far behind it; else one where a character does.
fn cut(text: &str, from: usize, most: usize) -> usize {
    if from == 0 {
        return 0;
    }
    let from = text.floor_char_boundary(from);
    let most = text.floor_char_boundary(most.min(from + NEAR).max(from));
    let blank = text[from..most].find(char::is_whitespace);
    if let Some(blank) = blank {
        let rest = &text[from + blank..];
        return from + blank + (rest.len() - rest.trim_start().len());
    }
    let clusters = text[from..].grapheme_indices(true);
    clusters
        .map(|(at, _)| from + at)
        .find(|at| *at > from)
        .map_or(from, |at| {
            // The first piece may be half of a cluster.
            if at <= most { at } else { from }
        })
}

/// The last place up to `to` where a word ends, not far before it; else one where a character does.
fn cut_back(text: &str, to: usize) -> usize {
    let to = text.floor_char_boundary(to);
    let from = text.floor_char_boundary(to.saturating_sub(NEAR));
    if text[to..].starts_with(char::is_whitespace) {
        return to;
    }
    if let Some(blank) = text[from..to].rfind(char::is_whitespace) {
        return from + blank;
    }
    let clusters = text[from..].grapheme_indices(true).map(|(at, _)| from + at);
    clusters.take_while(|at| *at <= to).last().unwrap_or(to)
}

/// A part of a text with its matches marked, white space as single blanks, and everything escaped.
fn marked(text: &str, start: usize, end: usize, found: &[Match]) -> String {
    let mut out = String::with_capacity(end - start + 64);
    if start > 0 {
        out.push('…');
    }
    let mut at = start;
    for next in found {
        let (from, to) = (next.start.max(at), next.end.min(end));
        if from >= to {
            continue;
        }
        escape(&mut out, &text[at..from]);
        // What overlaps, or touches, is one mark.
        if from == at && out.ends_with("</mark>") {
            out.truncate(out.len() - "</mark>".len());
        } else {
            out.push_str("<mark>");
        }
        escape(&mut out, &text[from..to]);
        out.push_str("</mark>");
        at = to;
    }
    escape(&mut out, &text[at..end]);
    if !text[end..].trim().is_empty() {
        out.push('…');
    }
    out.trim().to_owned()
}

fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if c.is_whitespace() => {
                if !out.ends_with(' ') {
                    out.push(' ');
                }
            }
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
}

#[cfg(test)]
#[path = "snippet_tests.rs"]
mod tests;
