//! What every slice's resolvers share; it knows no slice.

pub mod connection;
pub mod context;
pub(crate) mod ids;
pub mod limits;
pub mod loader;
pub mod mask;
pub mod paging;
pub mod payload;
pub mod scopes;
pub mod shape;
pub mod telemetry;
mod tokens;
