//! What is shown of a text.

use proptest::prelude::*;

use super::*;

#[track_caller]
fn shown(typed: &str, text: &str) -> String {
    of(&Query::parse(typed).unwrap(), "Title", text)
}

#[test]
fn matches_are_marked_in_every_form_and_the_rest_is_escaped() {
    for (typed, text, snippet) in [
        (
            "cat ",
            "Cats & <b>dogs</b>",
            "<mark>Cats</mark> &amp; &lt;b&gt;dogs&lt;/b&gt;",
        ),
        (
            "acao",
            "A ação: \"sim\"",
            "A <mark>ação</mark>: &quot;sim&quot;",
        ),
        ("wri", "I write", "I <mark>write</mark>"),
        (
            "\"red cat\"",
            "a red cat, red dog",
            "a <mark>red</mark> <mark>cat</mark>, red dog",
        ),
        ("東京", "私は東京都に", "私は<mark>東京</mark>都に"),
        ("京", "東京都", "東<mark>京</mark>都"),
        ("東京都", "東京都に", "<mark>東京都</mark>に"),
        ("<mark>", "a <mark> b", "a &lt;<mark>mark</mark>&gt; b"),
    ] {
        let snippet = snippet.replace("<mark>red</mark> <mark>cat</mark>", "<mark>red cat</mark>");
        assert_eq!(shown(typed, text), snippet, "{typed}");
    }
}

#[test]
fn the_title_is_shown_where_the_text_has_no_match() {
    assert_eq!(shown("title", "Something else"), "<mark>Title</mark>");
    assert_eq!(shown("nothing", "Something else"), "Something else");
    assert_eq!(shown("nothing", " "), "Title");
}

#[test]
fn the_part_with_most_of_the_query_is_shown() {
    let filler = "Nothing of interest stands here. ".repeat(40);
    let text = format!("A cat. {filler} The cat met the dog. {filler}");
    let snippet = shown("cat dog ", &text);
    assert!(
        snippet.contains("<mark>cat</mark> met the <mark>dog</mark>"),
        "{snippet}"
    );
    assert!(
        snippet.starts_with('…') && snippet.ends_with('…'),
        "{snippet}"
    );
    assert!(snippet.len() < LENGTH + 100);
}

proptest! {
    #[test]
    fn a_snippet_holds_no_markup_but_its_own(typed in "\\PC{1,12}", text in "(\\PC|[a-c <>&\"東京ไทย]){0,400}") {
        let Ok(query) = Query::parse(&typed) else { return Ok(()) };
        let snippet = of(&query, &typed, &text);
        let bare = snippet.replace("<mark>", "").replace("</mark>", "");
        prop_assert!(!bare.contains(['<', '>', '"', '\'']));
        prop_assert_eq!(snippet.matches("<mark>").count(), snippet.matches("</mark>").count());
        prop_assert!(snippet.len() < 40_000);
    }
}
