//! How easily a text is read, by the Flesch formula of its language.
//!
//! English: Flesch, 1948. Portuguese: Martins and others, 1996, which adds 42 to it. Spanish: Fernández
//! Huerta, 1959. Syllables are estimated by the groups of vowels.

use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

use super::language::Language;

/// From about 0, very hard, to about 100, very easy; `None` for other languages and where there are no words.
pub fn flesch(text: &str, language: Option<Language>) -> Option<f64> {
    let language = language?;
    let (mut words, mut syllables) = (0_usize, 0_usize);
    for word in text
        .unicode_words()
        .filter(|word| word.chars().any(char::is_alphabetic))
    {
        words += 1;
        syllables += count_syllables(word, language);
    }
    if words == 0 {
        return None;
    }
    let sentences = sentences(text).max(1);
    let per_sentence = words as f64 / sentences as f64;
    let per_word = syllables as f64 / words as f64;
    let ease = match language {
        Language::English => 206.835 - 1.015 * per_sentence - 84.6 * per_word,
        Language::Portuguese => 248.835 - 1.015 * per_sentence - 84.6 * per_word,
        Language::Spanish => 206.84 - 1.02 * per_sentence - 60.0 * per_word,
    };
    Some(ease.clamp(0.0, 100.0))
}

/// How many sentences a text has, by Unicode's sentence boundaries (UAX #29).
pub fn sentences(text: &str) -> usize {
    each_sentence(text)
        .filter(|sentence| sentence.chars().any(char::is_alphanumeric))
        .count()
}

/// The sentences of a text; unicode-segmentation 1.13 counts below zero where there is no text.
pub(super) fn each_sentence(text: &str) -> impl Iterator<Item = &str> {
    let text = (!text.is_empty()).then_some(text);
    text.into_iter()
        .flat_map(UnicodeSegmentation::unicode_sentences)
}

fn count_syllables(word: &str, language: Language) -> usize {
    let letters: Vec<char> = word
        .to_lowercase()
        .nfd()
        .filter(|c| !unicode_normalization::char::is_combining_mark(*c))
        .collect();
    let is_vowel = |c: char| matches!(c, 'a' | 'e' | 'i' | 'o' | 'u' | 'y');
    let strong = |c: char| matches!(c, 'a' | 'e' | 'o');
    let mut count = 0_usize;
    let mut before = None;
    for &letter in &letters {
        if is_vowel(letter) {
            // Two strong vowels are two syllables in Portuguese and Spanish: `te-a-tro`.
            let hiatus = language != Language::English
                && before.is_some_and(|before| strong(before) && strong(letter));
            if before.is_none() || hiatus {
                count += 1;
            }
            before = Some(letter);
        } else {
            before = None;
        }
    }
    let silent = language == Language::English
        && count > 1
        && letters.ends_with(&['e'])
        && !letters.ends_with(&['l', 'e']);
    count.saturating_sub(usize::from(silent)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn syllables_are_counted_as_they_are_spoken() {
        for (word, language, expected) in [
            ("cat", Language::English, 1),
            ("table", Language::English, 2),
            ("made", Language::English, 1),
            ("syllable", Language::English, 3),
            ("rhythm", Language::English, 1),
            ("teatro", Language::Portuguese, 3),
            ("água", Language::Portuguese, 2),
            ("palabra", Language::Spanish, 3),
            ("poeta", Language::Spanish, 3),
        ] {
            assert_eq!(count_syllables(word, language), expected, "{word}");
        }
    }

    #[test]
    fn short_words_in_short_sentences_read_more_easily() {
        let easy = "The cat sat on the mat. It was red.";
        let hard = "Notwithstanding considerable administrative complications, organisational \
                    responsibilities necessitate comprehensive documentation.";
        let ease = |text| flesch(text, Some(Language::English)).unwrap();
        assert!(ease(easy) > 90.0);
        assert!(ease(hard) < 10.0);
        assert_eq!(flesch("123 …", Some(Language::English)), None);
        assert_eq!(flesch("The cat", None), None);
    }

    #[test]
    fn the_formula_is_the_published_one() {
        // Nine words of one syllable in one sentence: 206.835 − 1.015 × 9 − 84.6.
        let ease = flesch(
            "The dog ran far and the cat ran home.",
            Some(Language::English),
        );
        let expected = 206.835_f64 - 1.015 * 9.0 - 84.6;
        assert_eq!(ease, Some(expected.clamp(0.0, 100.0)));
    }
}
