//! Counting words in any script.

use unicode_segmentation::UnicodeSegmentation;

/// The number of words in a plain text, by Unicode's word boundaries (UAX #29); white space
/// and punctuation are not words.
///
/// Where a script has no spaces between words, finding them takes a dictionary, so the count
/// is a convention:
/// - Chinese and Japanese: each ideograph and each hiragana counts as one, as word processors
///   count them, and a run of katakana as one;
/// - Thai, Lao, Khmer and Burmese: each run of letters between spaces or punctuation (a
///   phrase, usually) counts as one;
/// - Korean is written with spaces and counted by them.
pub fn count(plain: &str) -> usize {
    let mut words = 0;
    let mut phrase_end = None;
    for (start, word) in plain.unicode_word_indices() {
        let unspaced = word.chars().next().is_some_and(is_southeast_asian);
        if !(unspaced && phrase_end == Some(start)) {
            words += 1;
        }
        phrase_end = unspaced.then_some(start + word.len());
    }
    words
}

fn is_southeast_asian(c: char) -> bool {
    matches!(c,
        '\u{0e00}'..='\u{0eff}' // Thai, Lao
        | '\u{1000}'..='\u{109f}' // Burmese
        | '\u{1780}'..='\u{17ff}') // Khmer
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn punctuation_and_spaces_are_no_words() {
        assert_eq!(count(""), 0);
        assert_eq!(count(" \n — … ! "), 0);
        assert_eq!(count("Don't stop: it's 3.14, or co-written."), 7);
    }

    #[test]
    fn accents_and_other_alphabets_count_by_spaces() {
        assert_eq!(count("Ação e emoção, às três."), 5);
        assert_eq!(count("Война и мир"), 3);
        assert_eq!(count("안녕하세요 세계"), 2);
        assert_eq!(count("السلام عليكم"), 2);
    }

    #[test]
    fn scripts_without_spaces_follow_the_convention() {
        assert_eq!(count("我爱写作。"), 4);
        assert_eq!(count("テレビを見る"), 4);
        assert_eq!(count("สวัสดีชาวโลก ยินดี"), 2);
        assert_eq!(count("Pluma 東京 2026"), 4);
    }

    proptest! {
        #[test]
        fn joining_texts_by_a_newline_adds_their_counts(a in "\\PC{0,40}", b in "\\PC{0,40}") {
            prop_assert_eq!(count(&format!("{a}\n{b}")), count(&a) + count(&b));
        }
    }
}
