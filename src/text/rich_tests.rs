//! Tests of editor JSON: errors, plain text per editor, merging by nodes.

use proptest::prelude::*;
use serde_json::json;

use super::*;

#[test]
fn an_error_says_where_the_json_breaks() {
    let error = parse("[\n  {\"text\": }]").unwrap_err();
    assert!(error.starts_with("This is not valid JSON: "), "{error}");
    assert!(error.contains("line 2 column"), "{error}");
    assert!(parse("").is_err());
    assert!(parse("[] x").is_err());
}

#[test]
fn a_tree_nested_too_deep_is_refused_without_overflow() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(parse(&nested(127)).is_ok());
    let error = parse(&nested(129)).unwrap_err();
    assert!(error.contains("deeper than 128 levels"), "{error}");
    assert!(parse(&"[".repeat(100_000)).is_err());
    assert!(parse(&"{\"a\":".repeat(100_000)).is_err());
}

#[test]
fn slate_text_is_found() {
    let tree = json!([
        {"type": "heading", "children": [{"text": "Título"}]},
        {"type": "paragraph", "children": [
            {"text": "See "},
            {"type": "custom-link", "url": "https://x.example", "children": [{"text": "here"}]},
            {"text": ", ", "bold": true},
            {"type": "mention", "character": "Ann", "children": [{"text": ""}]},
            {"text": "!\nnext"},
        ]},
        {"type": "bulleted-list", "children": [
            {"type": "list-item", "children": [{"text": "one"}]},
            {"type": "list-item", "children": [{"text": "two"}]},
        ]},
        {"type": "paragraph", "children": [{"text": ""}]},
    ]);
    assert_eq!(to_plain(&tree), "Título\nSee here, !\nnext\none\ntwo");
}

#[test]
fn tiptap_text_is_found() {
    let tree = json!({"type": "doc", "content": [
        {"type": "heading", "attrs": {"level": 1}, "content": [{"type": "text", "text": "Title"}]},
        {"type": "paragraph", "content": [
            {"type": "text", "text": "a"},
            {"type": "text", "text": "b", "marks": [{"type": "bold"}]},
            {"type": "hardBreak"},
            {"type": "mention", "attrs": {"id": "u1", "label": "Ann"}},
        ]},
        {"type": "paragraph"},
        {"type": "image", "attrs": {"src": "x.png", "alt": "A cat"}},
        {"type": "orderedList", "content": [
            {"type": "listItem", "content": [
                {"type": "paragraph", "content": [{"type": "text", "text": "one"}]},
                {"type": "paragraph", "content": [{"type": "text", "text": "more"}]},
            ]},
        ]},
    ]});
    assert_eq!(to_plain(&tree), "Title\nab\n@Ann\nA cat\none\nmore");
}

#[test]
fn lexical_text_is_found() {
    let tree = json!({"root": {"type": "root", "children": [
        {"type": "paragraph", "children": [
            {"type": "text", "text": "one"},
            {"type": "linebreak"},
            {"type": "tab", "text": "\t"},
            {"type": "text", "text": "two"},
        ]},
        {"type": "paragraph", "children": [
            {"type": "link", "children": [{"type": "text", "text": "a"}]},
            {"type": "autolink", "children": [{"type": "text", "text": "b"}]},
        ]},
    ]}});
    assert_eq!(to_plain(&tree), "one\n\ttwo\nab");
}

#[test]
fn unknown_json_gives_its_text_strings() {
    let tree = json!({"blocks": [
        {"data": {"text": "first"}, "type": "x"},
        {"data": {"items": [{"text": "second\u{0}"}], "text": 3}},
    ]});
    assert_eq!(to_plain(&tree), "first\nsecond");
    assert_eq!(to_plain(&json!({"type": "doc", "text": "alone"})), "alone");
    assert_eq!(to_plain(&json!(7)), "");
    assert_eq!(to_plain(&json!([])), "");
}

fn slate(texts: &[&str]) -> Value {
    let node = |text: &&str| json!({"type": "p", "children": [{"text": text}]});
    texts.iter().map(node).collect()
}

fn tiptap(texts: &[&str]) -> Value {
    json!({"type": "doc", "content": slate(texts)})
}

fn lexical(texts: &[&str]) -> Value {
    json!({"root": {"type": "root", "direction": "ltr", "children": slate(texts)}, "v": 1})
}

#[test]
fn changes_to_different_nodes_merge_in_every_editor() {
    for tree in [slate, tiptap, lexical] {
        let base = tree(&["a", "b", "c"]);
        assert_eq!(
            merge_nodes(&base, &tree(&["A", "b", "c"]), &tree(&["a", "B", "c", "d"])),
            Some(tree(&["A", "B", "c", "d"]))
        );
        assert_eq!(
            merge_nodes(&base, &tree(&["b", "c"]), &tree(&["a", "b", "C"])),
            Some(tree(&["b", "C"]))
        );
        assert_eq!(
            merge_nodes(&base, &tree(&["A", "b", "c"]), &tree(&["X", "b", "c"])),
            None
        );
        assert_eq!(
            merge_nodes(
                &base,
                &tree(&["x", "a", "b", "c"]),
                &tree(&["y", "a", "b", "c"])
            ),
            None
        );
    }
}

