//! What is recognised in which text, and that no text does harm.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{MAX_RECORDS, Recognised, TooLarge, recognise, variable};
use crate::processing::{Format, Source};

fn auto(text: &str) -> Recognised {
    recognise(text, Source::Auto).unwrap()
}

#[track_caller]
fn found(text: &str, source: Source, format: Format, records: Value) {
    let found = auto(text);
    assert_eq!((found.source, found.format), (source, format), "{text}");
    assert_eq!(Value::Array(found.records), records, "{text}");
}

fn codes(found: &Recognised) -> Vec<&str> {
    found
        .issues
        .iter()
        .map(|issue| issue.code.as_str())
        .collect()
}

#[test]
fn a_text_of_json_gives_its_values() {
    let direct = |text, records| found(text, Source::Direct, Format::Json, records);
    direct("\u{feff} {\"a\": 1} ", json!([{ "a": 1 }]));
    direct(r#"[{"a": 1}, {"a": 2}]"#, json!([{ "a": 1 }, { "a": 2 }]));
    direct("42", json!([42]));
    direct("[]", json!([]));
    direct("{\"a\":1}\n{\"a\":2}\n", json!([{ "a": 1 }, { "a": 2 }]));
}

#[test]
fn a_line_of_json_lines_that_is_cut_off_is_an_issue() {
    let lines = "{\"a\":1}\n{\"a\":2}\n{\"a\":";
    let found = auto(lines);
    assert_eq!(found.records, [json!({ "a": 1 }), json!({ "a": 2 })]);
    assert_eq!(codes(&found), ["invalid_line"]);
    assert!(found.issues[0].message.contains("Line 3"));
}

#[test]
fn json_is_found_in_prose_and_in_fenced_blocks() {
    let ai = |text, records| found(text, Source::Ai, Format::Json, records);
    ai(
        "The answer is {\"variable\": 7}, as [1] says.",
        json!([{ "variable": 7 }]),
    );
    ai(
        "First {\"a\":1}, then {broken, then {\"a\":2}.",
        json!([{ "a": 1 }, { "a": 2 }]),
    );
    ai(
        "Here:\n```json\n{\"a\": 1}\n```\nand {\"b\": 2}",
        json!([{ "a": 1 }]),
    );
    ai("~~~\n[{\"a\": 1}]", json!([{ "a": 1 }]));
    ai(
        "```python\nprint({1, 2})\n```\n```json\n{\"a\":1}\n```",
        json!([{ "a": 1 }]),
    );
}

#[test]
fn numbers_keep_every_digit_or_stay_text() {
    let direct = |text, records| found(text, Source::Direct, Format::Json, records);
    direct(
        "12345678901234567890123",
        json!(["12345678901234567890123"]),
    );
    direct(
        "[0.1, 1.50, 18446744073709551615]",
        json!([0.1, 1.5, u64::MAX]),
    );
    direct(
        "{\"a\": 0.12345678901234567890}",
        json!([{ "a": "0.12345678901234567890" }]),
    );
    direct(
        "[1e400, -1e-400, \"1e400\"]",
        json!(["1e400", -0.0, "1e400"]),
    );
    let text = "id,price,zip,big\n1,1.50,01310,12345678901234567890123\n2,1e5,\"1,5\",-0.25";
    let records = json!([
        { "id": 1, "price": 1.5, "zip": "01310", "big": "12345678901234567890123" },
        { "id": 2, "price": "1e5", "zip": "1,5", "big": -0.25 },
    ]);
    found(text, Source::Direct, Format::Csv, records);
}

#[test]
fn csv_and_tsv_are_told_by_their_delimiters() {
    let csv = |text, records| found(text, Source::Direct, Format::Csv, records);
    csv(
        "a,b\n1,\"x, \"\"y\"\"\nz\"\n",
        json!([{ "a": 1, "b": "x, \"y\"\nz" }]),
    );
    csv("a;b\n1,5;2\n", json!([{ "a": "1,5", "b": 2 }]));
    csv("a\tb\ntrue\t\n", json!([{ "a": true, "b": null }]));
    found(
        "```csv\na,b\n1,2\n```",
        Source::Ai,
        Format::Csv,
        json!([{ "a": 1, "b": 2 }]),
    );
}

#[test]
fn ragged_rows_and_duplicate_headers_are_issues_and_lose_nothing() {
    let found = auto("a,a,\n1,2,3\n4,5,6\n1,2,3\n7\n1,2,3,4\n1,2,3\n1,2,3\n1,2,3\n1,2,3\n1,2,3");
    assert_eq!(found.format, Format::Csv);
    assert_eq!(
        found.records[3],
        json!({ "a": 7, "a_2": null, "column_3": null })
    );
    assert_eq!(found.records[4]["_extra"], json!([4]));
    assert_eq!(
        codes(&found),
        ["duplicate_header", "ragged_row", "ragged_row"]
    );
    assert_eq!(found.issues[1].path, "/3");
}

#[test]
fn the_first_markdown_table_is_read() {
    let text = "Result:\n\n| Name | **Price** |\n|:--|--:|\n| `a\\|b` | 1.5 |\n| c |\n\nThe end.";
    let records = json!([{ "Name": "a|b", "Price": 1.5 }, { "Name": "c", "Price": null }]);
    found(text, Source::Ai, Format::Table, records);
}

#[test]
fn lines_of_keys_and_values_are_read() {
    let text = "name: Ann, Bob\nage: 41\n\nname: Eve\nage: 07";
    let records = json!([{ "name": "Ann, Bob", "age": 41 }, { "name": "Eve", "age": "07" }]);
    found(text, Source::Direct, Format::KeyValue, records);
    let prose =
        "Sure! I looked it up.\n- **Total**: 12\n- **Currency:** BRL\nSee https://example.org.";
    let records = json!([{ "Total": 12, "Currency": "BRL" }]);
    found(prose, Source::Ai, Format::KeyValue, records);
}

#[test]
fn prose_is_text() {
    for text in [
        "Hello, world, how are you?",
        "It rained.\nThen, of course, it stopped.",
        "At 10:30 we met.",
        "",
    ] {
        let found = auto(text);
        assert_eq!(
            (found.format, codes(&found)),
            (Format::Text, vec!["unrecognised"]),
            "{text}"
        );
    }
}

#[test]
fn what_is_told_as_direct_is_not_looked_for_in_prose() {
    let prose = "The answer is {\"a\": 1}.";
    assert_eq!(
        recognise(prose, Source::Direct).unwrap().format,
        Format::Text
    );
    assert_eq!(recognise(prose, Source::Ai).unwrap().format, Format::Json);
    let csv = "a,b\n1,2";
    assert_eq!(recognise(csv, Source::Ai).unwrap().format, Format::Text);
}

#[test]
fn the_main_value_is_that_of_each_record() {
    let of = |records: Value, key| variable(records.as_array().unwrap(), key);
    assert_eq!(of(json!([{ "variable": 1 }]), "variable"), Some(json!(1)));
    assert_eq!(of(json!([{ "Variable": 1 }]), "variable"), Some(json!(1)));
    assert_eq!(of(json!([{ "a": { "b": 2 } }]), "/a/b"), Some(json!(2)));
    assert_eq!(
        of(json!([{ "v": 1 }, {}, { "v": 3 }]), "v"),
        Some(json!([1, 3]))
    );
    assert_eq!(of(json!([42]), "v"), Some(json!(42)));
    assert_eq!(of(json!([{ "a": 1 }]), "v"), None);
}

#[test]
fn too_many_records_and_levels_are_refused() {
    let many = "{}\n".repeat(MAX_RECORDS + 1);
    assert_eq!(
        recognise(&many, Source::Auto).unwrap_err(),
        TooLarge::Records
    );
    let rows = format!("a,b\n{}", "1,2\n".repeat(MAX_RECORDS + 1));
    assert_eq!(
        recognise(&rows, Source::Auto).unwrap_err(),
        TooLarge::Records
    );
    let deep = format!("{}1{}", "[".repeat(80), "]".repeat(80));
    assert_eq!(
        recognise(&deep, Source::Auto).unwrap_err(),
        TooLarge::Levels
    );
}

#[test]
fn hostile_texts_of_a_megabyte_are_read_in_a_bounded_time() {
    let length = 1024 * 1024;
    for unit in [
        "[",
        "{",
        "{\"a\":",
        "[1,",
        "[\"",
        "\\",
        "|",
        "|-",
        "a|",
        ",",
        "\"",
        "```\n",
        "a:\n",
        "a: 1\n",
        "{\"a\":1}",
        "[[1]]",
        "-",
        "1e",
        "\n",
        "é,",
        "[{\"a\":1},",
        "{}",
    ] {
        let text: String = unit.repeat(length / unit.len());
        let began = std::time::Instant::now();
        if let Ok(found) = recognise(&text, Source::Auto) {
            let bytes = serde_json::to_vec(&found.records).unwrap().len();
            assert!(bytes < 32 * length, "{unit:?} gives {bytes} bytes");
        }
        // Generous: without the bounds it would be hours.
        assert!(
            began.elapsed().as_secs() < 60,
            "{unit:?} took {:?}",
            began.elapsed()
        );
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_fail(text in ".{0,200}") {
        let _ = recognise(&text, Source::Auto);
    }

    #[test]
    fn no_text_of_the_formats_own_characters_makes_it_fail(
        text in "[\\[\\]{}\",:;|\\-`~\\\\0-9aeE.+\n\t é*]{0,200}",
    ) {
        for source in [Source::Auto, Source::Ai, Source::Direct] {
            if let Ok(found) = recognise(&text, source) {
                prop_assert!(found.records.len() <= MAX_RECORDS);
            }
        }
    }

    #[test]
    fn what_is_written_as_json_is_read_as_it_was(
        values in proptest::collection::vec(("[a-z]{1,5}", any::<i64>(), ".{0,20}"), 1..5),
    ) {
        let records: Vec<Value> = values
            .iter()
            .map(|(name, number, text)| json!({ name: number, "text": text.replace('\0', "") }))
            .collect();
        let written = serde_json::to_string(&records).unwrap();
        prop_assert_eq!(recognise(&written, Source::Auto).unwrap().records, records.clone());
        let prose = format!("Well:\n\n```json\n{written}\n```\n");
        prop_assert_eq!(recognise(&prose, Source::Auto).unwrap().records, records);
    }
}
