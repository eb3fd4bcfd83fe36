//! What a cell or the value of a line is: a number or a truth value where nothing is lost by it, else text.

use serde_json::{Number, Value};

/// The longest number that is looked at.
const LONGEST: usize = 40;

/// The value that `text` writes.
///
/// Empty is null. A number is one whose digits all survive: `12`, `-3.50`; `007`, `+5`, `1e5`, `1,5` and what has
/// more digits than a double keeps stay texts. Decimal commas are not read: nobody can tell them from thousands.
pub fn infer(text: &str) -> Value {
    let text = text.trim();
    match text {
        "" => Value::Null,
        _ if text.eq_ignore_ascii_case("true") => Value::Bool(true),
        _ if text.eq_ignore_ascii_case("false") => Value::Bool(false),
        _ if text.eq_ignore_ascii_case("null") => Value::Null,
        _ => number(text).map_or_else(|| Value::String(text.to_owned()), Value::Number),
    }
}

fn number(text: &str) -> Option<Number> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = |c: char| c.is_ascii_digit() || c == '.';
    if text.len() > LONGEST || !digits.chars().all(plain) {
        return None;
    }
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let leading = whole.len() > 1 && whole.starts_with('0');
    if whole.is_empty() || fraction.is_empty() || fraction.contains('.') || leading {
        return None;
    }
    if !digits.contains('.') {
        if let Ok(number) = text.parse::<i64>() {
            // There is no −0 among whole numbers.
            return (text != "-0").then(|| number.into());
        }
        return text.parse::<u64>().ok().map(Number::from);
    }
    let value = text.parse::<f64>().ok()?;
    is_kept(text, value).then(|| Number::from_f64(value))?
}

/// Whether `value`, written out, has the digits of `text` again, but for zeros at the end of the fraction.
pub fn is_kept(text: &str, value: f64) -> bool {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().unwrap_or(i64::MAX)),
        None => (text, 0),
    };
    let written = format!("{value:e}");
    let (digits, power) = written.split_once('e').unwrap_or((&written, "0"));
    significant(mantissa, exponent) == significant(digits, power.parse::<i64>().unwrap_or(i64::MIN))
}

/// The sign, the digits that count, and the power of ten of the first one.
fn significant(mantissa: &str, exponent: i64) -> (bool, String, i64) {
    let negative = mantissa.starts_with('-');
    let (whole, fraction) = mantissa
        .trim_start_matches('-')
        .split_once('.')
        .unwrap_or((mantissa.trim_start_matches('-'), ""));
    let all: String = whole.chars().chain(fraction.chars()).collect();
    let zeros = all.len() - all.trim_start_matches('0').len();
    let digits = all.trim_matches('0').to_owned();
    if digits.is_empty() {
        return (negative, digits, 0);
    }
    let length = |text: &str| i64::try_from(text.len()).unwrap_or(i64::MAX);
    let first = length(whole) - 1 - i64::try_from(zeros).unwrap_or(i64::MAX);
    (negative, digits, first.saturating_add(exponent))
}
