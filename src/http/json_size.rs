//! How many values JSON holds and how deep it nests, found by one look at its bytes: before anything is built
//! of it, so that a million items never become a million values.

use super::gateway::Limits;
use super::request::malformed;
use super::response::Refusal;
use axum::http::StatusCode;

/// Levels that a request has around its variables, a batch included.
const AROUND: usize = 3;

/// Refuses JSON with more values than a request may have, or nested deeper.
pub fn check(json: &[u8], limits: &Limits) -> Result<(), Refusal> {
    let (values, depth) = measure(json);
    if values > limits.variables {
        let most = limits.variables;
        let message = format!(
            "The request holds more than {most} values (PLUMA_LIMIT_VARIABLES); send fewer at once."
        );
        let status = StatusCode::PAYLOAD_TOO_LARGE;
        return Err(Refusal::new(status, "PAYLOAD_TOO_LARGE", message));
    }
    if depth > limits.variable_depth + AROUND {
        let most = limits.variable_depth;
        return Err(malformed(format!(
            "The variables nest deeper than {most} levels (PLUMA_LIMIT_VARIABLE_DEPTH)."
        )));
    }
    Ok(())
}

/// The number of values, and the deepest nesting. Of what is no JSON it is a guess, and the parser says so.
fn measure(json: &[u8]) -> (usize, usize) {
    let (mut values, mut depth, mut deepest) = (1, 0_usize, 0);
    let mut bytes = json.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => {
                while let Some(byte) = bytes.next() {
                    match byte {
                        b'"' => break,
                        b'\\' => {
                            bytes.next();
                        }
                        _ => {}
                    }
                }
            }
            b',' => values += 1,
            b'[' | b'{' => {
                values += 1;
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    (values, deepest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_and_levels_are_counted_outside_of_texts() {
        assert_eq!(measure(b"1"), (1, 0));
        assert_eq!(measure(br#"{"a": [1, 2, 3], "b": ",,[[\",[{"}"#), (6, 2));
        assert_eq!(measure(br#""\\", [["#), (4, 2));
        assert_eq!(measure(b"\"never ends"), (1, 0));
    }
}
