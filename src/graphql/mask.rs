//! The boundary at which errors become what a client may read: coded, and masked where they are faults.

use async_graphql::{Response, ServerError};

use crate::error::Error;

/// Gives every error of a response its code, and masks faults. `verbose` shows their cause to the client, for
/// development.
pub fn mask(response: &mut Response, request_id: Option<&str>, verbose: bool) {
    for error in &mut response.errors {
        let source = error.source::<Error>().cloned();
        describe(error, source, request_id, verbose);
    }
}

/// Gives `error` its code and, where `source` is a fault, a masked message.
pub fn describe(
    error: &mut ServerError,
    source: Option<Error>,
    request_id: Option<&str>,
    verbose: bool,
) {
    let coded = error
        .extensions
        .as_ref()
        .is_some_and(|extensions| extensions.get("code").is_some());
    match source {
        Some(Error::Refused { code, message }) => {
            error.message = message;
            set(error, "code", code.as_str());
        }
        Some(
            limited @ Error::Limited {
                retry_after_seconds,
            },
        ) => {
            error.message = limited.to_string();
            set(error, "code", "RATE_LIMITED");
            set(error, "retryAfter", retry_after_seconds);
        }
        // Only queries get here: mutations turn these into data.
        Some(Error::User(errors)) => {
            if let Some(first) = errors.first() {
                error.message.clone_from(&first.message);
            }
            set(error, "code", "BAD_USER_INPUT");
        }
        Some(Error::Internal(cause)) => {
            tracing::error!(request_id, path = ?error.path, cause = %chain(cause.as_ref()), "a request failed");
            error.message = if verbose {
                format!("Internal error: {}", chain(cause.as_ref()))
            } else {
                "Something went wrong on the server; the request's id helps to find out what."
                    .to_owned()
            };
            set(error, "code", "INTERNAL_SERVER_ERROR");
            if let Some(request_id) = request_id {
                set(error, "requestId", request_id);
            }
        }
        None if coded => {}
        None => {
            let code = super::limits::code_of(&error.message, error.path.is_empty());
            set(error, "code", code);
        }
    }
    error.source = None;
}

fn set(error: &mut ServerError, name: &str, value: impl Into<async_graphql::Value>) {
    error
        .extensions
        .get_or_insert_default()
        .set(name, value.into());
}

fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}
