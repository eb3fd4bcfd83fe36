//! Texts as sequences of numbers, so that comparing two lines costs the same whatever their length.

use std::collections::HashMap;
use std::hash::Hash;

/// The lines of a text, each with its own ending, so that joining them gives the text back.
pub(super) fn split(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

/// Gives equal items the same number, across all sequences.
pub(super) fn number<T: Hash + Eq, const N: usize>(sequences: [&[T]; N]) -> [Vec<usize>; N] {
    let mut numbers = HashMap::new();
    sequences.map(|sequence| {
        sequence
            .iter()
            .map(|item| {
                let next = numbers.len();
                *numbers.entry(item).or_insert(next)
            })
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_keep_their_endings() {
        assert_eq!(split("a\r\n\nb"), ["a\r\n", "\n", "b"]);
        assert!(split("").is_empty());
    }

    #[test]
    fn equal_items_share_a_number_across_sequences() {
        let [a, b] = number([&["x", "y", "x"], &["y", "z"]]);
        assert_eq!((a, b), (vec![0, 1, 0], vec![1, 2]));
    }
}
