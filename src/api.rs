//! The one schema: every slice's queries, mutations and subscriptions merged.

use async_graphql::{EmptySubscription, MergedObject, Request, Schema as Executable};

use crate::accounts;
use crate::app::App;
use crate::graphql::limits::DocumentLimits;
use crate::graphql::mask::Mask;
use crate::viewer::Viewer;

/// Everything that can be asked.
#[derive(MergedObject, Default)]
pub struct Query(accounts::graphql::Queries);

/// Everything that can be changed.
#[derive(MergedObject, Default)]
pub struct Mutation(accounts::graphql::Mutations);

/// Everything that can be watched.
pub type Subscription = EmptySubscription;

/// The executable schema.
pub type Schema = Executable<Query, Mutation, Subscription>;

/// Builds the schema for `app`.
pub fn schema(app: &App) -> Schema {
    let config = &app.config;
    let mut builder = Executable::build(Query::default(), Mutation::default(), EmptySubscription)
        .data(app.clone())
        .extension(Mask {
            verbose: config.server.verbose_errors,
        })
        .extension(DocumentLimits(config.limits.clone()))
        .limit_complexity(config.limits.cost)
        .limit_recursive_depth(64)
        .limit_directives(20);
    if !config.server.introspection {
        builder = builder.disable_introspection();
    }
    builder.finish()
}

/// Gives a request its viewer and its DataLoaders.
pub fn prepare(app: &App, viewer: Viewer, request: Request) -> Request {
    request
        .data(viewer)
        .data(accounts::loaders::Loaders::new(app))
}
