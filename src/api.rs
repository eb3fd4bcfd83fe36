//! The one schema: every slice's queries, mutations and subscriptions merged.

use async_graphql::{
    EmptySubscription, MergedObject, Request, SDLExportOptions, Schema as Executable, SchemaBuilder,
};

use crate::app::App;
use crate::graphql::limits::DocumentLimits;
use crate::graphql::mask::Mask;
use crate::graphql::telemetry::Telemetry;
use crate::health::graphql::HealthQuery;
use crate::viewer::Viewer;

/// Everything that can be asked.
#[derive(MergedObject, Default)]
pub struct Query(HealthQuery);

/// Everything that can be changed.
#[derive(MergedObject, Default)]
pub struct Mutation(Placeholder);

/// Everything that can be watched.
pub type Subscription = EmptySubscription;

/// The executable schema.
pub type Schema = Executable<Query, Mutation, Subscription>;

#[derive(Default)]
struct Placeholder;

/// Placeholder.
#[async_graphql::Object]
impl Placeholder {
    /// Placeholder.
    async fn placeholder(&self) -> bool {
        true
    }
}

/// The types alone, without an application behind them.
fn builder() -> SchemaBuilder<Query, Mutation, Subscription> {
    Executable::build(Query::default(), Mutation::default(), EmptySubscription)
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
pub fn prepare(_app: &App, viewer: Viewer, request: Request) -> Request {
    request.data(viewer)
}
