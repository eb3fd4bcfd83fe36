//! The way from a transport into the house: who asks, within which limits, and how an operation runs.

mod running;
mod viewers;

use std::net::IpAddr;
use std::sync::Arc;

use async_graphql::ServerError;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use super::limits::Limits;
use super::origin::Origins;
use super::rates::Rates;
use crate::api::{self, Schema};
use crate::app::App;
use crate::error::Error;
use crate::graphql::mask;
use crate::graphql::trusted::Trusted;

pub use running::Executed;
pub use viewers::{Credentials, Streamer, Viewer};

/// Authenticates and executes; cheap to clone.
#[derive(Clone)]
pub struct Gateway(Arc<Inner>);

struct Inner {
    app: App,
    schema: Schema,
    limits: Limits,
    rates: Rates,
    origins: Origins,
    mutations: TaskTracker,
}

impl Gateway {
    /// A gateway to `app`.
    pub fn new(app: &App) -> Self {
        let config = &app.config;
        let limits = Limits::of(config);
        Self(Arc::new(Inner {
            schema: api::schema(app),
            limits,
            rates: Rates::of(&config.rates),
            origins: Origins::of(config),
            mutations: TaskTracker::new(),
            app: app.clone(),
        }))
    }

    /// The limits.
    pub fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// The documents that are known beforehand.
    pub fn trusted(&self) -> &Trusted {
        &self.0.app.trusted
    }

    /// Charges an address for a request that led to nothing.
    pub async fn junk(&self, address: Option<IpAddr>) {
        if let Some(address) = address {
            self.0.rates.junk(&self.0.app, address).await;
        }
    }

    /// The error for an address that is to wait before anything of its is read.
    pub fn must_wait(&self, address: IpAddr) -> Option<ServerError> {
        let error = self.0.rates.must_wait(address)?;
        Some(self.error_response(&error, ""))
    }

    /// Cancelled when the server begins to stop.
    pub fn shutdown(&self) -> &CancellationToken {
        &self.0.app.shutdown
    }

    /// Which pages may use cookies and open streams.
    pub fn origins(&self) -> &Origins {
        &self.0.origins
    }

    /// An error as clients may read it.
    pub fn error_response(&self, error: &Error, request_id: &str) -> ServerError {
        let mut described = ServerError::new(error.to_string(), None);
        let verbose = self.0.app.config.server.verbose_errors;
        mask::describe(
            &mut described,
            Some(error.clone()),
            Some(request_id),
            verbose,
        );
        described
    }

    /// Waits until no mutation runs; no other may start meanwhile.
    pub async fn drained(&self) {
        self.0.mutations.close();
        self.0.mutations.wait().await;
    }
}
