//! Models on the wire.

mod model;
mod mutations;
mod queries;
mod version;

pub use model::{Model, ModelConnection, load_model};
pub use mutations::ModelMutations;
pub use queries::ModelQueries;
pub use version::{ModelMetrics, ModelVersion, ModelVersionConnection, load_version};
