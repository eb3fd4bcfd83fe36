//! Whether a text speaks well or badly of things, by a lexicon of each language.
//!
//! Ours, because the crates there are know English alone. Words are compared by their Snowball stems; a
//! negation turns the words behind it, and what follows a `but` counts more than what stood before. The
//! sum is brought into −1 to 1 as VADER does it (Hutto and Gilbert, 2014). `tests/cases/sentiment.tsv`
//! holds it against sentences; docs/linguistics.md has the figures.

use std::collections::HashMap;
use std::sync::LazyLock;

use rust_stemmers::{Algorithm, Stemmer};
use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

use super::language::Language;
use super::readability::each_sentence;

/// A negation turns so many words behind it.
const REACH: usize = 4;
/// What a negation leaves of a word's weight, turned around.
const TURNED: f64 = -0.7;
/// What a `boost` word adds to the weight of the next one, and a `damp` word takes away.
const BOOST: f64 = 0.3;
/// What stands before and behind a `but` counts so much.
const BEFORE: f64 = 0.5;
const BEHIND: f64 = 1.5;
/// VADER's normalisation.
const ALPHA: f64 = 15.0;
/// From this score on, either way, a text is not neutral.
pub const THRESHOLD: f64 = 0.15;

/// What a word does.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Entry {
    /// Speaks well or badly.
    Weight(f64),
    /// Turns what follows.
    Negation,
    /// Makes the next word weigh more, or less.
    Degree(f64),
    /// What follows counts more than what stood before.
    Contrast,
}

struct Lexicon {
    stemmer: Stemmer,
    words: HashMap<String, Entry>,
}

static LEXICONS: LazyLock<[Lexicon; 3]> = LazyLock::new(|| Language::ALL.map(Lexicon::read));

/// How well a text speaks of things, from −1 to 1; 0 where nothing says so, and for other languages.
pub fn score(text: &str, language: Option<Language>) -> f64 {
    let known = |language| Language::ALL.iter().position(|known| *known == language);
    let Some(lexicon) = language.and_then(known).map(|at| &LEXICONS[at]) else {
        return 0.0;
    };
    let (mut sum, mut count) = (0.0, 0_usize);
    for sentence in each_sentence(text) {
        let found = lexicon.sum(sentence);
        if found != 0.0 {
            sum += found;
            count += 1;
        }
    }
    // A long text is as good as its sentences are on average, and surer the more there are.
    let sum = sum / (count.max(1) as f64).sqrt();
    sum / (sum * sum + ALPHA).sqrt()
}

impl Lexicon {
    fn read(language: Language) -> Self {
        let (algorithm, text) = match language {
            Language::English => (Algorithm::English, include_str!("lexicon/en.txt")),
            Language::Portuguese => (Algorithm::Portuguese, include_str!("lexicon/pt.txt")),
            Language::Spanish => (Algorithm::Spanish, include_str!("lexicon/es.txt")),
        };
        let mut lexicon = Self {
            stemmer: Stemmer::create(algorithm),
            words: HashMap::new(),
        };
        for line in text.lines() {
            let mut words = line.split_whitespace();
            let entry = match words.next() {
                Some("negate") => Entry::Negation,
                Some("boost") => Entry::Degree(BOOST),
                Some("damp") => Entry::Degree(-BOOST),
                Some("contrast") => Entry::Contrast,
                Some(weight) => Entry::Weight(weight.parse().unwrap_or_default()),
                None => continue,
            };
            for word in words {
                let (exact, stem) = lexicon.keys(word);
                lexicon.words.insert(exact, entry);
                if matches!(entry, Entry::Weight(_)) {
                    lexicon.words.entry(stem).or_insert(entry);
                }
            }
        }
        lexicon
    }

    /// A word as it is, and its stem in a form that is no word's; both without accents.
    fn keys(&self, word: &str) -> (String, String) {
        let lower = word.to_lowercase().replace('’', "'");
        let stem = self.stemmer.stem(&lower);
        (plain(&lower), format!("{}*", plain(&stem)))
    }

    fn find(&self, word: &str) -> Option<Entry> {
        let (exact, stem) = self.keys(word);
        self.words
            .get(&exact)
            .or_else(|| self.words.get(&stem))
            .copied()
    }

    fn sum(&self, sentence: &str) -> f64 {
        let (mut sum, mut turned, mut degree, mut behind) = (0.0, 0_usize, 0.0, 1.0);
        for word in sentence.unicode_words() {
            match self.find(word) {
                Some(Entry::Weight(weight)) => {
                    let mut weight = weight * (1.0 + degree);
                    if turned > 0 {
                        weight *= TURNED;
                    }
                    sum += weight * behind;
                    degree = 0.0;
                }
                Some(Entry::Negation) => {
                    turned = REACH + 1;
                    degree = 0.0;
                }
                Some(Entry::Degree(by)) => degree += by,
                Some(Entry::Contrast) => {
                    sum *= BEFORE;
                    behind = BEHIND;
                    turned = 0;
                }
                None => degree = 0.0,
            }
            turned = turned.saturating_sub(1);
        }
        sum
    }
}

fn plain(word: &str) -> String {
    word.nfd()
        .filter(|c| !unicode_normalization::char::is_combining_mark(*c))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const CASES: &str = include_str!("../../tests/cases/sentiment.tsv");

    fn label(score: f64) -> &'static str {
        match score {
            score if score >= THRESHOLD => "POSITIVE",
            score if score <= -THRESHOLD => "NEGATIVE",
            _ => "NEUTRAL",
        }
    }

    #[test]
    fn sentiment_accuracy_is_what_the_documentation_says() {
        for (language, documented) in Language::ALL.into_iter().zip([0.90, 0.93, 0.93]) {
            let (mut right, mut all) = (0_usize, 0_usize);
            for line in CASES.lines().filter(|line| !line.starts_with('#')) {
                let parts: Vec<_> = line.split('\t').collect();
                let [code, expected, sentence] = parts[..] else {
                    panic!("three columns: {line}");
                };
                if code == language.code() {
                    let score = score(sentence, Some(language));
                    all += 1;
                    if label(score) == expected {
                        right += 1;
                    } else {
                        println!("{code} {expected} {score:.2} {sentence}");
                    }
                }
            }
            let accuracy = right as f64 / all as f64;
            println!(
                "{}: {right} of {all}, {:.0} %",
                language.code(),
                accuracy * 100.0
            );
            assert!(all >= 30);
            assert!(accuracy >= documented, "{}: {accuracy}", language.code());
        }
    }

    #[test]
    fn a_negation_turns_and_a_degree_strengthens() {
        let english = |text| score(text, Some(Language::English));
        assert!(english("This is good.") > 0.0);
        assert!(english("This is not good.") < 0.0);
        assert!(english("This is very good.") > english("This is good."));
        assert!(english("This is slightly good.") < english("This is good."));
        assert!(english("It was good, but the end was bad.") < 0.0);
        let portuguese = |text| score(text, Some(Language::Portuguese));
        assert!(portuguese("Não é ruim.") > 0.0);
        assert_eq!(portuguese("Otimo"), portuguese("Ótimo"));
    }

    #[test]
    fn other_languages_are_not_judged() {
        assert_eq!(score("good", None), 0.0);
    }

    proptest! {
        #[test]
        fn every_score_is_within_its_bounds(text in "\\PC{0,200}") {
            for language in Language::ALL {
                let score = score(&text, Some(language));
                prop_assert!((-1.0..=1.0).contains(&score));
            }
        }
    }
}
