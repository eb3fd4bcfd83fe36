//! Jobs as people see them: their own, with what becomes of them. The queue itself is the floor's `jobs`.

pub mod graphql;
pub mod live;
pub mod loaders;
pub mod service;
