//! Tests of three-way merging: what must hold for any three texts, and the shape of conflicts.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn markdown(base: &str, current: &str, submitted: &str) -> Merge {
    three_way(Format::Markdown, base, current, submitted)
}

fn clean(text: &str) -> Merge {
    Merge::Clean(text.to_owned())
}

#[test]
fn changes_apart_from_each_other_are_combined() {
    assert_eq!(
        markdown("a\n\nb\n\nc\n", "A\n\nb\n\nc\n", "a\n\nb\n\nC\nd"),
        clean("A\n\nb\n\nC\nd")
    );
    assert_eq!(
        markdown("a\r\nb\r\nc\r\n", "x\r\na\r\nb\r\nc\r\n", "a\r\nb\r\n"),
        clean("x\r\na\r\nb\r\n")
    );
}

#[test]
fn overlapping_changes_are_marked_in_place() {
    let merge = markdown("one\ntwo\nthree\n", "one\n2\nthree\n", "one\nzwei\nthree\n");
    let marked =
        "one\n<<<<<<< current\n2\n||||||| base\ntwo\n=======\nzwei\n>>>>>>> submitted\nthree\n";
    assert_eq!(
        merge,
        Merge::Conflict {
            marked: Some(marked.to_owned())
        }
    );
}

#[test]
fn markers_keep_the_line_endings_and_stand_on_their_own_lines() {
    let merge = markdown("a\r\nb", "a\r\nx", "a\r\ny");
    let marked =
        "a\r\n<<<<<<< current\r\nx\r\n||||||| base\r\nb\r\n=======\r\ny\r\n>>>>>>> submitted\r\n";
    assert_eq!(
        merge,
        Merge::Conflict {
            marked: Some(marked.to_owned())
        }
    );
}

#[test]
fn equal_changes_are_taken_once() {
    assert_eq!(
        markdown("a\nb\nc\nd\n", "a\nX\nc\nd\n", "a\nX\nc\nD\n"),
        clean("a\nX\nc\nD\n")
    );
}

#[test]
fn rich_text_merges_by_nodes_or_conflicts_without_marks() {
    let base = r#"[{"children":[{"text":"a"}]},{"children":[{"text":"b"}]}]"#;
    let current = base.replace('a', "A");
    let merged = three_way(
        Format::RichJson,
        base,
        &current,
        &base.replace("\"b\"", "\"B\""),
    );
    let Merge::Clean(merged) = merged else {
        panic!("{merged:?}")
    };
    assert_eq!(
        serde_json::from_str::<Value>(&merged).unwrap(),
        json!([{"children": [{"text": "A"}]}, {"children": [{"text": "B"}]}])
    );
    let conflict = Merge::Conflict { marked: None };
    let other = base.replace('a', "X");
    assert_eq!(
        three_way(Format::RichJson, base, &current, &other),
        conflict
    );
    assert_eq!(
        three_way(Format::RichJson, base, &current, "[not JSON"),
        conflict
    );
}

#[test]
fn rich_text_that_only_differs_in_spaces_counts_as_unchanged() {
    let base = r#"[{"text":"a"}]"#;
    let spaced = r#"[ {"text": "a"} ]"#;
    let changed = r#"[ {"text":  "b"} ]"#;
    assert_eq!(
        three_way(Format::RichJson, base, spaced, changed),
        clean(changed)
    );
    assert_eq!(
        three_way(Format::RichJson, base, changed, spaced),
        clean(changed)
    );
}

/// Pseudo-random numbers, the same each run.
fn numbers(count: usize, below: u64) -> impl Iterator<Item = u64> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    std::iter::repeat_with(move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % below
    })
    .take(count)
}

fn lines_of(numbers: impl Iterator<Item = u64>) -> String {
    numbers.map(|n| format!("{n}\n")).collect()
}

#[test]
fn the_work_is_bounded_for_texts_without_order() {
    for kinds in [2, 8, 30, 200, 1_000, 20_000] {
        for size in [19_000, 60_000] {
            let base = lines_of(numbers(size, kinds));
            let current = lines_of(numbers(2 * size, kinds).skip(size));
            let submitted = lines_of(numbers(3 * size, kinds).skip(2 * size));
            let started = Instant::now();
            let merge = markdown(&base, &current, &submitted);
            let took = started.elapsed();
            println!("{size} lines of {kinds} kinds: {took:?}");
            assert!(matches!(merge, Merge::Conflict { .. }));
            assert!(
                took < Duration::from_secs(20),
                "{size} of {kinds} took {took:?}"
            );
        }
    }
}

#[test]
fn a_large_text_with_a_change_at_each_end_merges() {
    let lines: Vec<String> = (0..19_000).map(|n| format!("line {n}\n")).collect();
    let base = lines.concat();
    let current = base.replacen("line 1\n", "line one\n", 1);
    let submitted = base.replace("line 18998\n", "last but one\n");
    let started = Instant::now();
    let merge = markdown(&base, &current, &submitted);
    println!("two ends: {:?}", started.elapsed());
    assert_eq!(
        merge,
        clean(&current.replace("line 18998\n", "last but one\n"))
    );
}

