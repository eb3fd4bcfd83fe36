//! Calls into libraries that assert on odd input: a panic of theirs is an error here.

use super::Error;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs `call`; what it captures is not used after a panic by any caller.
pub(super) fn guarded<T, E: std::fmt::Display>(
    call: impl FnOnce() -> Result<T, E>,
) -> Result<T, Error> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(Error::Failed(error.to_string())),
        Err(panic) => Err(Error::Failed(
            panic
                .downcast_ref::<String>()
                .cloned()
                .or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string))
                .unwrap_or_else(|| "it panicked".to_owned()),
        )),
    }
}
