//! The one analyser of the search: words, their stems, and bigrams of scripts without spaces.
//!
//! Every engine is given what this makes of a text and of a query, so that all of them find the same.
//! The language of a text is not guessed, as a wrong guess hides it: each word has the Portuguese, Spanish
//! and English stems, of its form with accents and of the one without, which are one to three
//! different ones in most cases. What that finds too much ranks behind the word as it was typed.
//!
//! - A word is a run of letters and digits. Hyphens, underscores, full stops, apostrophes and `@` part words, and
//!   a query that holds them looks for the parts side by side: `snake_case`, `d'água`, `ann@example.org`, `3.14`.
//! - A single letter keeps `++` or `#` behind it: `C++`, `C#`.
//! - Soft hyphens and joiners inside of words are as if they were not there; accents, Arabic and Hebrew points too.
//! - Chinese, Japanese, Korean, Thai, Lao, Khmer, Burmese and Tibetan are cut into overlapping pairs of characters. Korean has
//!   spaces, but its particles stick to the words.
//! - An emoji is a word; its skin tone does not count.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use caseless::Caseless;
use rust_stemmers::{Algorithm, Stemmer};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use unicode_segmentation::UnicodeSegmentation;

/// What this module does to a text has changed when this number has: stored texts are then analysed anew.
pub const VERSION: i32 = 1;

/// Words are cut after so many characters.
const LONGEST_WORD: usize = 64;
/// Shorter words are their own stem.
const SHORTEST_STEMMED: usize = 4;

static STEMMERS: LazyLock<[Stemmer; 3]> = LazyLock::new(|| {
    [
        Algorithm::English,
        Algorithm::Portuguese,
        Algorithm::Spanish,
    ]
    .map(Stemmer::create)
});

/// How a token stands in its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A word of a script with spaces, or an emoji.
    Word,
    /// A character of a script without spaces, with the one behind it where there is one.
    Pair,
}

/// A token of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Where it begins, in bytes of the text.
    pub start: usize,
    /// Where it ends. A pair ends with its first character.
    pub end: usize,
    /// What it is found as: letters and digits, folded and without accents.
    pub exact: String,
    /// The folded form with its accents, which stems are made of.
    accented: String,
    /// How it stands in its text.
    pub shape: Shape,
}

impl Token {
    /// What it is folded to with its accents, on which its stems depend.
    pub fn accented(&self) -> &str {
        &self.accented
    }

    /// The stems of the word in every language, without accents; a pair and a short word are their own.
    pub fn stems(&self) -> BTreeSet<String> {
        let latin = || self.exact.bytes().all(|byte| byte.is_ascii_lowercase());
        if self.shape == Shape::Pair || self.exact.len() < SHORTEST_STEMMED || !latin() {
            return BTreeSet::from([self.exact.clone()]);
        }
        let mut forms = vec![self.exact.clone()];
        if self.accented != self.exact {
            forms.push(self.accented.clone());
        }
        // The Portuguese stemmer does not bring `emoções` and `emoção` together.
        let singular = |form: &String| {
            let (ending, end) = [("ões", "ão"), ("ães", "ão"), ("oes", "ao"), ("aes", "ao")]
                .into_iter()
                .find(|(plural, _)| form.ends_with(plural))?;
            Some(format!("{}{end}", form.strip_suffix(ending)?))
        };
        let singulars: Vec<_> = forms.iter().filter_map(singular).collect();
        forms.extend(singulars);
        let mut stems = BTreeSet::new();
        for form in &forms {
            for stemmer in STEMMERS.iter() {
                stems.insert(plain(&stemmer.stem(form)));
            }
        }
        stems.retain(|stem| !stem.is_empty());
        stems
    }
}

/// What a character is to words.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    /// Part of a word.
    Letter,
    /// Of a script without spaces between words.
    Unspaced,
    /// Changes the character before it, and is nothing by itself.
    Joined,
    /// A word by itself.
    Symbol,
    /// Between words.
    Other,
}

fn class(c: char) -> Class {
    match c {
        'a'..='z' | 'A'..='Z' | '0'..='9' => Class::Letter,
        '\0'..='\x7f' => Class::Other,
        // Soft hyphen, joiners, marks of direction, word joiner, byte order mark, variation selectors.
        '\u{ad}' | '\u{200c}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{fe00}'..='\u{fe0f}' => {
            Class::Joined
        }
        '\u{1f3fb}'..='\u{1f3ff}' => Class::Joined,
        '\u{2600}'..='\u{27bf}' | '\u{1f000}'..='\u{1faff}' => Class::Symbol,
        _ if is_unspaced(c) => Class::Unspaced,
        _ if is_combining_mark(c) => Class::Joined,
        _ if c.is_alphanumeric() => Class::Letter,
        _ => Class::Other,
    }
}

