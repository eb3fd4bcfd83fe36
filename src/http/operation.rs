//! Which operation a request asks for, known before anything runs.

use super::gateway::Limits;
use super::persisted::PersistedQueries;
use super::request::DOCUMENT_ID;
use super::response::{Refusal, coded, set_code};
use async_graphql::parser::types::{DocumentOperations, ExecutableDocument, OperationType};
use async_graphql::{Request, ServerError};
use axum::http::StatusCode;

use crate::graphql::limits::check_tokens;
use crate::graphql::telemetry;

/// The longest document that is parsed, in bytes; texts belong in variables.
const LONGEST_QUERY: usize = 256 * 1024;

/// A parsed request and what its operation does.
pub struct Operation {
    /// Parsed, so that executing it does not parse again.
    pub request: Request,
    /// Query, mutation or subscription.
    pub kind: OperationType,
}

impl Operation {
    /// Whether it may change something.
    pub fn is_query(&self) -> bool {
        self.kind == OperationType::Query
    }
}

/// Whether a request says what to do, by text or by hash.
pub fn has_document(request: &Request) -> bool {
    !request.query.is_empty()
        || [DOCUMENT_ID, "persistedQuery"]
            .iter()
            .any(|name| request.extensions.contains_key(*name))
}

/// Finds the document and the operation in it.
pub fn prepare(
    mut request: Request,
    persisted: &PersistedQueries,
    limits: &Limits,
) -> Result<Operation, Refusal> {
    if !has_document(&request) {
        let message = "The request has no `query`.";
        return Err(Refusal::new(
            StatusCode::BAD_REQUEST,
            "BAD_USER_INPUT",
            message,
        ));
    }
    let resolved = persisted.resolve(&mut request).map_err(persisted_refusal)?;
    if request.query.len() > LONGEST_QUERY {
        let message =
            format!("A document has at most {LONGEST_QUERY} bytes; pass texts as variables.");
        return Err(Refusal::well_formed(coded(
            "GRAPHQL_VALIDATION_FAILED",
            message,
        )));
    }
    check_tokens(&request.query, limits.tokens).map_err(Refusal::well_formed)?;
    let name = request
        .operation_name
        .take()
        .filter(|name| !name.is_empty());
    let document = request.parsed_query().map_err(|mut error| {
        set_code(&mut error, "GRAPHQL_PARSE_FAILED");
        Refusal::well_formed(error)
    })?;
    let kind = kind(document, name.as_deref()).map_err(Refusal::well_formed)?;
    let called = telemetry::operation(document, name.as_deref()).and_then(|(name, _)| name);
    let called = called.map(str::to_owned);
    persisted.remember(resolved, &request.query, called.as_deref());
    request.operation_name = name;
    Ok(Operation { request, kind })
}

fn persisted_refusal(error: ServerError) -> Refusal {
    match super::response::code(&error) {
        // Apollo's clients ask again after either of these, and read them from a 200.
        Some(
            "PERSISTED_QUERY_NOT_FOUND"
            | "PERSISTED_QUERY_NOT_SUPPORTED"
            | "PERSISTED_QUERY_NOT_IN_LIST",
        ) => Refusal::well_formed(error),
        code => Refusal::new(
            StatusCode::BAD_REQUEST,
            code.unwrap_or("BAD_USER_INPUT"),
            error.message.clone(),
        ),
    }
}

fn kind(document: &ExecutableDocument, name: Option<&str>) -> Result<OperationType, ServerError> {
    let failure = |message: String| coded("OPERATION_RESOLUTION_FAILURE", message);
    match (&document.operations, name) {
        (DocumentOperations::Single(operation), None) => Ok(operation.node.ty),
        (DocumentOperations::Multiple(operations), Some(name)) => match operations.get(name) {
            Some(operation) => Ok(operation.node.ty),
            None => Err(failure(format!(
                "The document has no operation named `{name}`."
            ))),
        },
        (DocumentOperations::Single(_), Some(name)) => Err(failure(format!(
            "The document has no operation named `{name}`."
        ))),
        (DocumentOperations::Multiple(operations), None) => {
            let mut all = operations.values();
            match (all.next(), all.next()) {
                (Some(only), None) => Ok(only.node.ty),
                _ => Err(failure(
                    "The document has several operations: name one.".to_owned(),
                )),
            }
        }
    }
}
