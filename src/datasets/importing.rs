//! Reads a table a second time, now that its columns are known: checks every field, adds up what the columns hold, and
//! writes the form that is kept.
//!
//! That form is a CSV with commas, `\n`, numbers with points, days as 2024-12-31, and nothing where a value is
//! missing; series have one row a day. The same table gives the same bytes, whatever program wrote it.

use std::fs::File;
use std::io::{BufWriter, Seek, Write};

use aws_lc_rs::digest;
use chrono::NaiveDate;

use super::reading::{self, Record, Records, refuse};
use super::typing::{self, Form, Forms};
use super::values::{Decimal, Moment, date, is_missing, number};
use super::{Column, ColumnType, Kind};
use crate::error::{Error, Result, UserErrorCode};

/// How much of a field an error repeats, in characters.
const SHOWN: usize = 40;

/// The greatest number: the longest doubles do not come back from every database.
const MAX_NUMBER: f64 = 1e300;

/// How large a table may be.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// How many bytes the file may have.
    pub bytes: u64,
    /// How many columns.
    pub columns: usize,
    /// How many days in a row a series may leave out.
    pub gap_days: i64,
}

/// A table in the form that is kept.
#[derive(Debug)]
pub struct Imported {
    /// Its bytes, from the start.
    pub file: File,
    /// SHA-256 of them.
    pub sha256: Vec<u8>,
    /// How many there are.
    pub byte_size: u64,
    /// What the columns hold.
    pub columns: Vec<Column>,
    /// How many rows there are.
    pub rows: u64,
    /// Of a series, the first and the last day, and how many between them have no row.
    pub days: Option<(NaiveDate, NaiveDate, i64)>,
}

/// Reads a file from its start.
pub fn import(mut file: File, kind: Kind, bounds: Bounds) -> Result<Imported> {
    let size = file.metadata().map_err(Error::caused_by)?.len();
    if size > bounds.bytes {
        let message = format!(
            "A dataset has at most {} bytes; this has {size}.",
            bounds.bytes
        );
        return Err(refuse(UserErrorCode::TooLarge, message));
    }
    let mut from_start = || {
        file.rewind().map_err(Error::caused_by)?;
        file.try_clone().map_err(Error::caused_by)
    };
    let delimiter = reading::delimiter(from_start()?)?;
    let forms = typing::forms(from_start()?, delimiter, kind, bounds.columns)?;
    suits(kind, &forms)?;
    let mut records = Records::new(from_start()?, delimiter, bounds.columns);
    records.next_record()?;
    Import::new(kind, &forms, bounds.gap_days)?.all(&mut records)
}

/// Whether the columns are those that the kind needs.
fn suits(kind: Kind, forms: &Forms) -> Result<()> {
    let has = |kind| forms.columns.iter().any(|form| form.kind == kind);
    let columns = forms.columns.len();
    let missing = match kind {
        Kind::TimeSeries if !has(ColumnType::Date) => {
            "A time series needs a column of dates, such as 2024-12-31; none of these is one."
        }
        Kind::TimeSeries if !has(ColumnType::Number) => {
            "A time series needs a column of numbers; none of these is one."
        }
        Kind::Text if columns < 2 || !has(ColumnType::Text) => {
            "A dataset of texts needs a column with the texts, and one with their labels."
        }
        _ => return Ok(()),
    };
    Err(refuse(UserErrorCode::Invalid, missing))
}

/// Writes, counts and hashes.
struct Hashed {
    out: BufWriter<File>,
    hash: digest::Context,
    size: u64,
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.hash.update(&bytes[..written]);
        self.size += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.out.flush()
    }
}

struct Import<'a> {
    forms: &'a Forms,
    columns: Vec<Column>,
    filled: Vec<u64>,
    /// Which column has the days of a series.
    dated: Option<usize>,
    gap_days: i64,
    first: Option<NaiveDate>,
    last: Option<(NaiveDate, u64)>,
    missing_days: i64,
    rows: u64,
    out: csv::Writer<Hashed>,
}

impl<'a> Import<'a> {
    fn new(kind: Kind, forms: &'a Forms, gap_days: i64) -> Result<Self> {
        let file = tempfile::tempfile().map_err(Error::caused_by)?;
        let hashed = Hashed {
            out: BufWriter::new(file),
            hash: digest::Context::new(&digest::SHA256),
            size: 0,
        };
        let mut out = csv::WriterBuilder::new().from_writer(hashed);
        let names = forms.columns.iter().map(|form| &form.name);
        out.write_record(names).map_err(Error::caused_by)?;
        let columns = forms.columns.iter().map(|form| Column {
            name: form.name.clone(),
            kind: form.kind,
            missing: 0,
            min: None,
            max: None,
            mean: None,
        });
        let is_date = |form: &Form| form.kind == ColumnType::Date;
        Ok(Self {
            columns: columns.collect(),
            filled: vec![0; forms.columns.len()],
            dated: match kind {
                Kind::TimeSeries => forms.columns.iter().position(is_date),
                _ => None,
            },
            forms,
            gap_days,
            first: None,
            last: None,
            missing_days: 0,
            rows: 0,
            out,
        })
    }

