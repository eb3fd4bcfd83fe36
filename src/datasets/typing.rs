//! Finds out what the columns of a table hold, by reading all of it once: nine of ten fields decide, and those that differ
//! are told when the table is read the second time.

use std::io::Read;

use super::reading::{Record, Records, refuse};
use super::values::{DateForm, Decimal, date, is_grouped, is_missing, number};
use super::{ColumnType, Kind};
use crate::error::{Error, Result, UserErrorCode};

/// The longest name of a column, in characters.
const MAX_NAME: usize = 200;

/// How a column is read.
#[derive(Debug, Clone, PartialEq)]
pub struct Form {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub kind: ColumnType,
    /// How its dates are written.
    pub dates: DateForm,
}

/// How a table is read.
#[derive(Debug, Clone, PartialEq)]
pub struct Forms {
    /// Its columns.
    pub columns: Vec<Form>,
    /// How its numbers are written.
    pub decimal: Decimal,
}

/// What was seen of a column.
#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    filled: u64,
    with_point: u64,
    with_comma: u64,
    year_first: u64,
    day_first: u64,
    month_first: u64,
}

impl Counts {
    fn add(&mut self, text: &str) {
        if is_missing(text) {
            return;
        }
        self.filled += 1;
        self.with_point += u64::from(number(text, Decimal::Point).is_some());
        self.with_comma += u64::from(number(text, Decimal::Comma).is_some());
        self.year_first += u64::from(date(text, DateForm::YearFirst).is_some());
        self.day_first += u64::from(date(text, DateForm::DayFirst).is_some());
        self.month_first += u64::from(date(text, DateForm::MonthFirst).is_some());
    }

    fn are_most(&self, count: u64) -> bool {
        count > 0 && count.saturating_mul(10) >= self.filled.saturating_mul(9)
    }
}

/// Reads all of a table; errors name the line.
pub fn forms(file: impl Read, delimiter: u8, kind: Kind, max_columns: usize) -> Result<Forms> {
    let mut records = Records::new(file, delimiter, max_columns);
    let names = match records.next_record()? {
        Some(header) => header_names(&header)?,
        None => return Err(refuse(UserErrorCode::Blank, "The file is empty.")),
    };
    let mut counts = vec![Counts::default(); names.len()];
    let (mut points, mut commas, mut rows) = (0_u64, 0_u64, 0_u64);
    while let Some(record) = records.next_record()? {
        same_width(&record, names.len())?;
        rows += 1;
        for (field, count) in record.fields().zip(&mut counts) {
            let field = field.trim();
            count.add(field);
            match sign(field, delimiter) {
                Some(Decimal::Point) => points += 1,
                Some(Decimal::Comma) => commas += 1,
                None => {}
            }
        }
    }
    if rows == 0 {
        let message = "The file has a header and no rows.";
        return Err(refuse(UserErrorCode::NotEnoughData, message));
    }
    let decimal = match commas > points {
        true => Decimal::Comma,
        false => Decimal::Point,
    };
    let columns = names.into_iter().zip(counts);
    let columns = columns.map(|(name, counts)| form(name, counts, decimal, kind));
    Ok(Forms {
        columns: columns.collect::<Result<_>>()?,
        decimal,
    })
}

/// What a field shows of how decimals are written.
fn sign(text: &str, delimiter: u8) -> Option<Decimal> {
    let has = |sign| text.contains(sign);
    match (has('.'), has(',')) {
        (false, false) => None,
        (true, false) => text.parse::<f64>().ok().map(|_| Decimal::Point),
        // Between commas, 1,234 in quotes is a thousand and more.
        (false, true) if delimiter == b',' && is_grouped(text, '.', ',') => None,
        (false, true) => number(text, Decimal::Comma).map(|_| Decimal::Comma),
        (true, true) => match number(text, Decimal::Point) {
            Some(_) => Some(Decimal::Point),
            None => number(text, Decimal::Comma).map(|_| Decimal::Comma),
        },
    }
}

/// Refuses a row that is not as wide as the header.
pub fn same_width(record: &Record<'_>, columns: usize) -> Result<()> {
    if record.len() == columns {
        return Ok(());
    }
    let message = format!(
        "Line {} has {}, and the header {columns}.",
        record.line,
        match record.len() {
            1 => "1 field".to_owned(),
            fields => format!("{fields} fields"),
        }
    );
    Err(refuse(UserErrorCode::Invalid, message))
}

fn header_names(header: &Record<'_>) -> Result<Vec<String>> {
    let names: Vec<String> = header.fields().map(|name| name.trim().to_owned()).collect();
    for (index, name) in names.iter().enumerate() {
        let place = index + 1;
        let wrong = if name.is_empty() {
            format!("Column {place} has no name: the first line has to name every column.")
        } else if name.chars().count() > MAX_NAME {
            format!("The name of column {place} is longer than {MAX_NAME} characters.")
        } else if name.chars().any(char::is_control) {
            format!("The name of column {place} holds control characters.")
        } else if let Some(first) = names[..index].iter().position(|other| other == name) {
            format!(
                "Columns {} and {place} are both called `{name}`.",
                first + 1
            )
        } else {
            continue;
        };
        return Err(refuse(UserErrorCode::Invalid, wrong));
    }
    Ok(names)
}

fn form(name: String, counts: Counts, decimal: Decimal, kind: Kind) -> Result<Form> {
    let numbers = match decimal {
        Decimal::Point => counts.with_point,
        Decimal::Comma => counts.with_comma,
    };
    let other = counts.day_first.max(counts.month_first);
    let ambiguous = other > counts.year_first && counts.day_first == counts.month_first;
    let dates = if counts.year_first >= other {
        DateForm::YearFirst
    } else if counts.day_first >= counts.month_first {
        DateForm::DayFirst
    } else {
        DateForm::MonthFirst
    };
    let kind = if counts.are_most(numbers) {
        ColumnType::Number
    } else if counts.are_most(counts.year_first.max(other)) {
        if ambiguous && kind == Kind::TimeSeries {
            return Err(two_ways(&name));
        }
        match ambiguous {
            true => ColumnType::Text,
            false => ColumnType::Date,
        }
    } else {
        ColumnType::Text
    };
    Ok(Form { name, kind, dates })
}

fn two_ways(name: &str) -> Error {
    let message = format!(
        "The dates of the column `{name}` can be read as day/month or as month/day: write them as 2024-12-31."
    );
    refuse(UserErrorCode::Invalid, message)
}
