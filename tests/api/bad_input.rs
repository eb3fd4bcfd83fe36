//! What no well-meaning client sends: each is refused with a code, and nothing of it is a fault of the server.

pub mod call;
mod documents;
mod every_field;
pub mod odd_values;
mod texts;

use serde_json::Value;

use crate::support::Reply;

/// Words of the database, which no client ever reads.
const INSIDE: [&str; 6] = [
    "sql",
    "constraint",
    "diesel",
    "sqlite",
    "postgres",
    "syntax",
];

/// Fails where an answer blames the server, or tells what is inside of it.
#[track_caller]
fn is_no_fault(body: &Value, asked: &str) {
    for error in body["errors"].as_array().into_iter().flatten() {
        let code = error["extensions"]["code"].as_str();
        assert!(
            code.is_some_and(|code| code != "INTERNAL_SERVER_ERROR"),
            "{asked} is answered with {body:#}"
        );
    }
    tells_nothing(body, asked);
}

#[track_caller]
fn tells_nothing(value: &Value, asked: &str) {
    match value {
        Value::Object(fields) => {
            if let Some(Value::String(message)) = fields.get("message") {
                let message = message.to_lowercase();
                let told = INSIDE.iter().find(|word| message.contains(*word));
                assert_eq!(told, None, "{asked} is answered with {message:?}");
            }
            fields
                .values()
                .for_each(|value| tells_nothing(value, asked));
        }
        Value::Array(items) => items.iter().for_each(|value| tells_nothing(value, asked)),
        _ => {}
    }
}

/// The codes and paths of a payload's errors, as `CODE path.to.argument`.
#[track_caller]
fn complaints(reply: &Reply, field: &str) -> Vec<String> {
    let errors = reply.user_errors(field).as_array().unwrap().iter();
    let complaint = |error: &Value| {
        let path = error["path"].as_array().unwrap().iter();
        let path: Vec<_> = path.map(|part| part.as_str().unwrap()).collect();
        format!("{} {}", error["code"].as_str().unwrap(), path.join("."))
    };
    errors.map(complaint).collect()
}

/// Whoever tries everything tries to sign in more often than anybody should, and opens every stream there is.
fn unlimited(config: &mut pluma::config::Config) {
    let rates = &mut config.rates;
    (rates.viewer, rates.stranger, rates.address) = (0, 0, 0);
    (rates.sign_ins, rates.refreshes, rates.mails, rates.ai) = (0, 0, 0, 0);
    config.accounts.login_attempts = 10_000;
    config.accounts.login_address_attempts = 100_000;
    config.limits.streams_per_viewer = 10_000;
    // Everything of whatever a `Node` may be is more than one may ask for by default.
    (config.limits.cost, config.limits.aliases) = (10_000_000, 10_000);
}