#[test]
fn five_megabytes_of_empty_lines_are_answered() {
    let base = "\n".repeat(5 * 1024 * 1024);
    let (current, submitted) = (format!("a{base}a"), format!("b{base}b"));
    assert!(matches!(
        markdown(&base, &current, &submitted),
        Merge::Conflict { marked: Some(_) }
    ));
}

fn text() -> impl Strategy<Value = String> {
    let line = proptest::sample::select(vec!["a", "b", "c", "", "d e"]);
    let ending = proptest::sample::select(vec!["\n", "\n", "\n", "\r\n"]);
    (
        proptest::collection::vec((line, ending), 0..12),
        any::<bool>(),
    )
        .prop_map(|(lines, ended)| {
            let text: String = lines
                .into_iter()
                .flat_map(|(line, end)| [line, end])
                .collect();
            if ended {
                text
            } else {
                text.trim_end_matches(['\r', '\n']).to_owned()
            }
        })
}

/// Edits of a text of `lines` numbered lines: which line, and what happens to it.
fn edits(lines: usize, name: &'static str) -> impl Strategy<Value = Vec<Vec<String>>> {
    let edit = proptest::sample::select(vec!["keep", "keep", "keep", "change", "delete", "insert"]);
    proptest::collection::vec(edit, lines).prop_map(move |edits| {
        let line = |(n, edit)| match edit {
            "keep" => vec![format!("{n}\n")],
            "change" => vec![format!("{name} changed {n}\n")],
            "insert" => vec![format!("{name} before {n}\n"), format!("{n}\n")],
            _ => vec![],
        };
        edits.into_iter().enumerate().map(line).collect()
    })
}

proptest! {
    #[test]
    fn an_unchanged_side_yields_the_other(base in text(), changed in text()) {
        for format in [Format::Markdown, Format::RichJson] {
            prop_assert_eq!(three_way(format, &base, &changed, &base), clean(&changed));
            prop_assert_eq!(three_way(format, &base, &base, &changed), clean(&changed));
            prop_assert_eq!(three_way(format, &base, &changed, &changed), clean(&changed));
        }
    }

    #[test]
    fn a_clean_merge_has_every_line_that_either_side_added(
        current in edits(12, "current"),
        submitted in edits(12, "submitted"),
    ) {
        let base: String = (0..12).map(|n| format!("{n}\n")).collect();
        let (current, submitted) = (current.concat().concat(), submitted.concat().concat());
        let added = |side: &str| -> Vec<String> {
            side.lines().filter(|line| line.contains(' ')).map(str::to_owned).collect()
        };
        match markdown(&base, &current, &submitted) {
            Merge::Clean(merged) => {
                for line in added(&current).iter().chain(&added(&submitted)) {
                    prop_assert_eq!(merged.lines().filter(|l| l == line).count(), 1, "{}", line);
                }
                for n in 0..12 {
                    let kept = |text: &str| text.lines().any(|line| line == n.to_string());
                    prop_assert_eq!(kept(&merged), kept(&current) && kept(&submitted), "line {}", n);
                }
            }
            Merge::Conflict { marked } => {
                let marked = marked.unwrap();
                for line in added(&current).iter().chain(&added(&submitted)) {
                    prop_assert!(marked.lines().any(|l| l == line), "{}", line);
                }
                prop_assert!(marked.contains("<<<<<<< current\n"));
            }
        }
    }

    #[test]
    fn edits_in_separate_halves_always_merge_to_both(
        first in edits(6, "current"),
        second in edits(6, "submitted"),
    ) {
        let numbered = |range: std::ops::Range<usize>| range.map(|n| format!("{n}\n")).collect::<String>();
        let half = |lines: usize| numbered(0..lines).replace('\n', "'\n");
        let (first, second) = (first.concat().concat(), second.concat().concat());
        let between = "\nbetween\n\n";
        let second = second.replace('\n', "'\n");
        let base = format!("{}{between}{}", numbered(0..6), half(6));
        let current = format!("{first}{between}{}", half(6));
        let submitted = format!("{}{between}{second}", numbered(0..6));
        prop_assert_eq!(
            markdown(&base, &current, &submitted),
            clean(&format!("{first}{between}{second}"))
        );
    }

    #[test]
    fn no_three_texts_break_a_merge_or_join_lines(base in text(), current in text(), submitted in text()) {
        let pieces: Vec<&str> = [&base, &current, &submitted]
            .into_iter()
            .flat_map(|text| lines::split(text))
            .collect();
        if let Merge::Clean(merged) = markdown(&base, &current, &submitted) {
            for line in lines::split(&merged) {
                prop_assert!(pieces.contains(&line), "{:?} is nobody's line", line);
            }
        }
    }
}
