//! How much one client may send, and how long it may take.

use std::time::Duration;

use super::buffer::Held;
use crate::config::Config;

/// Proxies commonly cut off what is silent for a minute, some after half of it.
const KEEPALIVE: Duration = Duration::from_secs(12);
const UPLOAD_FILES: usize = 10;

/// Limits of the transports.
pub struct Limits {
    /// Of a body that is JSON, and of a message on a WebSocket.
    pub body_bytes: usize,
    /// What all arriving bodies hold together.
    pub held: Held,
    /// Of one uploaded file.
    pub upload_bytes: usize,
    /// Of an uploaded dataset, for those who are signed in.
    pub dataset_bytes: usize,
    /// Of an uploaded model, for those who are signed in.
    pub model_bytes: usize,
    /// Of the time that the upload of one of these takes.
    pub upload_timeout: Duration,
    /// Of the files of one request.
    pub upload_files: usize,
    /// Of the operations of one request.
    pub batch: usize,
    /// Of the values in a request's JSON.
    pub variables: usize,
    /// Of how deep they nest.
    pub variable_depth: usize,
    /// Of a document's text.
    pub tokens: usize,
    /// Of one operation, subscriptions excepted.
    pub request_timeout: Duration,
    /// Of the wait for `connection_init`.
    pub ws_init_timeout: Duration,
    /// Of the operations that run on one WebSocket.
    pub ws_operations: usize,
    /// Of the streams that are open at once.
    pub connections: usize,
    /// Of those of one viewer, or of the strangers at one address.
    pub streams_per_viewer: usize,
    /// Between two signs of life on a stream.
    pub keepalive: Duration,
    /// For which an answer that everybody may see may be kept.
    pub public_max_age: Duration,
}

impl Limits {
    /// The configured limits.
    pub fn of(config: &Config) -> Self {
        let limits = &config.limits;
        Self {
            body_bytes: limits.body_bytes,
            held: Held::default(),
            upload_bytes: limits.body_bytes,
            dataset_bytes: usize::try_from(config.datasets.bytes).unwrap_or(usize::MAX),
            model_bytes: usize::try_from(config.models.bytes).unwrap_or(usize::MAX),
            upload_timeout: config.datasets.upload.max(limits.request_timeout),
            upload_files: UPLOAD_FILES,
            batch: limits.batch,
            variables: limits.variables,
            variable_depth: limits.variable_depth,
            tokens: limits.tokens,
            request_timeout: limits.request_timeout,
            ws_init_timeout: limits.ws_init_timeout,
            ws_operations: limits.ws_operations,
            connections: limits.connections,
            streams_per_viewer: limits.streams_per_viewer,
            keepalive: KEEPALIVE,
            public_max_age: config.server.public_max_age,
        }
    }

    /// Bytes of all files of a request together, of which one may have `most`.
    pub fn files_of(&self, most: usize) -> usize {
        let usual = self.upload_bytes.saturating_mul(self.upload_files);
        usual.max(most)
    }

    /// Bytes of one file of a request for `operation`, by somebody who is signed in or not: datasets and models are
    /// larger than anything else, and no stranger may import either.
    pub fn file_of(&self, operation: &str, signed_in: bool) -> usize {
        let named = [
            ("importDataset", self.dataset_bytes),
            ("importModel", self.model_bytes),
        ];
        let asked = named
            .iter()
            .filter(|(name, _)| signed_in && operation.contains(name));
        let most = asked.map(|(_, most)| *most).max();
        most.unwrap_or(self.upload_bytes)
    }

    /// Bytes of the largest body that any transport reads.
    pub fn largest_body(&self) -> usize {
        self.files_of(self.dataset_bytes.max(self.model_bytes))
            .saturating_add(self.body_bytes.saturating_mul(2))
    }
}