#[test]
fn different_editors_and_empty_results_do_not_merge() {
    let base = slate(&["a", "b", "c"]);
    assert_eq!(
        merge_nodes(&base, &tiptap(&["a"]), &slate(&["a", "b"])),
        None
    );
    let base = slate(&["a", "b"]);
    assert_eq!(merge_nodes(&base, &slate(&["a"]), &slate(&["b"])), None);
    let (base, current, submitted) = (json!({"n": 1}), json!({"n": 2}), json!({"n": 3}));
    assert_eq!(merge_nodes(&base, &current, &submitted), None);
}

#[test]
fn what_surrounds_the_nodes_may_change_on_one_side() {
    let with = |key: &str, texts: &[&str]| {
        let mut tree = lexical(texts);
        tree["root"][key] = json!("changed");
        tree
    };
    let base = lexical(&["a", "b", "c"]);
    let (first, last) = (&["A", "b", "c"], &["a", "b", "C"]);
    let merged = Some(with("direction", &["A", "b", "C"]));
    assert_eq!(
        merge_nodes(&base, &with("direction", first), &lexical(last)),
        merged
    );
    assert_eq!(
        merge_nodes(&base, &lexical(first), &with("direction", last)),
        merged
    );
    assert_eq!(
        merge_nodes(&base, &with("direction", first), &with("direction", last)),
        merged
    );
    assert_eq!(
        merge_nodes(&base, &with("direction", first), &with("format", last)),
        None
    );
}

fn texts() -> impl Strategy<Value = Vec<&'static str>> {
    proptest::collection::vec(
        proptest::sample::select(vec!["a", "b", "c", "d", ""]),
        1..10,
    )
}

fn json_tree() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<i32>().prop_map(Value::from),
        "\\PC{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 5, |inner| {
        let key = proptest::sample::select(vec![
            "type", "children", "content", "text", "root", "attrs", "x",
        ]);
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::btree_map(key, inner, 0..5).prop_map(|fields| {
                fields
                    .into_iter()
                    .map(|(key, value)| (key.to_owned(), value))
                    .collect()
            }),
        ]
    })
}

proptest! {
    #[test]
    fn an_unchanged_side_yields_the_other(base in json_tree(), changed in json_tree()) {
        prop_assert_eq!(merge_nodes(&base, &changed, &base), Some(changed.clone()));
        prop_assert_eq!(merge_nodes(&base, &base, &changed), Some(changed.clone()));
        prop_assert_eq!(merge_nodes(&base, &changed, &changed), Some(changed));
    }

    #[test]
    fn any_three_trees_merge_or_do_not_without_failing(
        base in json_tree(), current in json_tree(), submitted in json_tree(),
    ) {
        merge_nodes(&base, &current, &submitted);
        to_plain(&base);
    }

    #[test]
    fn a_merge_has_every_node_that_either_side_added(
        base in texts(),
        at in any::<(prop::sample::Index, prop::sample::Index)>(),
    ) {
        let insert = |at: &prop::sample::Index, text: &'static str| {
            let mut changed = base.clone();
            let at = at.index(base.len() + 1);
            changed.insert(at, text);
            (at, changed)
        };
        let (first, current) = insert(&at.0, "current");
        let (second, submitted) = insert(&at.1, "submitted");
        let merged = merge_nodes(&slate(&base), &slate(&current), &slate(&submitted));
        if let Some(merged) = &merged {
            prop_assert_eq!(merged.as_array().map(Vec::len), Some(base.len() + 2));
            let text = merged.to_string();
            prop_assert!(text.contains("current") && text.contains("submitted"));
        }
        if first == second {
            prop_assert!(merged.is_none());
        }
    }

    #[test]
    fn edits_of_different_nodes_always_merge(
        count in 2usize..10,
        at in any::<(prop::sample::Index, prop::sample::Index)>(),
    ) {
        let base: Vec<String> = (0..count).map(|n| n.to_string()).collect();
        let first = at.0.index(count);
        let second = (first + 1 + at.1.index(count - 1)) % count;
        let changed = |edits: &[(usize, &str)]| {
            let mut texts = base.clone();
            for (at, text) in edits {
                texts[*at] = (*text).to_owned();
            }
            slate(&texts.iter().map(String::as_str).collect::<Vec<_>>())
        };
        let (ours, theirs) = ((first, "current"), (second, "submitted"));
        prop_assert_eq!(
            merge_nodes(&changed(&[]), &changed(&[ours]), &changed(&[theirs])),
            Some(changed(&[ours, theirs]))
        );
    }
}
