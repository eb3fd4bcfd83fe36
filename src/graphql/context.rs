//! What a resolver finds in its context: the application and the viewer.

use std::sync::Arc;

use async_graphql::Context;

use crate::app::App;
use crate::error::{Error, Result};
use crate::viewer::Viewer;

/// Reads the request's own values out of async-graphql's context.
pub trait Request {
    /// The application.
    fn app(&self) -> Result<&App>;
    /// Who asks.
    fn viewer(&self) -> Result<&Viewer>;
    /// A slice's DataLoaders, made anew for each request.
    fn loaders<T: Send + Sync + 'static>(&self) -> Result<&Arc<T>>;
}

impl Request for Context<'_> {
    fn app(&self) -> Result<&App> {
        find(self)
    }

    fn viewer(&self) -> Result<&Viewer> {
        find(self)
    }

    fn loaders<T: Send + Sync + 'static>(&self) -> Result<&Arc<T>> {
        find(self)
    }
}

fn find<'a, T: Send + Sync + 'static>(ctx: &Context<'a>) -> Result<&'a T> {
    ctx.data_opt::<T>().ok_or_else(|| {
        Error::internal(format!(
            "the request carries no {}",
            std::any::type_name::<T>()
        ))
    })
}
