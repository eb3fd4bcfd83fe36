//! The scalar `Upload`: a file that came in the same multipart request.
//!
//! Ours, because async-graphql's panics on names that it has not written itself, which anybody can write.

use async_graphql::registry::Registry;
use async_graphql::{Context, InputType, InputValueError, InputValueResult, UploadValue, Value};

use crate::error::{Error, Result};

/// What async-graphql puts where a file belongs, before its number.
const NAME: &str = "#__graphql_file__:";

/// The number of a file of the request.
pub struct Upload(usize);

impl Upload {
    /// The file.
    pub fn value(&self, ctx: &Context<'_>) -> Result<UploadValue> {
        let file = ctx.query_env.uploads.get(self.0);
        let file = file.ok_or_else(|| Error::bad_input("An `Upload` names no file that came."))?;
        file.try_clone().map_err(Error::caused_by)
    }
}

impl InputType for Upload {
    type RawValueType = Self;

    fn type_name() -> std::borrow::Cow<'static, str> {
        <async_graphql::Upload as InputType>::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        <async_graphql::Upload as InputType>::create_type_info(registry)
    }

    fn parse(value: Option<Value>) -> InputValueResult<Self> {
        let value = value.unwrap_or_default();
        let number = match &value {
            Value::String(name) => name.strip_prefix(NAME).and_then(|name| name.parse().ok()),
            _ => None,
        };
        number
            .map(Self)
            .ok_or_else(|| InputValueError::expected_type(value))
    }

    fn to_value(&self) -> Value {
        Value::Null
    }

    fn as_raw_value(&self) -> Option<&Self::RawValueType> {
        Some(self)
    }
}
