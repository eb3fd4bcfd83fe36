//! The one schema: every slice's queries, mutations and subscriptions merged.

mod node;

use std::any::TypeId;
use std::sync::Arc;

use async_graphql::{
    MergedObject, MergedSubscription, Request, Response, SDLExportOptions, Schema as Executable,
    SchemaBuilder,
};
use futures_util::StreamExt;
use futures_util::stream::BoxStream;

use crate::app::App;
use crate::graphql::limits;
use crate::graphql::mask::mask;
use crate::graphql::shape::{Shape, Types};
use crate::graphql::telemetry::{Names, Running};
use crate::health::graphql::HealthQuery;
use crate::viewer::Viewer;
use crate::{accounts, config, notebooks, pages};

/// Everything that can be asked.
#[derive(MergedObject, Default)]
pub struct Query(
    node::NodeQueries,
    HealthQuery,
    accounts::graphql::AccountQueries,
    accounts::graphql::OidcQueries,
    notebooks::graphql::NotebookQueries,
    pages::graphql::PageQueries,
);

/// Everything that can be changed.
#[derive(MergedObject, Default)]
pub struct Mutation(
    accounts::graphql::AccountMutations,
    accounts::graphql::EmailMutations,
    accounts::graphql::OidcMutations,
    notebooks::graphql::NotebookMutations,
    pages::graphql::PageMutations,
    pages::graphql::SaveMutations,
);

/// Everything that can be watched.
#[derive(MergedSubscription, Default)]
pub struct Subscription(pages::graphql::PageSubscriptions);

type Engine = Executable<Query, Mutation, Subscription>;

/// The executable schema.
///
/// Limits, error codes and the response's shape are handled around the engine, not by extensions inside of
/// it: with one extension, async-graphql boxes and looks up every field of every request.
#[derive(Clone)]
pub struct Schema(Arc<Parts>);

struct Parts {
    engine: Engine,
    types: Types,
    names: Names,
    limits: config::Limits,
    verbose: bool,
}

/// What an operation needs around its execution.
struct Around {
    schema: Schema,
    shape: Shape,
    running: Running,
    request_id: Option<String>,
}

impl Schema {
    /// Runs a query or a mutation that [`prepare`] has made ready.
    pub async fn execute(&self, mut request: Request) -> Response {
        match self.around(&mut request) {
            Ok(mut around) => around.finish(self.0.engine.execute(request).await),
            Err(refused) => *refused,
        }
    }

    /// Runs an operation of any type that [`prepare`] has made ready; dropping the stream ends it.
    pub fn execute_stream(&self, mut request: Request) -> BoxStream<'static, Response> {
        match self.around(&mut request) {
            Ok(mut around) => {
                around.running.stream();
                let responses = self.0.engine.execute_stream(request);
                responses
                    .map(move |response| around.finish(response))
                    .boxed()
            }
            Err(refused) => futures_util::stream::once(std::future::ready(*refused)).boxed(),
        }
    }

    fn around(&self, request: &mut Request) -> Result<Around, Box<Response>> {
        let viewer = request.data.get(&TypeId::of::<Viewer>());
        let viewer = viewer.and_then(|viewer| viewer.downcast_ref::<Viewer>());
        let request_id = viewer.and_then(|viewer| viewer.client.request_id.clone());
        let mut around = Around {
            schema: self.clone(),
            shape: Shape::default(),
            running: Running::start(),
            request_id,
        };
        match limits::examine(request, &self.0.limits) {
            Ok(fields) => {
                let wanted = request.operation_name.clone();
                if let Ok(document) = request.parsed_query() {
                    let names = &self.0.names;
                    around
                        .running
                        .read(names, document, wanted.as_deref(), fields);
                    around.shape = Shape::of(document, wanted.as_deref());
                }
                Ok(around)
            }
            Err(error) => Err(Box::new(around.finish(Response::from_errors(vec![error])))),
        }
    }
}

impl Around {
    fn finish(&mut self, mut response: Response) -> Response {
        if !response.errors.is_empty() {
            let types = &self.schema.0.types;
            self.shape
                .put_nulls(&mut response.data, &response.errors, types);
            mask(
                &mut response,
                self.request_id.as_deref(),
                self.schema.0.verbose,
            );
        }
        self.shape.arrange(&mut response.data);
        self.running.note(&response);
        response
    }
}

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
        .limit_complexity(config.limits.cost)
        .limit_recursive_depth(64)
        .limit_directives(20);
    if !config.server.introspection {
        builder = builder.disable_introspection();
    }
    Schema(Arc::new(Parts {
        engine: builder.finish(),
        types: Types::of(&sdl()),
        names: Names::default(),
        limits: config.limits.clone(),
        verbose: config.server.verbose_errors,
    }))
}

/// Gives a request its viewer and its DataLoaders.
pub fn prepare(app: &App, viewer: Viewer, request: Request) -> Request {
    request
        .data(Arc::new(accounts::loaders::Loaders::new(app)))
        .data(Arc::new(notebooks::loaders::Loaders::new(app, &viewer)))
        .data(Arc::new(pages::loaders::Loaders::new(app, &viewer)))
        .data(viewer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_graphql::Name;

    #[test]
    fn where_nulls_may_be_is_read_from_the_schema() {
        let types = Types::of(&sdl());
        let nullable = |field| {
            let page = Name::new("Page");
            types
                .field(Some(&page), &Name::new(field))
                .unwrap()
                .nullable
        };
        assert!(nullable("draft"));
        assert!(!nullable("currentRevision"));
    }
}
