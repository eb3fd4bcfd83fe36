//! What may stand in JSON that clients give us to keep.

use serde_json::Value;

use crate::error::UserErrorCode;
use crate::validate::Checks;

const MAX_BYTES: usize = 64 * 1024;
/// serde_json reads 127 levels and no more; a document's literals can have thousands.
const MAX_LEVELS: usize = 100;
/// PostgreSQL writes numbers out, and serde_json takes the longest doubles for infinity then.
const MAX_NUMBER: f64 = 1e300;

/// Checks the application's own data, which every database has to give back as it came.
pub fn check<const N: usize>(checks: &mut Checks, path: [&str; N], value: &Value) {
    let bytes = serde_json::to_vec(value).map_or(0, |bytes| bytes.len());
    if bytes > MAX_BYTES {
        checks.add(
            UserErrorCode::TooLarge,
            path,
            format!("At most {MAX_BYTES} bytes of JSON are kept; this is {bytes}."),
        );
    }
    if !within_levels(value, MAX_LEVELS) {
        checks.add(
            UserErrorCode::TooLarge,
            path,
            format!("At most {MAX_LEVELS} levels of JSON are kept."),
        );
    }
    if has_endless_number(value) {
        checks.add(
            UserErrorCode::OutOfRange,
            path,
            "Numbers beyond 1e300 are not kept.",
        );
    }
    if has_nul(value) {
        checks.add(UserErrorCode::Invalid, path, "U+0000 is not allowed.");
    }
}

/// `value` without U+0000 in any text, which PostgreSQL does not keep.
pub fn without_nul(value: Value) -> Value {
    match value {
        Value::String(text) if text.contains('\0') => Value::String(text.replace('\0', "")),
        Value::Array(items) => Value::Array(items.into_iter().map(without_nul).collect()),
        Value::Object(fields) => Value::Object(
            fields
                .into_iter()
                .map(|(name, value)| (name.replace('\0', ""), without_nul(value)))
                .collect(),
        ),
        other => other,
    }
}

/// Whether every database gives `value` back as it is, up to so many levels and but for U+0000.
pub fn keepable(value: &Value, levels: usize) -> bool {
    within_levels(value, levels) && !has_endless_number(value)
}

/// Whether `value` has at most so many arrays and objects inside each other.
pub fn within_levels(value: &Value, levels: usize) -> bool {
    let inner = |value| within_levels(value, levels - 1);
    match value {
        Value::Array(items) => levels > 0 && items.iter().all(inner),
        Value::Object(fields) => levels > 0 && fields.values().all(inner),
        _ => true,
    }
}

fn has_endless_number(value: &Value) -> bool {
    match value {
        Value::Number(number) => number
            .as_f64()
            .is_some_and(|number| number.abs() > MAX_NUMBER),
        Value::Array(items) => items.iter().any(has_endless_number),
        Value::Object(fields) => fields.values().any(has_endless_number),
        _ => false,
    }
}

fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(fields) => fields
            .iter()
            .any(|(name, value)| name.contains('\0') || has_nul(value)),
        _ => false,
    }
}
