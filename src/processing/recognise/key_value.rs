//! Lines of `key: value`, with or without the marks of a Markdown list.

use serde_json::{Map, Value};

use super::values::infer;
use super::{Found, MAX_RECORDS};

/// The longest key, in characters, and in words: a longer one is a sentence.
const LONGEST_KEY: usize = 64;
const MOST_WORDS: usize = 4;

/// The records of a text that has no other lines.
pub fn read_whole(text: &str) -> Found {
    let (records, others) = read(text);
    (others == 0 && !records.is_empty()).then_some(records)
}

/// The records of the lines that have the form, and how many others there are.
pub fn read_some(text: &str) -> Option<(Vec<Value>, usize)> {
    let (records, others) = read(text);
    (!records.is_empty()).then_some((records, others))
}

/// A key that the record has already begins the next one; empty lines, `---` and headings mean nothing.
fn read(text: &str) -> (Vec<Value>, usize) {
    let (mut records, mut record, mut others) = (Vec::new(), Map::new(), 0);
    for line in text.lines().map(str::trim) {
        if line.is_empty() || line.bytes().all(|byte| b"-=*_".contains(&byte)) {
            continue;
        }
        let Some((key, value)) = pair(line) else {
            others += 1;
            continue;
        };
        if record.contains_key(&key) {
            records.push(Value::Object(std::mem::take(&mut record)));
            if records.len() > MAX_RECORDS {
                break;
            }
        }
        record.insert(key, value);
    }
    if !record.is_empty() {
        records.push(Value::Object(record));
    }
    (records, others)
}

fn pair(line: &str) -> Option<(String, Value)> {
    let marks = ["- ", "* ", "+ ", "• "];
    let line = marks
        .iter()
        .find_map(|mark| line.strip_prefix(mark))
        .unwrap_or(line);
    let (key, value) = line.split_once(':')?;
    // `https://…` and `10:30` are no pairs.
    if value.starts_with("//")
        || (key.ends_with(|c: char| c.is_ascii_digit()) && !value.starts_with(' '))
    {
        return None;
    }
    let key = bare(key);
    let value = value.trim();
    // `**Key:** value` has the mark behind the colon.
    let value = match value.strip_prefix("**") {
        Some(rest) if line.starts_with("**") => rest.trim(),
        _ => value,
    };
    let allowed = |c: char| c.is_alphanumeric() || " _-./()%#$°ºª&".contains(c);
    let begins = key.starts_with(|c: char| c.is_alphabetic() || c == '_');
    if !begins
        || !key.chars().all(allowed)
        || key.chars().count() > LONGEST_KEY
        || key.split_whitespace().count() > MOST_WORDS
    {
        return None;
    }
    let value = bare(value.strip_suffix(',').unwrap_or(value));
    let quoted = value.len() > 1 && value.starts_with('"') && value.ends_with('"');
    let value = match quoted.then(|| serde_json::from_str::<Value>(value)) {
        Some(Ok(text)) => text,
        _ => infer(value),
    };
    Some((key.to_owned(), value))
}

/// Text without the marks of bold or code around it.
fn bare(text: &str) -> &str {
    text.trim().trim_matches(['*', '`']).trim()
}
