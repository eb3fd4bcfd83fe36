//! What the analyser makes of texts.

use proptest::prelude::*;

use super::*;

fn exact(text: &str) -> Vec<String> {
    let tokens = tokens(text, usize::MAX).into_iter();
    tokens.map(|token| token.exact).collect()
}

fn stems(word: &str) -> BTreeSet<String> {
    tokens(word, 1)[0].stems()
}

#[track_caller]
fn related(a: &str, b: &str) {
    let (of_a, of_b) = (stems(a), stems(b));
    assert!(!of_a.is_disjoint(&of_b), "{a}: {of_a:?}, {b}: {of_b:?}");
}

#[test]
fn words_are_runs_of_letters_and_digits() {
    for (text, words) in [
        ("Don't stop", vec!["don", "t", "stop"]),
        ("d'água", vec!["d", "agua"]),
        ("well-known", vec!["well", "known"]),
        ("snake_case camelCase", vec!["snake", "case", "camelcase"]),
        ("ann@example.org", vec!["ann", "example", "org"]),
        ("3.14 1,000", vec!["3", "14", "1", "000"]),
        ("C++, C# and F#.", vec!["c++", "c#", "and", "f#"]),
        ("a+b a++b #tag", vec!["a", "b", "a", "b", "tag"]),
        (" \t\n—…!", vec![]),
    ] {
        assert_eq!(exact(text), words, "{text}");
    }
}

#[test]
fn case_accents_ligatures_and_invisible_characters_do_not_count() {
    for (a, b) in [
        ("AÇÃO", "acao"),
        ("e\u{301}te\u{301}", "été"),
        ("Straße", "STRASSE"),
        ("ﬁn", "fin"),
        ("ｆｕｌｌ", "full"),
        ("co\u{ad}operate", "cooperate"),
        ("zero\u{200d}width", "zerowidth"),
        ("Ærø", "aero"),
        ("Łódź", "lodz"),
        ("مُحَمَّد", "محمد"),
        ("ﾃﾚﾋﾞ", "テレビ"),
        ("👍🏽", "👍"),
    ] {
        assert_eq!(exact(a), exact(b), "{a} and {b}");
    }
}

#[test]
fn scripts_without_spaces_are_cut_into_pairs() {
    assert_eq!(exact("東京都"), ["東京", "京都", "都"]);
    assert_eq!(exact("Pluma東京2026"), ["pluma", "東京", "京", "2026"]);
    assert_eq!(exact("학교에서"), ["학교", "교에", "에서", "서"]);
    assert_eq!(exact("ไทย"), ["ไท", "ทย", "ย"]);
    // Vowels of Thai are marks, and no accents.
    assert_ne!(exact("ที่"), exact("ท"));
}

#[test]
fn inflected_words_share_a_stem() {
    related("writing", "writes");
    related("libraries", "library");
    related("emoções", "emoção");
    related("emocoes", "emoção");
    related("escrevendo", "escrever");
    related("canciones", "canción");
    related("canciones", "cancion");
    related("caminando", "caminar");
    assert!(stems("gato").is_disjoint(&stems("perro")));
}

#[test]
fn very_long_words_are_cut() {
    let long = "á".repeat(10_000);
    assert_eq!(exact(&long), ["a".repeat(LONGEST_WORD)]);
}

#[test]
fn no_more_tokens_are_given_than_asked_for() {
    assert_eq!(tokens("a b c", 2).len(), 2);
    assert_eq!(tokens("東京都庁", 2).len(), 2);
}

/// What holds of the tokens of every text.
fn check(text: &str) {
    let mut last = 0;
    for token in tokens(text, usize::MAX) {
        assert!(token.start >= last && token.start < token.end);
        assert!(text.get(token.start..token.end).is_some());
        assert!(!token.exact.is_empty() && token.exact.chars().count() <= 2 * LONGEST_WORD);
        let plain = |c: char| {
            !c.is_whitespace() && !matches!(c, '\'' | '"' | '\\' | '\0' | ':' | '*' | '(' | ')')
        };
        assert!(token.exact.chars().all(plain), "{:?}", token.exact);
        assert!(!token.stems().is_empty());
        last = token.start;
    }
}

#[test]
fn a_letter_that_folding_makes_a_mark_is_no_token_of_its_own() {
    check("ￚ𞟨");
}

proptest! {
    #[test]
    fn tokens_are_letters_and_lie_in_their_text(text in "\\PC{0,60}") {
        check(&text);
    }

    #[test]
    fn analysing_what_was_analysed_changes_nothing(text in "[a-zA-ZÀ-ɏα-ωа-я0-9 +#_-]{0,30}") {
        let once = exact(&text).join(" ");
        prop_assert_eq!(exact(&once).join(" "), once);
    }
}