    fn all(mut self, records: &mut Records<File>) -> Result<Imported> {
        let forms = self.forms;
        while let Some(record) = records.next_record()? {
            typing::same_width(&record, forms.columns.len())?;
            for (index, (field, form)) in record.fields().zip(&forms.columns).enumerate() {
                self.field(&record, index, form, field)?;
            }
            let end = self.out.write_record(None::<&[u8]>);
            end.map_err(Error::caused_by)?;
            self.rows += 1;
        }
        let hashed = self.out.into_inner();
        let hashed = hashed.map_err(|error| Error::internal(error.to_string()))?;
        let mut file = hashed
            .out
            .into_inner()
            .map_err(|error| Error::caused_by(error.into_error()))?;
        file.rewind().map_err(Error::caused_by)?;
        let missing = self.missing_days;
        Ok(Imported {
            file,
            sha256: hashed.hash.finish().as_ref().to_vec(),
            byte_size: hashed.size,
            columns: self.columns,
            rows: self.rows,
            days: self
                .first
                .zip(self.last)
                .map(|(first, (last, _))| (first, last, missing)),
        })
    }

    fn field(&mut self, record: &Record<'_>, index: usize, form: &Form, field: &str) -> Result<()> {
        let line = record.line;
        let written = match form.kind {
            ColumnType::Text => {
                self.columns[index].missing += u64::from(field.trim().is_empty());
                return self.write(field);
            }
            _ if is_missing(field.trim()) => {
                if self.dated == Some(index) {
                    let message = format!("Line {line} has no date in the column `{}`.", form.name);
                    return Err(refuse(UserErrorCode::Invalid, message));
                }
                self.columns[index].missing += 1;
                String::new()
            }
            ColumnType::Number => self.number(line, index, form, field.trim())?.to_string(),
            ColumnType::Date => {
                let moment = date(field.trim(), form.dates)
                    .ok_or_else(|| strange(line, form, "dates", field))?;
                match self.dated == Some(index) {
                    true => self.day(line, moment)?.to_string(),
                    false => moment.to_string(),
                }
            }
        };
        self.write(&written)
    }

    fn write(&mut self, field: &str) -> Result<()> {
        self.out.write_field(field).map_err(Error::caused_by)
    }

    fn number(&mut self, line: u64, index: usize, form: &Form, field: &str) -> Result<f64> {
        let value = number(field, self.forms.decimal)
            .ok_or_else(|| strange(line, form, self.written(), field))?;
        if !(-MAX_NUMBER..=MAX_NUMBER).contains(&value) {
            let what = match value.is_nan() {
                true => "is not a number",
                false => "is infinite, or too large for a number",
            };
            let message = format!(
                "Line {line}, column `{}`: {} {what}. Leave the field empty where a value is missing.",
                form.name,
                shown(field)
            );
            return Err(refuse(UserErrorCode::Invalid, message));
        }
        // Nobody tells the two zeros apart.
        let value = value + 0.0;
        let (column, filled) = (&mut self.columns[index], &mut self.filled[index]);
        *filled += 1;
        column.min = Some(column.min.map_or(value, |min| min.min(value)));
        column.max = Some(column.max.map_or(value, |max| max.max(value)));
        let mean = column.mean.unwrap_or(0.0);
        let count = *filled as f64;
        // Neither part overflows, however large the numbers are.
        column.mean = Some(mean - mean / count + value / count);
        Ok(value)
    }

    fn written(&self) -> &'static str {
        match self.forms.decimal {
            Decimal::Point => "numbers",
            Decimal::Comma => "numbers with decimal commas",
        }
    }

    fn day(&mut self, line: u64, moment: Moment) -> Result<NaiveDate> {
        let day = moment.day;
        if let Some((last, at)) = self.last {
            let message = if day == last {
                format!(
                    "Line {line}: {day} is there twice, in line {at} before. A series has one row a day."
                )
            } else if day < last {
                format!(
                    "Line {line}: {day} comes after {last} of line {at}. Sort the rows by date, the oldest first."
                )
            } else {
                let gap = (day - last).num_days() - 1;
                if gap <= self.gap_days {
                    self.missing_days += gap;
                    self.last = Some((day, line));
                    return Ok(day);
                }
                format!(
                    "Line {line}: {gap} days are missing between {last} and {day}; at most {} in a row may be.",
                    self.gap_days
                )
            };
            return Err(refuse(UserErrorCode::Invalid, message));
        }
        self.first = Some(day);
        self.last = Some((day, line));
        Ok(day)
    }
}

fn strange(line: u64, form: &Form, what: &str, field: &str) -> Error {
    let message = format!(
        "Line {line}: the column `{}` holds {what}, and {} is none.",
        form.name,
        shown(field)
    );
    refuse(UserErrorCode::Invalid, message)
}

/// A field as an error repeats it.
fn shown(field: &str) -> String {
    let short: String = field.chars().take(SHOWN).collect();
    match short.len() < field.len() {
        true => format!("\"{}…\"", short.escape_debug()),
        false => format!("\"{}\"", short.escape_debug()),
    }
}
