//! What the index is given of a text.

use proptest::prelude::*;

use super::*;

fn document(title: &str, text: &str) -> Document {
    Document::new(title, &Body::of(text))
}

#[test]
fn words_keep_their_order_and_marks_are_told_apart() {
    let found = document("Two Cats", "A cat sat.");
    assert_eq!(found.words(), "two cats _ a cat sat");
    for mark in ["~cat", "~sat", "^cat", "=cats", "=two"] {
        assert!(
            found.marks().split(' ').any(|token| token == mark),
            "{mark}"
        );
    }
    assert!(!found.marks().contains("=sat"));
    assert_eq!((found.title_words, found.brevity > 80), (2, true));
}

#[test]
fn what_returns_often_is_what_a_text_is_about() {
    let found = document(
        "x",
        &"The tiger sleeps. Tigers are here, a tiger is not. ".repeat(2),
    );
    assert!(found.heading().contains("'%tiger'"), "{}", found.heading());
    assert!(!found.heading().contains("'%here'"));
}

#[test]
fn a_long_text_stays_within_what_a_tsvector_holds() {
    let same = document("x", &"word ".repeat(20_000));
    let literal = same.content();
    let places = literal
        .split_whitespace()
        .find(|part| part.starts_with("'word'"))
        .unwrap();
    assert_eq!(places.split(',').count(), usize::from(OCCURRENCES));
    let mut text = String::new();
    for number in 0..250_000 {
        let _ = write!(text, "word{number} ");
    }
    let long = document("x", &text);
    assert!(long.content().len() < 1_000_000);
    let words = long.words();
    assert!(words.contains("word15999"));
    // Behind the ordered words each stands alone.
    assert!(words.contains("_ word16001 _ word16002 _"));
    assert!(!words.contains("word199999"));
}

/// The words of a text as SQLite gets them, and as PostgreSQL does.
fn words_of(text: &str) -> (Vec<String>, Vec<String>) {
    let found = document("title", text);
    let words = found.words();
    let words = words
        .split(' ')
        .filter(|word| *word != GAP && !word.is_empty());
    let mut sqlite: Vec<_> = words.map(str::to_owned).collect();
    sqlite.sort();
    sqlite.dedup();
    let content = found.content();
    let words = content
        .split_whitespace()
        .map(|part| part.split('\'').nth(1).unwrap());
    let words = words.filter(|word| !word.starts_with(mark::STEM));
    let mut postgres: Vec<_> = words.map(str::to_owned).collect();
    postgres.sort();
    (sqlite, postgres)
}

#[test]
fn a_sound_mark_that_stands_alone_is_no_space() {
    let (sqlite, postgres) = words_of("\u{309b}");
    assert_eq!(sqlite, ["title", "\u{3099}"]);
    assert_eq!(sqlite, postgres);
}

proptest! {
    #[test]
    fn both_engines_get_the_same_words(text in "\\PC{0,80}") {
        let (sqlite, postgres) = words_of(&text);
        prop_assert_eq!(sqlite, postgres);
    }
}
