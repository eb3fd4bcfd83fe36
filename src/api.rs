//! The one schema: every slice's queries, mutations and subscriptions merged.

mod node;

use std::sync::Arc;

use async_graphql::{
    MergedObject, MergedSubscription, Request, SDLExportOptions, Schema as Executable,
    SchemaBuilder,
};

use crate::app::App;
use crate::graphql::limits::DocumentLimits;
use crate::graphql::mask::Mask;
use crate::graphql::nulls::NullPropagation;
use crate::graphql::telemetry::Telemetry;
use crate::health::graphql::HealthQuery;
use crate::viewer::Viewer;
use crate::{accounts, notebooks, pages};

/// Everything that can be asked.
#[derive(MergedObject, Default)]
pub struct Query(
    node::NodeQueries,
    HealthQuery,
    accounts::graphql::AccountQueries,
    notebooks::graphql::NotebookQueries,
    pages::graphql::PageQueries,
);

/// Everything that can be changed.
#[derive(MergedObject, Default)]
pub struct Mutation(
    accounts::graphql::AccountMutations,
    notebooks::graphql::NotebookMutations,
    pages::graphql::PageMutations,
    pages::graphql::SaveMutations,
);

/// Everything that can be watched.
#[derive(MergedSubscription, Default)]
pub struct Subscription(pages::graphql::PageSubscriptions);

/// The executable schema.
pub type Schema = Executable<Query, Mutation, Subscription>;

/// The types alone, without an application behind them.
fn builder() -> SchemaBuilder<Query, Mutation, Subscription> {
    Executable::build(
        Query::default(),
        Mutation::default(),
        Subscription::default(),
    )
    .register_output_type::<node::Node>()
}

/// The schema in GraphQL's own language, always in the same order.
pub fn sdl() -> String {
    let order = SDLExportOptions::new()
        .sorted_fields()
        .sorted_arguments()
        .sorted_enum_items();
    builder().finish().sdl_with_options(order)
}

/// Builds the schema for `app`.
pub fn schema(app: &App) -> Schema {
    let config = &app.config;
    let mut builder = builder()
        .data(app.clone())
        // The first is the outermost: what is counted carries its code already.
        .extension(Telemetry::default())
        .extension(Mask {
            verbose: config.server.verbose_errors,
        })
        .extension(NullPropagation)
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
        .data(Arc::new(accounts::loaders::Loaders::new(app)))
        .data(Arc::new(notebooks::loaders::Loaders::new(app, &viewer)))
        .data(Arc::new(pages::loaders::Loaders::new(app, &viewer)))
        .data(viewer)
}
