//! Mutation payloads: the changed object, or what the user has to correct.

use async_graphql::{ID, SimpleObject};

use crate::error::{Error, Result, UserError};

/// Splits a service's result: what the user can correct becomes data, everything else stays an error.
pub fn outcome<T>(result: Result<T>) -> Result<(Option<T>, Vec<UserError>)> {
    match result {
        Ok(value) => Ok((Some(value), Vec::new())),
        Err(Error::User(errors)) => Ok((None, errors)),
        Err(error) => Err(error),
    }
}

/// Defines a payload type with one object and the list of errors.
macro_rules! payload {
    ($(#[$meta:meta])* $payload:ident { $(#[$field_meta:meta])* $field:ident: $object:ty }) => {
        $(#[$meta])*
        #[derive(async_graphql::SimpleObject)]
        pub struct $payload {
            $(#[$field_meta])*
            pub $field: Option<$object>,
            /// What to correct; where it holds anything, nothing was changed.
            pub errors: Vec<$crate::error::UserError>,
        }

        impl $payload {
            /// Wraps a service's result.
            pub fn of(result: $crate::error::Result<$object>) -> $crate::error::Result<Self> {
                let ($field, errors) = $crate::graphql::payload::outcome(result)?;
                Ok(Self { $field, errors })
            }
        }
    };
}
pub(crate) use payload;

/// What a deletion gives.
#[derive(SimpleObject)]
pub struct DeletePayload {
    /// The id of what is gone.
    pub deleted_id: Option<ID>,
    /// What to correct; where it holds anything, nothing was changed.
    pub errors: Vec<UserError>,
}

impl DeletePayload {
    /// Wraps a service's result.
    pub fn of(result: Result<impl Into<ID>>) -> Result<Self> {
        let (deleted, errors) = outcome(result)?;
        Ok(Self {
            deleted_id: deleted.map(Into::into),
            errors,
        })
    }
}
