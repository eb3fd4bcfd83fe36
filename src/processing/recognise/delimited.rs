//! CSV and TSV: commas, semicolons, tabs or bars between cells, quotes as RFC 4180 has them, a header first.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::values::infer;
use super::{Found, Issues, MAX_COLUMNS, MAX_MISSING, MAX_RECORDS};

/// What may stand between cells; the first of those that split the header into the most columns.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];
/// The longest name of a column, in characters: a longer one is a sentence.
const LONGEST_NAME: usize = 64;
/// How many rows decide whether a text is a table at all.
const SAMPLE: usize = 100;
/// What a row has beyond its header.
const EXTRA: &str = "_extra";

/// The records of a text with at least a header of two columns and one row, most rows as long as the header.
pub fn read(text: &str, delimiter: Option<u8>, issues: &mut Issues) -> Found {
    let first = text.lines().next()?;
    let columns = |by: u8| rows(first, by).next().map_or(0, |row| row.len());
    let delimiter = match delimiter {
        Some(delimiter) => delimiter,
        // `max_by_key` gives the last of equals.
        None => DELIMITERS.into_iter().rev().max_by_key(|by| columns(*by))?,
    };
    if !(2..=MAX_COLUMNS).contains(&columns(delimiter)) {
        return None;
    }
    let mut all = rows(text, delimiter);
    let names = all.next()?;
    let long = |name: &String| name.chars().count() > LONGEST_NAME;
    if names.iter().any(long) || names.iter().all(String::is_empty) {
        return None;
    }
    let sample: Vec<_> = all.take(SAMPLE).collect();
    let even = sample.iter().filter(|row| row.len() == names.len()).count();
    if sample.is_empty() || even * 5 < sample.len() * 4 {
        return None;
    }
    let header = Header::of(&names, issues)?;
    let rows = rows(text, delimiter).skip(1).take(MAX_RECORDS + 1);
    Some(rows_to_records(&header, rows, issues))
}

fn rows(text: &str, delimiter: u8) -> impl Iterator<Item = Vec<String>> {
    let reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .trim(csv::Trim::All)
        .from_reader(std::io::Cursor::new(text.to_owned()));
    // Reading text from memory cannot fail.
    let rows = reader.into_records().filter_map(Result::ok);
    rows.map(|row| row.iter().map(str::to_owned).collect())
}

/// The names of the columns: none empty, no two alike.
pub struct Header(Vec<String>);

impl Header {
    /// The header that is written; an issue for each name that had to be changed. `None` where it has too many.
    pub fn of(names: &[String], issues: &mut Issues) -> Option<Self> {
        if names.len() > MAX_COLUMNS {
            return None;
        }
        let mut taken: HashSet<String> = HashSet::new();
        let mut header = Vec::with_capacity(names.len());
        for (index, name) in names.iter().enumerate() {
            let mut unique = match name.as_str() {
                "" => format!("column_{}", index + 1),
                name => name.to_owned(),
            };
            if taken.contains(&unique) {
                let free = (2..).map(|number| format!("{name}_{number}"));
                let free = free
                    .take(MAX_COLUMNS + 1)
                    .find(|free| !taken.contains(free));
                let free = free?;
                let message =
                    format!("The column `{unique}` is there twice; the later is `{free}`.");
                issues.add("", "duplicate_header", message);
                unique = free;
            }
            taken.insert(unique.clone());
            header.push(unique);
        }
        Some(Self(header))
    }
}

/// A record for each row: missing cells are null, further ones stand in `_extra`, and either is an issue.
pub fn rows_to_records(
    header: &Header,
    rows: impl Iterator<Item = Vec<String>>,
    issues: &mut Issues,
) -> Vec<Value> {
    let mut records = Vec::new();
    let mut missing = 0;
    for (index, row) in rows.enumerate() {
        let (wanted, given) = (header.0.len(), row.len());
        if given != wanted {
            let message = format!("This row has {given} cells, and the header {wanted}.");
            issues.add(&format!("/{index}"), "ragged_row", message);
            missing += wanted.saturating_sub(given);
        }
        let mut record = Map::new();
        let mut cells = row.iter();
        for name in &header.0 {
            match cells.next() {
                Some(cell) => record.insert(name.clone(), infer(cell)),
                None if missing > MAX_MISSING => break,
                None => record.insert(name.clone(), Value::Null),
            };
        }
        let extra: Vec<Value> = cells.map(|cell| infer(cell)).collect();
        if !extra.is_empty() {
            record.insert(EXTRA.to_owned(), Value::Array(extra));
        }
        records.push(Value::Object(record));
    }
    records
}
