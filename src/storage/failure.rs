//! What callers hear where the store fails, and what the log has.

use crate::error::{Code, Error};

/// The error for a call that the store did not do.
pub fn refused(store: &str, verb: &str, key: &str, cause: &object_store::Error) -> Error {
    tracing::warn!(store, verb, key, %cause, "the object store failed");
    let why = match cause {
        object_store::Error::PermissionDenied { .. }
        | object_store::Error::Unauthenticated { .. } => "refuses the server's access",
        _ => "cannot be used at the moment",
    };
    unavailable(store, why)
}

/// The error for a call that took too long.
pub fn late(store: &str, verb: &str, key: &str) -> Error {
    tracing::warn!(store, verb, key, "the object store does not answer");
    unavailable(store, "does not answer")
}

fn unavailable(store: &str, why: &str) -> Error {
    Error::refused(
        Code::ServiceUnavailable,
        format!("The object store ({store}) {why}; nothing was changed. Try again in a moment."),
    )
}

/// An error of object_store that came out of a writer.
pub fn of_writing(cause: std::io::Error) -> object_store::Error {
    match cause.downcast::<object_store::Error>() {
        Ok(cause) => cause,
        Err(cause) => object_store::Error::Generic {
            store: "writer",
            source: Box::new(cause),
        },
    }
}
