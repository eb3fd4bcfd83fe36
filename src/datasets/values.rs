//! What a field of a table means: a number, a day, or that something is missing.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};

/// What stands for a missing value in columns of numbers and days, beside nothing at all.
const MISSING: [&str; 7] = ["NA", "N/A", "#N/A", "na", "n/a", "null", "NULL"];

/// Whether a field of a column of numbers or days says that its value is missing.
pub fn is_missing(text: &str) -> bool {
    text.is_empty() || MISSING.contains(&text)
}

/// What stands between the whole and the rest of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decimal {
    /// `1,234.5`
    Point,
    /// `1.234,5`
    Comma,
}

/// Reads a number, whose thousands may be grouped; it may be infinite or NaN.
pub fn number(text: &str, decimal: Decimal) -> Option<f64> {
    let (point, group) = match decimal {
        Decimal::Point => ('.', ','),
        Decimal::Comma => (',', '.'),
    };
    match text.contains(group) {
        false if decimal == Decimal::Point => text.parse().ok(),
        false => text.replace(point, ".").parse().ok(),
        true if is_grouped(text, point, group) => {
            let plain: String = text.chars().filter(|&c| c != group).collect();
            plain.replace(point, ".").parse().ok()
        }
        true => None,
    }
}

/// Whether the whole part is written in groups of three digits.
pub fn is_grouped(text: &str, point: char, group: char) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, rest) = unsigned.split_once(point).unwrap_or((unsigned, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let mut groups = whole.split(group);
    let first = groups.next().unwrap_or_default();
    (1..=3).contains(&first.len())
        && digits(first)
        && digits(rest)
        && groups.all(|part| part.len() == 3 && digits(part))
}

/// In which order a date is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateForm {
    /// `2024-12-31`, also with `/` or `.`
    YearFirst,
    /// `31/12/2024`, also with `-` or `.`
    DayFirst,
    /// `12/31/2024`, also with `-`
    MonthFirst,
}

/// A day, and the time of day where one is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The day, as it is written: zones do not move it.
    pub day: NaiveDate,
    /// The time of day.
    pub time: Option<NaiveTime>,
}

impl std::fmt::Display for Moment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.time {
            None => write!(f, "{}", self.day),
            Some(time) => write!(
                f,
                "{}",
                NaiveDateTime::new(self.day, time).format("%Y-%m-%dT%H:%M:%S%.f")
            ),
        }
    }
}

/// Reads a date that is written in this order.
pub fn date(text: &str, form: DateForm) -> Option<Moment> {
    // The shortest is 1/1/2024, and no number looks like one.
    if !text.as_bytes().first()?.is_ascii_digit() || text.len() < 8 {
        return None;
    }
    let (date, time) = match text.find(['T', ' ']) {
        Some(at) => (text.get(..at)?, text.get(at + 1..)?),
        None => (text, ""),
    };
    let separator = date.chars().find(|c| !c.is_ascii_digit())?;
    if !matches!(separator, '-' | '/' | '.') {
        return None;
    }
    let mut parts = date.split(separator);
    let (a, b, c) = (parts.next()?, parts.next()?, parts.next()?);
    let (year, month, day) = match form {
        DateForm::YearFirst => (a, b, c),
        DateForm::DayFirst => (c, b, a),
        DateForm::MonthFirst if separator == '.' => return None,
        DateForm::MonthFirst => (c, a, b),
    };
    let short = |part: &str| (1..=2).contains(&part.len());
    if parts.next().is_some() || year.len() != 4 || !short(month) || !short(day) {
        return None;
    }
    let day = NaiveDate::from_ymd_opt(
        year.parse().ok().filter(|year| *year > 0)?,
        month.parse().ok()?,
        day.parse().ok()?,
    )?;
    let time = match time {
        "" => None,
        time => Some(time_of_day(time)?),
    };
    Some(Moment { day, time })
}

fn time_of_day(text: &str) -> Option<NaiveTime> {
    let text = text.trim_end_matches("UTC").trim_end_matches('Z').trim();
    let clock = match text.find(['+', '-']) {
        Some(at) => {
            let offset = text.get(at + 1..)?;
            let digits = offset.bytes().filter(u8::is_ascii_digit).count();
            if !(2..=4).contains(&digits) || offset.len() > 5 {
                return None;
            }
            text.get(..at)?.trim()
        }
        None => text,
    };
    ["%H:%M:%S%.f", "%H:%M"]
        .iter()
        .find_map(|form| NaiveTime::parse_from_str(clock, form).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_with_either_decimal_sign_and_grouped_thousands() {
        for (text, decimal, value) in [
            ("1.5", Decimal::Point, Some(1.5)),
            ("-1,234,567.5", Decimal::Point, Some(-1_234_567.5)),
            ("1e-3", Decimal::Point, Some(0.001)),
            ("1,5", Decimal::Point, None),
            ("12,34.5", Decimal::Point, None),
            ("1,5", Decimal::Comma, Some(1.5)),
            ("1.234,5", Decimal::Comma, Some(1234.5)),
            ("1.5", Decimal::Comma, None),
            ("7", Decimal::Comma, Some(7.0)),
            ("", Decimal::Point, None),
            ("12 EUR", Decimal::Point, None),
        ] {
            assert_eq!(number(text, decimal), value, "{text}");
        }
        assert!(number("NaN", Decimal::Point).unwrap().is_nan());
        assert!(number("-inf", Decimal::Comma).unwrap().is_infinite());
        assert!(number("1e999", Decimal::Point).unwrap().is_infinite());
    }

    #[test]
    fn dates_are_read_in_the_order_in_which_they_are_written() {
        let day = NaiveDate::from_ymd_opt(2024, 12, 3).unwrap();
        for (text, form) in [
            ("2024-12-03", DateForm::YearFirst),
            ("2024/12/3", DateForm::YearFirst),
            ("2024-12-03T10:20:30Z", DateForm::YearFirst),
            ("2024-12-03 10:20", DateForm::YearFirst),
            ("2024-12-03 00:00:00+00:00", DateForm::YearFirst),
            ("2024-12-03 00:00:00.000 UTC", DateForm::YearFirst),
            ("03/12/2024", DateForm::DayFirst),
            ("3.12.2024", DateForm::DayFirst),
            ("12/3/2024", DateForm::MonthFirst),
        ] {
            assert_eq!(date(text, form).unwrap().day, day, "{text}");
        }
        for text in [
            "2024-13-01",
            "2024-02-30",
            "24-12-03",
            "2024-12",
            "1.5",
            "hello wo",
            "2024-12-03 later",
            "2024-12-03T25:00",
            "20241203",
            "é024-12-03",
        ] {
            assert_eq!(date(text, DateForm::YearFirst), None, "{text}");
        }
        assert_eq!(date("12.3.2024", DateForm::MonthFirst), None);
        let timed = date("2024-12-03 10:20", DateForm::YearFirst).unwrap();
        assert_eq!(timed.to_string(), "2024-12-03T10:20:00");
    }
}
