//! Tests of differences: their form, and that they lead from one text to the other.

use proptest::prelude::*;

use super::*;

#[test]
fn equal_texts_have_no_hunks() {
    let diff = between("a\nb", "a\nb");
    assert_eq!((diff.insertions, diff.deletions), (0, 0));
    assert!(diff.hunks.is_empty() && diff.unified.is_empty());
}

#[test]
fn a_change_comes_with_three_lines_of_context() {
    let from = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";
    let diff = between(from, &from.replace('5', "five\nfünf"));
    assert_eq!((diff.insertions, diff.deletions), (2, 1));
    assert_eq!(
        diff.unified,
        "@@ -2,7 +2,8 @@\n 2\n 3\n 4\n-5\n+five\n+fünf\n 6\n 7\n 8\n"
    );
    let hunk = &diff.hunks[0];
    assert_eq!((hunk.old_start, hunk.old_lines), (2, 7));
    assert_eq!((hunk.new_start, hunk.new_lines), (2, 8));
    let deleted = Line {
        kind: LineKind::Delete,
        text: "5".to_owned(),
    };
    assert_eq!(hunk.lines[3], deleted);
}

#[test]
fn changes_far_apart_are_separate_hunks() {
    let from: String = (0..30).map(|n| format!("{n}\n")).collect();
    let diff = between(
        &from,
        &from.replace("\n2\n", "\nx\n").replace("\n27\n", "\n"),
    );
    let places: Vec<_> = diff
        .hunks
        .iter()
        .map(|hunk| (hunk.old_start, hunk.new_start))
        .collect();
    assert_eq!(places, [(1, 1), (25, 25)]);
}

#[test]
fn a_beginning_from_nothing_starts_at_zero() {
    assert_eq!(between("", "a\n").unified, "@@ -0,0 +1 @@\n+a\n");
    assert_eq!(between("a\nb\n", "").unified, "@@ -1,2 +0,0 @@\n-a\n-b\n");
}

#[test]
fn a_missing_last_newline_is_told() {
    assert_eq!(
        between("a", "a\n").unified,
        "@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n"
    );
    assert_eq!(between("a\r\n", "a\n").hunks[0].lines[0].text, "a\r");
}

#[test]
fn large_texts_without_order_are_compared_in_bounded_time() {
    let scramble = |step: usize| -> String {
        (0..60_000)
            .map(|n| format!("{}\n", n * step % 60_013 % 4_000))
            .collect()
    };
    let (from, to) = (scramble(7_919), scramble(104_729));
    let started = Instant::now();
    let diff = between(&from, &to);
    let took = started.elapsed();
    println!("scrambled: {took:?}, {} hunks", diff.hunks.len());
    assert!(took < Duration::from_secs(10), "{took:?}");
    assert_eq!(apply(&from, &diff.unified), to);
}

#[test]
fn five_megabytes_of_short_lines_are_compared_in_bounded_time() {
    let lines = |step: usize| -> String {
        (0..1_700_000usize)
            .map(|n| {
                if (n * step % 1_000_003).is_multiple_of(2) {
                    "a\n"
                } else {
                    "bc\n"
                }
            })
            .collect()
    };
    let (from, to) = (lines(7_919), lines(104_729));
    let started = Instant::now();
    let diff = between(&from, &to);
    let took = started.elapsed();
    println!("short lines: {took:?}, {} hunks", diff.hunks.len());
    assert!(took < Duration::from_secs(60), "{took:?}");
    assert!(diff.insertions > 0 && diff.deletions > 0);
}

/// Applies unified diff text, checking every line and number in it.
fn apply(from: &str, unified: &str) -> String {
    let old = lines::split(from);
    let mut result = String::new();
    let mut result_lines = 0;
    let mut at = 0;
    let mut rest = unified.split_inclusive('\n').peekable();
    while let Some(header) = rest.next() {
        let ranges = header
            .strip_prefix("@@ -")
            .and_then(|h| h.strip_suffix(" @@\n"))
            .unwrap();
        let (old_range, new_range) = ranges.split_once(" +").unwrap();
        let numbers = |range: &str| -> (usize, usize) {
            let (start, len) = range.split_once(',').unwrap_or((range, "1"));
            let (start, len) = (
                start.parse::<usize>().unwrap(),
                len.parse::<usize>().unwrap(),
            );
            (if len == 0 { start } else { start - 1 }, len)
        };
        let (old_start, old_len) = numbers(old_range);
        let (new_start, new_len) = numbers(new_range);
        result.extend(old[at..old_start].iter().copied());
        result_lines += old_start - at;
        assert_eq!(result_lines, new_start);
        at = old_start;
        while at < old_start + old_len || result_lines < new_start + new_len {
            let line = rest.next().unwrap();
            let (sign, text) = line.split_at(1);
            let text = if rest.next_if_eq(&NO_NEWLINE).is_some() {
                text.strip_suffix('\n').unwrap()
            } else {
                text
            };
            if sign != "+" {
                assert_eq!(old[at], text);
                at += 1;
            }
            if sign != "-" {
                result.push_str(text);
                result_lines += 1;
            }
        }
    }
    result.extend(old[at..].iter().copied());
    result
}

fn without_newline(line: &str) -> String {
    line.strip_suffix('\n').unwrap_or(line).to_owned()
}

/// Puts the hunks in place of the older text's lines.
fn patch(from: &str, hunks: &[Hunk]) -> Vec<String> {
    let old: Vec<String> = lines::split(from)
        .into_iter()
        .map(without_newline)
        .collect();
    let mut result = Vec::new();
    let mut at = 0;
    for hunk in hunks {
        let start = hunk.old_start - usize::from(hunk.old_lines > 0);
        result.extend_from_slice(&old[at..start]);
        let kept = hunk
            .lines
            .iter()
            .filter(|line| line.kind != LineKind::Delete);
        result.extend(kept.map(|line| line.text.clone()));
        at = start + hunk.old_lines;
    }
    result.extend_from_slice(&old[at..]);
    result
}

fn text() -> impl Strategy<Value = String> {
    let line = proptest::sample::select(vec!["a\n", "b\n", "\n", "c\r\n", "-d\n", "\\ e\n", "é\n"]);
    (proptest::collection::vec(line, 0..30), "[a-c]{0,2}")
        .prop_map(|(lines, last)| lines.concat() + &last)
}

proptest! {
    #[test]
    fn a_difference_leads_from_one_text_to_the_other(from in text(), to in text()) {
        let diff = between(&from, &to);
        prop_assert_eq!(apply(&from, &diff.unified), to.clone());
        let lines: Vec<String> = lines::split(&to).into_iter().map(without_newline).collect();
        prop_assert_eq!(patch(&from, &diff.hunks), lines);
        let count = |kind| {
            let lines = diff.hunks.iter().flat_map(|hunk| &hunk.lines);
            lines.filter(|line| line.kind == kind).count()
        };
        prop_assert_eq!(count(LineKind::Insert), diff.insertions);
        prop_assert_eq!(count(LineKind::Delete), diff.deletions);
    }
}
