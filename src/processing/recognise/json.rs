//! JSON: as a whole text, a value a line, and in prose.

use std::borrow::Cow;

use serde_json::Value;

use super::{Found, Issues, MAX_RECORDS};

/// How many times the text's length is read at most while JSON is looked for in prose.
const EFFORT: usize = 4;
/// Beyond these, PostgreSQL's written-out numbers are not read back.
const MAX_NUMBER: f64 = 1e300;

/// The records of a text that is one JSON value: the items of an array, or the value itself.
pub fn whole(text: &str) -> Found {
    if text.is_empty() {
        return None;
    }
    parse(text).map(records)
}

/// One JSON value a line, at least two lines of them. A line that is none is an issue.
pub fn lines(text: &str, issues: &mut Issues) -> Found {
    let written = || text.lines().map(str::trim).filter(|line| !line.is_empty());
    let opens = |line: &&str| line.starts_with(['{', '[']);
    let (all, open) = (written().count(), written().filter(opens).count());
    // Most lines have to look like it, or it is prose with JSON in it.
    if open < 2 || open * 10 < all * 9 || !written().next().is_some_and(|line| opens(&line)) {
        return None;
    }
    let mut records = Vec::new();
    let mut wrong = Vec::new();
    for (index, line) in text.lines().map(str::trim).enumerate() {
        if line.is_empty() {
            continue;
        }
        match parse(line) {
            Some(value) => records.push(value),
            None => wrong.push(index + 1),
        }
        if records.len() > MAX_RECORDS {
            break;
        }
    }
    // A pretty-printed value in prose has few lines that are values by themselves.
    if records.len() < 2 || wrong.len() > records.len() {
        return None;
    }
    for line in wrong {
        let message = format!("Line {line} is no JSON value and was left out.");
        issues.add("", "invalid_line", message);
    }
    Some(records)
}

/// Objects, and arrays of objects, that stand in prose, in order. Arrays of anything else may be footnotes.
pub fn in_prose(text: &str) -> Found {
    let mut found = Vec::new();
    let (mut at, mut left) = (0, text.len().saturating_mul(EFFORT) + 65_536);
    while let Some(start) = text[at..].find(['{', '[']).map(|start| at + start) {
        let rest = &text[start..];
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
        let read = match values.next() {
            Some(Ok(value)) => {
                let read = values.byte_offset();
                // Again, so that no number loses its digits.
                let value = parse(&rest[..read]).unwrap_or(value);
                let items = records(value);
                let data = !items.is_empty() && items.iter().all(Value::is_object);
                if data {
                    found.extend(items);
                }
                // What stands inside of an array of other things may be data.
                at = if data { start + read } else { start + 1 };
                read
            }
            Some(Err(error)) => {
                at = start + 1;
                consumed(rest, &error)
            }
            None => break,
        };
        left = left.saturating_sub(read.max(1));
        if left == 0 || found.len() > MAX_RECORDS {
            break;
        }
    }
    (!found.is_empty()).then_some(found)
}

/// How far the parser came before it failed.
fn consumed(text: &str, error: &serde_json::Error) -> usize {
    if error.is_eof() {
        return text.len();
    }
    let before: usize = text
        .split_inclusive('\n')
        .take(error.line().saturating_sub(1))
        .map(str::len)
        .sum();
    before + error.column()
}

fn parse(text: &str) -> Option<Value> {
    serde_json::from_str(&exact(text)).ok()
}

fn records(value: Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items,
        value => vec![value],
    }
}

/// The text with quotes around the numbers that would lose digits: they become texts instead of other numbers.
fn exact(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let (mut out, mut copied, mut at, mut in_string) = (String::new(), 0, 0, false);
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if in_string => at += 2,
            b'"' => {
                in_string = !in_string;
                at += 1;
            }
            b'-' | b'0'..=b'9' if !in_string => {
                let start = at;
                let part = |byte: u8| byte.is_ascii_digit() || b"+-.eE".contains(&byte);
                while at < bytes.len() && part(bytes[at]) {
                    at += 1;
                }
                let number = &text[start..at];
                if loses_digits(number) {
                    out.push_str(&text[copied..start]);
                    out.push('"');
                    out.push_str(number);
                    out.push('"');
                    copied = at;
                }
            }
            _ => at += 1,
        }
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[copied..]);
    Cow::Owned(out)
}

/// Whether a JSON number is not kept as it is written.
fn loses_digits(number: &str) -> bool {
    let long = number.bytes().filter(u8::is_ascii_digit).count() > 15;
    if !long && !number.contains(['e', 'E']) {
        return false;
    }
    if number.parse::<i64>().is_ok() || number.parse::<u64>().is_ok() {
        return false;
    }
    match number.parse::<f64>() {
        Ok(value) if value.is_finite() && value.abs() <= MAX_NUMBER => {
            long && !super::values::is_kept(number, value)
        }
        Ok(_) => is_json_number(number),
        Err(_) => false,
    }
}

/// Rust reads some forms that JSON does not have; those stay as they are, and wrong.
fn is_json_number(number: &str) -> bool {
    let digits = number.strip_prefix('-').unwrap_or(number);
    digits.starts_with(|c: char| c.is_ascii_digit()) && !digits.ends_with(['.', 'e', 'E', '+', '-'])
}
