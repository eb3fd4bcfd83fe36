//! Counts and times GraphQL operations by name, type and outcome.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use async_graphql::async_trait::async_trait;
use async_graphql::extensions::{
    Extension, ExtensionContext, ExtensionFactory, NextPrepareRequest, NextRequest, NextSubscribe,
    NextValidation,
};
use async_graphql::parser::types::{DocumentOperations, ExecutableDocument, OperationType};
use async_graphql::{Request, Response, ServerError, ServerResult, ValidationResult, Value};
use futures_util::StreamExt;
use futures_util::stream::BoxStream;

/// As many names get a series of their own; clients choose names, and memory is finite.
const MOST_NAMES: usize = 200;
/// Longer names are nobody's.
const LONGEST_NAME: usize = 100;

/// Installs the counting in a schema.
#[derive(Default)]
pub struct Telemetry(Names);

impl ExtensionFactory for Telemetry {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Count {
            names: self.0.clone(),
            seen: Arc::new(Mutex::new(Seen::default())),
        })
    }
}

/// The names that have a series, first come, first served.
#[derive(Clone, Default)]
struct Names(Arc<Mutex<HashSet<String>>>);

impl Names {
    fn label(&self, name: Option<&str>) -> String {
        let Some(name) = name else {
            return "anonymous".to_owned();
        };
        let mut known = lock(&self.0);
        if !known.contains(name) {
            if known.len() >= MOST_NAMES || name.len() > LONGEST_NAME {
                return "other".to_owned();
            }
            known.insert(name.to_owned());
        }
        name.to_owned()
    }
}

/// What a request turned out to be.
struct Seen {
    operation: String,
    kind: &'static str,
    outcome: Option<String>,
}

impl Default for Seen {
    /// A request that was refused before it could be read.
    fn default() -> Self {
        Self {
            operation: "unknown".to_owned(),
            kind: "unknown",
            outcome: None,
        }
    }
}

struct Count {
    names: Names,
    seen: Arc<Mutex<Seen>>,
}

#[async_trait]
impl Extension for Count {
    async fn request(&self, ctx: &ExtensionContext<'_>, next: NextRequest<'_>) -> Response {
        let start = Instant::now();
        let response = next.run(ctx).await;
        let mut seen = lock(&self.seen);
        seen.note(&response);
        seen.count();
        metrics::histogram!("pluma_graphql_seconds", "operation" => seen.operation.clone(), "type" => seen.kind)
            .record(start.elapsed());
        drop(seen);
        response
    }

    fn subscribe<'s>(
        &self,
        ctx: &ExtensionContext<'_>,
        stream: BoxStream<'s, Response>,
        next: NextSubscribe<'_>,
    ) -> BoxStream<'s, Response> {
        let active = Active::start(Arc::clone(&self.seen));
        next.run(ctx, stream)
            .inspect(move |response| lock(&active.0).note(response))
            .boxed()
    }

    async fn prepare_request(
        &self,
        ctx: &ExtensionContext<'_>,
        request: Request,
        next: NextPrepareRequest<'_>,
    ) -> ServerResult<Request> {
        let mut request = next.run(ctx, request).await?;
        let wanted = request.operation_name.clone();
        let document = request.parsed_query()?;
        if let Some((name, kind)) = operation(document, wanted.as_deref()) {
            let mut seen = lock(&self.seen);
            seen.operation = self.names.label(name);
            seen.kind = kind_name(kind);
        }
        Ok(request)
    }

    async fn validation(
        &self,
        ctx: &ExtensionContext<'_>,
        next: NextValidation<'_>,
    ) -> Result<ValidationResult, Vec<ServerError>> {
        let result = next.run(ctx).await;
        if let Ok(result) = &result {
            metrics::histogram!("pluma_graphql_cost").record(result.complexity as f64);
        }
        result
    }
}

impl Seen {
    /// The first error decides.
    fn note(&mut self, response: &Response) {
        if self.outcome.is_none() {
            self.outcome = response.errors.first().map(code);
        }
    }

    fn count(&self) {
        let outcome = self.outcome.clone().unwrap_or_else(|| "ok".to_owned());
        metrics::counter!("pluma_graphql_requests_total", "operation" => self.operation.clone(), "type" => self.kind, "outcome" => outcome)
            .increment(1);
    }
}

/// A subscription that runs; counted when it ends, also by the client going away.
struct Active(Arc<Mutex<Seen>>);

impl Active {
    fn start(seen: Arc<Mutex<Seen>>) -> Self {
        metrics::gauge!("pluma_graphql_subscriptions").increment(1.0);
        Self(seen)
    }
}

impl Drop for Active {
    fn drop(&mut self) {
        metrics::gauge!("pluma_graphql_subscriptions").decrement(1.0);
        lock(&self.0).count();
    }
}

fn code(error: &ServerError) -> String {
    match error.extensions.as_ref().and_then(|all| all.get("code")) {
        Some(Value::String(code)) => code.clone(),
        _ => "unknown".to_owned(),
    }
}

/// The name and type of the operation that a request means.
pub fn operation<'a>(
    document: &'a ExecutableDocument,
    wanted: Option<&str>,
) -> Option<(Option<&'a str>, OperationType)> {
    match &document.operations {
        DocumentOperations::Single(operation) => Some((None, operation.node.ty)),
        DocumentOperations::Multiple(operations) => {
            let mut named = operations
                .iter()
                .filter(|(name, _)| wanted.is_none_or(|wanted| wanted == name.as_str()));
            let (name, operation) = named.next()?;
            // Several and none wanted: async-graphql refuses it.
            match (wanted, named.next()) {
                (None, Some(_)) => None,
                _ => Some((Some(name.as_str()), operation.node.ty)),
            }
        }
    }
}

/// The type of an operation as labels and log lines have it.
pub fn kind_name(kind: OperationType) -> &'static str {
    match kind {
        OperationType::Query => "query",
        OperationType::Mutation => "mutation",
        OperationType::Subscription => "subscription",
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_bounded_in_number_and_length() {
        let names = Names::default();
        for number in 0..MOST_NAMES {
            assert_eq!(
                names.label(Some(&format!("n{number}"))),
                format!("n{number}")
            );
        }
        assert_eq!(names.label(Some("late")), "other");
        assert_eq!(names.label(Some("n7")), "n7");
        assert_eq!(names.label(None), "anonymous");
        assert_eq!(Names::default().label(Some(&"x".repeat(101))), "other");
    }

    #[test]
    fn the_operation_is_the_one_that_is_meant() {
        let parse = |text| async_graphql::parser::parse_query(text).unwrap();
        let two = parse("query A { a } mutation B { b }");
        assert_eq!(
            operation(&two, Some("B")),
            Some((Some("B"), OperationType::Mutation))
        );
        assert_eq!(operation(&two, None), None);
        assert_eq!(operation(&two, Some("C")), None);
        let one = parse("subscription S { s }");
        assert_eq!(
            operation(&one, None),
            Some((Some("S"), OperationType::Subscription))
        );
        assert_eq!(
            operation(&parse("{ a }"), None),
            Some((None, OperationType::Query))
        );
    }
}
