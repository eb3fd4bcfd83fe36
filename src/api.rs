//! The one schema: every slice's queries, mutations and subscriptions merged.

mod node;

use std::sync::Arc;

use async_graphql::{
    MergedObject, MergedSubscription, Request, Response, SDLExportOptions, Schema as Executable,
    SchemaBuilder, ServerError, Value, value,
};
use futures_util::StreamExt;
use futures_util::stream::BoxStream;

use crate::app::App;
use crate::graphql::cost::Types;
use crate::graphql::limits::{self, Examined};
use crate::graphql::mask::mask;
use crate::graphql::node::NodeFinder;
use crate::graphql::scopes;
use crate::graphql::shape::Shape;
use crate::graphql::telemetry::{Names, Running};
use crate::health::graphql::HealthQuery;
use crate::viewer::{Identity, Viewer};
use crate::{
    accounts, ai, background, chat, config, datasets, legislation, linguistics, logs, media,
    models, notebooks, pages, predictions, processing, search,
};

/// Everything that can be asked.
#[derive(MergedObject, Default)]
pub struct Query(
    node::NodeQueries,
    HealthQuery,
    accounts::graphql::AccountQueries,
    ai::graphql::AiQueries,
    chat::graphql::ChatQueries,
    linguistics::graphql::LinguisticsQueries,
    logs::graphql::LogQueries,
    media::graphql::ImageQueries,
    accounts::graphql::SessionQueries,
    accounts::graphql::KeyQueries,
    accounts::graphql::AccessQueries,
    accounts::graphql::OidcQueries,
    notebooks::graphql::NotebookQueries,
    pages::graphql::PageQueries,
    search::graphql::SearchQueries,
    background::graphql::JobQueries,
    datasets::graphql::DatasetQueries,
    models::graphql::ModelQueries,
    predictions::graphql::PredictionQueries,
    processing::graphql::ProcessingQueries,
    legislation::graphql::PropositionQueries,
);

/// Everything that can be changed.
#[derive(MergedObject, Default)]
pub struct Mutation(
    accounts::graphql::AccountMutations,
    ai::graphql::AiMutations,
    chat::graphql::ChatMutations,
    logs::graphql::LogMutations,
    media::graphql::ImageMutations,
    accounts::graphql::SessionMutations,
    accounts::graphql::KeyMutations,
    accounts::graphql::EmailMutations,
    accounts::graphql::OidcMutations,
    notebooks::graphql::NotebookMutations,
    pages::graphql::PageMutations,
    pages::graphql::SaveMutations,
    pages::graphql::ProposalMutations,
    background::graphql::JobMutations,
    datasets::graphql::DatasetMutations,
    models::graphql::ModelMutations,
    predictions::graphql::PredictionMutations,
    processing::graphql::ProcessingMutations,
    legislation::graphql::PropositionMutations,
);

/// Everything that can be watched.
#[derive(MergedSubscription, Default)]
pub struct Subscription(
    logs::graphql::LogSubscriptions,
    pages::graphql::PageSubscriptions,
    pages::graphql::ProposalSubscriptions,
    background::graphql::JobSubscriptions,
    ai::graphql::AiSubscriptions,
    chat::graphql::ChatSubscriptions,
    predictions::graphql::PredictionSubscriptions,
);

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
    estimate: u32,
}

/// As many errors are told of one operation.
const MOST_ERRORS: usize = 100;

impl Schema {
    /// Reads a request and refuses what passes a limit, or a key's scopes; nothing runs yet.
    pub fn plan(&self, request: &mut Request, viewer: &Viewer) -> Result<Plan, Box<Response>> {
        // People may ask for everything.
        let identity = viewer.identity.as_ref();
        let key = identity.filter(|identity| identity.key().is_some());
        let mut around = Around {
            schema: self.clone(),
            shape: Shape::default(),
            running: Running::start(),
            request_id: viewer.client.request_id.clone(),
            estimate: 0,
        };
        let types = &self.0.types;
        let examined = limits::examine(request, types, &self.0.limits).and_then(|examined| {
            key.map_or(Ok(()), |key| scopes::check(request, Identity::scopes(key)))?;
            Ok(examined)
        });
        match examined {
            Ok(examined) => {
                let wanted = request.operation_name.clone();
                if let Ok(document) = request.parsed_query() {
                    let names = &self.0.names;
                    let estimate = examined.estimate;
                    around
                        .running
                        .read(names, document, wanted.as_deref(), estimate);
                    around.shape = Shape::of(document, wanted.as_deref(), types);
                }
                around.estimate = examined.estimate;
                Ok(Plan { around, examined })
            }
            Err(error) => Err(Box::new(around.refuse(error))),
        }
    }

