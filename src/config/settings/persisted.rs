//! Documents that are known beforehand.

use std::path::PathBuf;

use crate::config::values::{PersistedMode, file, parsed};

/// Operations that the server knows before anybody sends them.
#[derive(Clone, Debug, confique::Config)]
pub struct Persisted {
    /// The manifest of trusted documents: Apollo's, or the `persisted-documents.json` of GraphQL Code Generator. It is read when the server starts.
    ///
    /// Accepted: the path of a JSON file
    /// Default: none
    /// Example: "./persisted-documents.json"
    #[config(env = "PLUMA_PERSISTED_MANIFEST", deserialize_with = file)]
    pub manifest: Option<PathBuf>,
    /// What becomes of documents that are not in the manifest: `log` counts and logs them, `enforce` refuses them, from everybody and over every transport. `off` does not use the manifest.
    ///
    /// Accepted: off, log, enforce
    #[config(env = "PLUMA_PERSISTED_MODE", default = "off", deserialize_with = parsed)]
    pub mode: PersistedMode,
}
