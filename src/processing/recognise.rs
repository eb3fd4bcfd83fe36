//! Recognising data in a text: which format it has, and the records in it. Pure, and bounded whatever the text.
//!
//! The order, in which the first format that gives a record wins: the whole text as JSON; fenced blocks (the
//! first one that holds data); JSON Lines; a Markdown table; a text that is `key: value` lines and nothing
//! else; CSV or TSV; JSON in prose; `key: value` lines in prose. What is none of these is TEXT.

mod delimited;
mod fenced;
mod json;
mod key_value;
mod table;
mod values;

#[cfg(test)]
mod tests;

use serde_json::Value;

use super::{Format, Issue, Issues, Source};

/// The most records that one text may give.
pub const MAX_RECORDS: usize = 10_000;
/// The most columns of a table; a header with more of them is none.
const MAX_COLUMNS: usize = 1_000;
/// The most cells of a table that are taken for missing, so that rows of one cell stay small.
const MAX_MISSING: usize = 200_000;
/// How many arrays and objects may stand inside each other in a record.
pub const MAX_LEVELS: usize = 64;

/// What was found in a text.
#[derive(Debug, Default)]
pub struct Recognised {
    /// What the text is: an AI's answer, with prose or Markdown around the data, or the data itself.
    pub source: Source,
    /// The format of the data.
    pub format: Format,
    /// The records, in the order of the text.
    pub records: Vec<Value>,
    /// What is odd about them.
    pub issues: Vec<Issue>,
}

/// Why a text is not taken.
#[derive(Debug, PartialEq, Eq)]
pub enum TooLarge {
    /// It has more records than allowed.
    Records,
    /// Its data are nested deeper than allowed.
    Levels,
}

/// Records of one format, or `None` where the text is not of that format.
type Found = Option<Vec<Value>>;

/// Recognises the data in `content`.
pub fn recognise(content: &str, source: Source) -> Result<Recognised, TooLarge> {
    let text = trimmed(content.strip_prefix('\u{feff}').unwrap_or(content));
    let mut issues = Issues::default();
    let found = find(text, source, &mut issues);
    let (found_in, format, records) = found.unwrap_or_else(|| {
        issues.add(
            "",
            "unrecognised",
            "No records were recognised in this text.",
        );
        (Source::Auto, Format::Text, Vec::new())
    });
    if records.len() > MAX_RECORDS {
        return Err(TooLarge::Records);
    }
    let shallow = |record| crate::validate::json::within_levels(record, MAX_LEVELS);
    if !records.iter().all(shallow) {
        return Err(TooLarge::Levels);
    }
    let source = match (source, found_in) {
        (Source::Auto, Source::Auto) => Source::Direct,
        (Source::Auto, found) => found,
        (told, _) => told,
    };
    let records = records.into_iter().map(crate::validate::json::without_nul);
    Ok(Recognised {
        source,
        format,
        records: records.collect(),
        issues: issues.list,
    })
}

fn find(text: &str, source: Source, issues: &mut Issues) -> Option<(Source, Format, Vec<Value>)> {
    use Source::{Ai, Direct};
    if let Some((format, records)) = pure(text, issues) {
        return Some((Direct, format, records));
    }
    for block in fenced::blocks(text) {
        let mut inner = Issues::default();
        if let Some((format, records)) = in_block(&block, &mut inner) {
            issues.list.extend(inner.list);
            return Some((Ai, format, records));
        }
    }
    if let Some(records) = table::read(text, issues) {
        return Some((Ai, Format::Table, records));
    }
    if let Some(records) = key_value::read_whole(text) {
        return Some((Direct, Format::KeyValue, records));
    }
    // Prose has commas too: in an answer, CSV stands in a fenced block.
    if source != Ai
        && let Some(records) = delimited::read(text, None, issues)
    {
        return Some((Direct, Format::Csv, records));
    }
    if source != Direct
        && let Some(records) = json::in_prose(text)
    {
        return Some((Ai, Format::Json, records));
    }
    let (records, others) = key_value::read_some(text)?;
    if source == Direct && others > 0 {
        issues.add(
            "",
            "unrecognised_lines",
            format!("{others} lines have no `key: value` form and were passed over."),
        );
    }
    Some((
        if others > 0 { Ai } else { Direct },
        Format::KeyValue,
        records,
    ))
}

/// Text that is nothing but JSON or JSON Lines.
fn pure(text: &str, issues: &mut Issues) -> Option<(Format, Vec<Value>)> {
    let records = json::whole(text).or_else(|| json::lines(text, issues))?;
    Some((Format::Json, records))
}

/// Without white space around it, but for tabs: at an end they are empty cells.
fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() && c != '\t')
}

fn in_block(block: &fenced::Block<'_>, issues: &mut Issues) -> Option<(Format, Vec<Value>)> {
    let text = trimmed(block.text);
    match block.language.as_str() {
        "csv" => return Some((Format::Csv, delimited::read(text, None, issues)?)),
        "tsv" => return Some((Format::Csv, delimited::read(text, Some(b'\t'), issues)?)),
        _ => {}
    }
    if let Some(found) = pure(text, issues) {
        return Some(found);
    }
    if let Some(records) = table::read(text, issues) {
        return Some((Format::Table, records));
    }
    if let Some(records) = key_value::read_whole(text) {
        return Some((Format::KeyValue, records));
    }
    // A block of a programming language is no data, however many commas it has.
    let plain = ["", "text", "txt", "json", "jsonl", "ndjson"];
    if !plain.contains(&block.language.as_str()) {
        return None;
    }
    if let Some(records) = delimited::read(text, None, issues) {
        return Some((Format::Csv, records));
    }
    json::in_prose(text).map(|records| (Format::Json, records))
}

/// The main value: of a single record the field's value, of several an array of theirs.
///
/// The field is found by its exact name, then whatever the case; a key that begins with `/` is a JSON Pointer.
pub fn variable(records: &[Value], key: &str) -> Option<Value> {
    // A value that is no object is itself what was asked for.
    if let [only] = records
        && !only.is_object()
        && !only.is_array()
    {
        return Some(only.clone());
    }
    let mut found: Vec<Value> = records
        .iter()
        .filter_map(|record| field(record, key).cloned())
        .collect();
    match found.len() {
        0 => None,
        1 if records.len() == 1 => found.pop(),
        _ => Some(Value::Array(found)),
    }
}

fn field<'a>(record: &'a Value, key: &str) -> Option<&'a Value> {
    if key.starts_with('/') {
        return record.pointer(key);
    }
    let fields = record.as_object()?;
    fields.get(key).or_else(|| {
        let folded = key.to_lowercase();
        let mut fields = fields.iter();
        fields.find_map(|(name, value)| (name.to_lowercase() == folded).then_some(value))
    })
}