    /// Runs a planned query or mutation that [`prepare`] has made ready.
    pub async fn execute(&self, plan: Plan, request: Request) -> Costed {
        let mut around = plan.around;
        around.finish(self.0.engine.execute(request).await)
    }

    /// Runs a planned operation of any type that [`prepare`] has made ready; dropping the stream ends it.
    pub fn execute_stream(&self, plan: Plan, request: Request) -> BoxStream<'static, Costed> {
        let mut around = plan.around;
        around.running.stream();
        let responses = self.0.engine.execute_stream(request);
        responses
            .map(move |response| around.finish(response))
            .boxed()
    }
}

/// An operation that is within the limits.
pub struct Plan {
    around: Around,
    /// What it may cost.
    pub examined: Examined,
}

impl Plan {
    /// Gives up, with this error.
    pub fn refuse(mut self, error: ServerError) -> Response {
        self.around.refuse(error)
    }
}

/// A response, and what it has cost.
pub struct Costed {
    /// With `extensions.cost`, where anything was executed.
    pub response: Response,
    /// At most the estimate; 0 where nothing was executed.
    pub actual: u32,
}

impl Around {
    fn finish(&mut self, mut response: Response) -> Costed {
        if !response.errors.is_empty() {
            // One document can be wrong in very many ways.
            response.errors.truncate(MOST_ERRORS);
            let types = &self.schema.0.types;
            self.shape
                .put_nulls(&mut response.data, &response.errors, types);
            mask(
                &mut response,
                self.request_id.as_deref(),
                self.schema.0.verbose,
            );
        }
        let actual = self.shape.arrange(&mut response.data);
        self.running.note(&response);
        let refused = response.data == Value::Null
            && response.errors.iter().all(|error| error.path.is_empty());
        if refused {
            return Costed {
                response,
                actual: 0,
            };
        }
        // A list whose length is only assumed may be longer.
        let actual = u32::try_from(actual).unwrap_or(u32::MAX).min(self.estimate);
        let cost = value!({ "estimated": self.estimate, "actual": actual });
        response.extensions.insert("cost".to_owned(), cost);
        Costed { response, actual }
    }

    fn refuse(&mut self, error: ServerError) -> Response {
        self.finish(Response::from_errors(vec![error])).response
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
        .data(NodeFinder(node::find_any))
        // The parser's own bound. Everything else is measured before, with every fragment read once.
        .limit_recursive_depth(64);
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
        .data(Arc::new(ai::loaders::Loaders::new(app)))
        .data(Arc::new(background::loaders::Loaders::new(app, &viewer)))
        .data(Arc::new(chat::loaders::Loaders::new(app, &viewer)))
        .data(Arc::new(datasets::loaders::Loaders::new(app, &viewer)))
        .data(Arc::new(media::loaders::Loaders::new(app, &viewer)))
        .data(Arc::new(models::loaders::Loaders::new(app)))
        .data(Arc::new(notebooks::loaders::Loaders::new(app, &viewer)))
        .data(Arc::new(pages::loaders::Loaders::new(app, &viewer)))
        .data(Arc::new(predictions::loaders::Loaders::new(app)))
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
            let field = types.field(Some(&page), &Name::new(field)).unwrap();
            field.ty.nullable
        };
        assert!(nullable("draft"));
        assert!(!nullable("currentRevision"));
    }

    #[test]
    fn every_list_of_objects_says_how_long_it_is_taken_to_be() {
        let unknown = Types::of(&sdl()).of_unknown_length();
        assert!(unknown.is_empty(), "declare @listSize of {unknown:?}");
    }
}
