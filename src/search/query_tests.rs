//! How queries are understood.

use proptest::prelude::*;

use super::*;

#[track_caller]
fn asked(typed: &str) -> String {
    let query = Query::parse(typed).unwrap();
    query
        .matching()
        .map_or_else(String::new, |matching| matching.all.fts5())
}

#[test]
fn words_are_all_wanted_and_the_last_may_go_on() {
    assert_eq!(asked("red cat"), r#"(("~red") AND ("~cat" OR "cat" *))"#);
    // A blank ends the word.
    assert_eq!(asked("red "), r#"("~red")"#);
    assert_eq!(asked("re* cat "), r#"(("~re" OR "re" *) AND ("~cat"))"#);
    assert_eq!(asked("a"), r#"("~a")"#);
}

#[test]
fn phrases_are_literal_and_exclusions_too() {
    assert_eq!(asked("\"red cats\""), r#""red cats""#);
    assert_eq!(asked("«cats»"), r#""cats""#);
    assert_eq!(asked("\"red ca\"*"), r#""red ca" *"#);
    assert_eq!(
        asked("red -cats -\"x y\" "),
        r#"(("~red") NOT ("cats" OR "x y"))"#
    );
    // A quote that is not closed, and what is cut at others.
    assert_eq!(asked("\"red "), r#"("~red")"#);
    assert_eq!(asked("red\"cat\""), r#"(("~red") AND "cat")"#);
}

#[test]
fn nothing_but_words_has_a_meaning() {
    assert_eq!(asked("a AND b "), r#"(("~a") AND ("~and") AND ("~b"))"#);
    for nothing in [
        "", "  ", "\"\"", "***", "-", "- - -", "()", ":;&|!<->", "-cat", "~^=%",
    ] {
        assert_eq!(asked(nothing), "", "{nothing}");
    }
    assert_eq!(asked("title:x "), r#""title x""#);
    assert_eq!(asked("x') | 'y "), r#"(("~x") AND ("~y"))"#);
}

#[test]
fn scripts_without_spaces_are_phrases_of_pairs() {
    assert_eq!(asked("東京都"), r#""東京 京都""#);
    assert_eq!(asked("東京"), r#"("~東京")"#);
    assert_eq!(asked("東"), r#"("~東" OR "東" *)"#);
    assert_eq!(asked("東京Pluma "), r#""東京 京 pluma""#);
    assert_eq!(asked("snake_ca"), r#""snake ca" *"#);
}

#[test]
fn what_is_too_long_is_refused_with_the_limit() {
    let refusal = |typed: &str| Query::parse(typed).unwrap_err().to_string();
    assert!(refusal(&"a".repeat(1_001)).contains("1000 characters"));
    assert!(refusal(&"a ".repeat(33)).contains("32 words"));
    assert!(refusal(&"東".repeat(100)).contains("32 words"));
    assert!(refusal("a\0b").contains("U+0000"));
    assert!(Query::parse(&"a ".repeat(32)).is_ok());
}

proptest! {
    #[test]
    fn whatever_is_typed_is_a_query_with_every_token_in_quotes(typed in "\\PC{0,40}|[a-z\"*' -]{0,40}|[東京ไทย\" *-]{0,20}") {
        let Ok(query) = Query::parse(&typed) else { return Ok(()) };
        let Some(matching) = query.matching() else { return Ok(()) };
        let fts5 = matching.all.fts5();
        // Outside of quotes there is nothing but our own operators.
        let outside: String = fts5.split('"').step_by(2).collect();
        let rest = outside.replace("AND", "").replace("OR", "").replace("NOT", "");
        prop_assert!(rest.chars().all(|c| " ()*".contains(c)), "{fts5}");
        let tsquery = matching.all.tsquery();
        let outside: String = tsquery.split('\'').step_by(2).collect();
        prop_assert!(outside.chars().all(|c| " ()&|!<->:*".contains(c)), "{tsquery}");
        prop_assert!(!tsquery.contains('\\'));
    }
}
