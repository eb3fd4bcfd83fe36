//! Counts and times GraphQL operations by name, type and outcome.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use async_graphql::parser::types::{DocumentOperations, ExecutableDocument, OperationType};
use async_graphql::{Response, ServerError, Value};

/// As many names get a series of their own; clients choose names, and memory is finite.
const MOST_NAMES: usize = 200;
/// Longer names are nobody's.
const LONGEST_NAME: usize = 100;

/// The names that have a series, first come, first served.
#[derive(Clone, Default)]
pub struct Names(Arc<Mutex<HashSet<String>>>);

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

/// An operation that runs; counted and timed when it is dropped, also by the client going away.
pub struct Running {
    operation: String,
    kind: &'static str,
    outcome: Option<String>,
    start: Instant,
    streams: bool,
}

impl Running {
    /// Begins to count a request that is not read yet.
    pub fn start() -> Self {
        Self {
            operation: "unknown".to_owned(),
            kind: "unknown",
            outcome: None,
            start: Instant::now(),
            streams: false,
        }
    }

    /// Learns which operation is meant, and what it may cost.
    pub fn read(
        &mut self,
        names: &Names,
        document: &ExecutableDocument,
        wanted: Option<&str>,
        estimate: u32,
    ) {
        if let Some((name, kind)) = operation(document, wanted) {
            self.operation = names.label(name);
            self.kind = kind_name(kind);
        }
        metrics::histogram!("pluma_graphql_cost").record(f64::from(estimate));
    }

    /// Learns that it is a subscription.
    pub fn stream(&mut self) {
        self.streams = true;
        metrics::gauge!("pluma_graphql_subscriptions").increment(1.0);
    }

    /// Learns what came of it; the first error decides.
    pub fn note(&mut self, response: &Response) {
        if self.outcome.is_none() {
            self.outcome = response.errors.first().map(code);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let operation = std::mem::take(&mut self.operation);
        let outcome = self.outcome.take().unwrap_or_else(|| "ok".to_owned());
        if self.streams {
            metrics::gauge!("pluma_graphql_subscriptions").decrement(1.0);
        } else {
            metrics::histogram!("pluma_graphql_seconds", "operation" => operation.clone(), "type" => self.kind)
                .record(self.start.elapsed());
        }
        metrics::counter!("pluma_graphql_requests_total", "operation" => operation, "type" => self.kind, "outcome" => outcome)
            .increment(1);
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