fn is_unspaced(c: char) -> bool {
    matches!(c,
        '\u{0e01}'..='\u{0e4e}' | '\u{0e81}'..='\u{0ecf}' | '\u{0edc}'..='\u{0edf}' // Thai, Lao
        | '\u{0f40}'..='\u{0fbc}' // Tibetan
        | '\u{1000}'..='\u{103f}' | '\u{1050}'..='\u{108f}' // Burmese
        | '\u{1780}'..='\u{17d3}' // Khmer
        | '\u{1100}'..='\u{11ff}' | '\u{3131}'..='\u{318e}' | '\u{ac00}'..='\u{d7a3}' // Hangul
        | '\u{3005}'..='\u{3007}' | '\u{3041}'..='\u{309f}' // Iteration mark, Hiragana
        | '\u{30a1}'..='\u{30fa}' | '\u{30fc}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' // Katakana
        | '\u{ff66}'..='\u{ffdc}' | '\u{3105}'..='\u{312f}' // half-width forms, Bopomofo
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{323af}') // Han
}

/// The tokens of a text in their order, the first `most` of them.
pub fn tokens(text: &str, most: usize) -> Vec<Token> {
    let mut found = Vec::new();
    let mut rest = text.char_indices().peekable();
    while let Some((start, c)) = rest.next() {
        if found.len() >= most {
            break;
        }
        let kind = class(c);
        if matches!(kind, Class::Other | Class::Joined) {
            continue;
        }
        let mut end = start + c.len_utf8();
        if kind == Class::Symbol {
            word(&mut found, text, start, end);
            continue;
        }
        while let Some(&(at, next)) = rest.peek() {
            let next_kind = class(next);
            if next_kind != kind && next_kind != Class::Joined {
                break;
            }
            end = at + next.len_utf8();
            rest.next();
        }
        if kind == Class::Unspaced {
            pairs(&mut found, text, start, end);
        } else {
            if c.len_utf8() == end - start {
                let tail = sign(&text[end..]);
                end += tail;
                for _ in 0..tail {
                    rest.next();
                }
            }
            word(&mut found, text, start, end);
        }
    }
    found.truncate(most);
    found
}

/// How long the `++` or `#` is that belongs to the letter before it.
fn sign(rest: &str) -> usize {
    let length = match rest.as_bytes() {
        [b'+', b'+', ..] => 2,
        [b'#', ..] => 1,
        _ => return 0,
    };
    let ends = rest[length..]
        .chars()
        .next()
        .is_none_or(|c| class(c) == Class::Other);
    if ends { length } else { 0 }
}

fn word(found: &mut Vec<Token>, text: &str, start: usize, end: usize) {
    let part = &text[start..end];
    let (exact, accented) = if part.is_ascii() {
        let folded: String = part.chars().take(LONGEST_WORD).collect();
        let folded = folded.to_ascii_lowercase();
        (folded.clone(), folded)
    } else {
        let accented = folded(part);
        (plain(&accented), accented)
    };
    if !exact.is_empty() {
        found.push(Token {
            start,
            end,
            exact,
            accented,
            shape: Shape::Word,
        });
    }
}

fn pairs(found: &mut Vec<Token>, text: &str, start: usize, end: usize) {
    // By grapheme clusters, as half-width kana and their marks become one character.
    let mut characters = Vec::new();
    for (at, cluster) in text[start..end].grapheme_indices(true) {
        let place = (start + at, start + at + cluster.len());
        let composed = cluster
            .nfkc()
            .filter(|c| class(*c) != Class::Joined || is_unspaced(*c))
            // A sound mark that stands alone is composed as a space and the mark.
            .filter(|c| !c.is_whitespace());
        characters.extend(composed.map(|c| (c, place)));
    }
    for (index, (c, (start, end))) in characters.iter().enumerate() {
        let next = characters.get(index + 1).map(|(c, _)| *c);
        let exact: String = std::iter::once(*c).chain(next).collect();
        found.push(Token {
            start: *start,
            end: *end,
            accented: exact.clone(),
            exact,
            shape: Shape::Pair,
        });
    }
}

/// Compatibility-composed and case-folded, with accents, without what joins.
fn folded(part: &str) -> String {
    part.chars()
        .nfkd()
        .default_case_fold()
        .nfkd()
        .default_case_fold()
        .nfc()
        .filter(|c| c.is_alphanumeric() || is_combining_mark(*c) || is_symbol(*c))
        .filter(|c| !matches!(c, '\u{fe00}'..='\u{fe0f}'))
        .take(LONGEST_WORD)
        .collect()
}

fn is_symbol(c: char) -> bool {
    class(c) == Class::Symbol || matches!(c, '+' | '#')
}

/// Without accents, and with the letters that some languages write as two or by a stroke as others do.
fn plain(folded: &str) -> String {
    if folded.is_ascii() {
        return folded.to_owned();
    }
    let mut plain = String::with_capacity(folded.len());
    for c in folded.nfd() {
        match c {
            '\u{300}'..='\u{36f}' => {}
            '\u{591}'..='\u{5c7}' | '\u{64b}'..='\u{65f}' | '\u{670}' => {}
            'ø' => plain.push('o'),
            'ł' => plain.push('l'),
            'đ' | 'ð' => plain.push('d'),
            'ı' => plain.push('i'),
            'æ' => plain.push_str("ae"),
            'œ' => plain.push_str("oe"),
            'þ' => plain.push_str("th"),
            _ => plain.push(c),
        }
    }
    plain.nfc().collect()
}

#[cfg(test)]
#[path = "analysis_tests.rs"]
mod tests;
