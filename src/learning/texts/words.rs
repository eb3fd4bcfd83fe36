//! Bags of words: how often each word of a vocabulary is in a text.

use super::MOST_WORDS;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

/// The words of a text as Unicode bounds them, in compatibility form (NFKC) and lower case. Of longer words the first 64
/// characters count.
pub(super) fn words(text: &str) -> Vec<String> {
    let normal: String = text.nfkc().flat_map(char::to_lowercase).collect();
    normal
        .unicode_words()
        .take(MOST_WORDS)
        .map(|word| word.chars().take(64).collect())
        .collect()
}

/// The place of each word, with how often the text has it.
pub(super) type Bag = Vec<(u32, f64)>;

/// The words that count, sorted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Vocabulary(Vec<String>);

impl Vocabulary {
    /// The `most` words that are in the most texts, and in at least `least` of them; the alphabet decides between equals.
    pub(super) fn of<'a>(
        texts: impl Iterator<Item = &'a [String]>,
        most: usize,
        least: usize,
    ) -> Self {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for words in texts {
            let different: BTreeSet<&str> = words.iter().map(String::as_str).collect();
            for word in different {
                *counts.entry(word).or_default() += 1;
            }
        }
        let mut known: Vec<(&str, usize)> = counts
            .into_iter()
            .filter(|(_, count)| *count >= least)
            .collect();
        known.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        known.truncate(most);
        let mut known: Vec<String> = known.into_iter().map(|(word, _)| word.to_owned()).collect();
        known.sort_unstable();
        Self(known)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Unknown words count for nothing.
    pub(super) fn bag(&self, words: &[String]) -> Bag {
        let mut counts: BTreeMap<u32, f64> = BTreeMap::new();
        for word in words {
            if let Ok(place) = self.0.binary_search(word) {
                *counts.entry(place as u32).or_default() += 1.0;
            }
        }
        counts.into_iter().collect()
    }
}
