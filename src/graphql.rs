//! What every slice's resolvers share; it knows no slice.

pub mod budgets;
pub mod connection;
pub mod context;
pub mod cost;
pub mod date;
pub(crate) mod ids;
pub mod limits;
pub mod loader;
pub mod mask;
mod measure;
pub mod node;
pub mod paging;
pub mod payload;
pub mod scopes;
pub mod shape;
pub mod telemetry;
pub mod times;
mod tokens;
pub mod trusted;
pub mod upload;
