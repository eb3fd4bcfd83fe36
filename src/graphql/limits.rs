//! Limits on a document: its tokens before it is parsed, everything else before it is validated.

use std::collections::HashSet;

use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, OperationDefinition, Selection, SelectionSet,
};
use async_graphql::{Name, Request, ServerError, ServerResult, Value, Variables};

use super::budgets::Attempts;
use super::cost::{Types, of_introspection};
use super::measure::{Measure, Measuring};
use super::tokens::count_tokens;
use crate::config;

/// How much validation may compare: every level of fields with what lies on the same level in fragments.
const COMPARED: usize = 20_000;
/// How deep lists of types and their parts may nest in introspection; GraphiQL's query needs one.
const NESTED_LISTS: usize = 2;

/// What is known of a request that may run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Examined {
    /// The most that it can cost.
    pub estimate: u32,
    /// How often it asks for what has a stricter budget.
    pub attempts: Attempts,
}

/// Refuses a text that is longer than a parser should be given.
pub fn check_tokens(query: &str, most: usize) -> ServerResult<()> {
    if count_tokens(query, most) <= most {
        return Ok(());
    }
    let message = format!("The document has more than {most} tokens; send a shorter one.");
    Err(refuse("QUERY_TOO_COMPLEX", "tokens", most, message))
}

/// Refuses a request that passes a limit. Its document is parsed then.
pub fn examine(
    request: &mut Request,
    types: &Types,
    limits: &config::Limits,
) -> ServerResult<Examined> {
    check_variables(&request.variables, limits.variable_bytes)?;
    let wanted = request.operation_name.clone();
    request.parsed_query()?;
    let variables = std::mem::take(&mut request.variables);
    let examined = match request.parsed_query() {
        Ok(document) => check(document, types, &variables, wanted.as_deref(), limits),
        Err(error) => Err(error),
    };
    request.variables = variables;
    examined
}

/// The operation that a request means; `None` where it says too little, which is refused elsewhere.
pub(super) fn meant<'a>(
    document: &'a ExecutableDocument,
    wanted: Option<&str>,
) -> Option<&'a OperationDefinition> {
    match &document.operations {
        DocumentOperations::Single(operation) => Some(&operation.node),
        DocumentOperations::Multiple(operations) => match wanted {
            Some(wanted) => operations.get(wanted).map(|operation| &operation.node),
            None => operations.values().next().map(|operation| &operation.node),
        },
    }
}

fn check(
    document: &ExecutableDocument,
    types: &Types,
    variables: &Variables,
    wanted: Option<&str>,
    limits: &config::Limits,
) -> ServerResult<Examined> {
    let complex = |limit, most, message| Err(refuse("QUERY_TOO_COMPLEX", limit, most, message));
    let fragments = document.fragments.len();
    if fragments > limits.fragments {
        let most = limits.fragments;
        let message = format!("The document has {fragments} fragments; {most} are allowed.");
        return complex("fragments", most, message);
    }
    let meant = meant(document, wanted);
    let mut measuring = Measuring::new(document, types, variables, meant);
    let mut examined = Examined::default();
    let (mut fields, mut compared) = (0_usize, 0_usize);
    for (_, operation) in document.operations.iter() {
        let operation = &operation.node;
        let measure = measuring.operation(operation);
        fields = fields.saturating_add(measure.fields);
        compared = compared.saturating_add(measure.compared);
        check_operation(document, operation, &measure, limits)?;
        if meant.is_some_and(|meant| std::ptr::eq(meant, operation)) {
            let cost = usize::try_from(measure.cost).unwrap_or(usize::MAX);
            if cost > limits.cost {
                let most = limits.cost;
                let message = format!("The query may cost {cost}; {most} is allowed.");
                return complex("cost", most, message);
            }
            examined = Examined {
                estimate: u32::try_from(measure.estimate()).unwrap_or(u32::MAX),
                attempts: measure.attempts,
            };
        }
    }
    // Fragments that nothing spreads are validated too.
    for name in document.fragments.keys() {
        compared = compared.saturating_add(measuring.fragment(name, 0).compared);
    }
    if fields > limits.fields {
        let most = limits.fields;
        let message =
            format!("The document has more than {most} fields once its fragments are spread.");
        return complex("fields", most, message);
    }
    if compared > COMPARED {
        let message = "The document has too many fields side by side, fragments within fragments \
                       counted: select each once.";
        return complex("overlapping fields", COMPARED, message.to_owned());
    }
    Ok(examined)
}

fn check_operation(
    document: &ExecutableDocument,
    operation: &OperationDefinition,
    measure: &Measure,
    limits: &config::Limits,
) -> ServerResult<()> {
    let complex = |limit, has: usize, most: usize| {
        let message = format!("The query has {has} {limit}; {most} are allowed.");
        Err(refuse("QUERY_TOO_COMPLEX", limit, most, message))
    };
    if measure.depth > limits.depth {
        let most = limits.depth;
        let message = format!(
            "The query is {} levels deep; {most} are allowed.",
            measure.depth
        );
        return Err(refuse("QUERY_TOO_DEEP", "depth", most, message));
    }
    if measure.aliases > limits.aliases {
        return complex("aliases", measure.aliases, limits.aliases);
    }
    if measure.directives > limits.directives {
        return complex("directives", measure.directives, limits.directives);
    }
    if measure.fields > limits.fields {
        let most = limits.fields;
        let message =
            format!("The query has more than {most} fields once its fragments are spread.");
        return Err(refuse("QUERY_TOO_COMPLEX", "fields", most, message));
    }
    if measure.level > limits.root_fields {
        let mut keys = HashSet::new();
        let set = &operation.selection_set.node;
        root_fields(document, set, &mut keys, &mut HashSet::new());
        if keys.len() > limits.root_fields {
            return complex("root fields", keys.len(), limits.root_fields);
        }
    }
    let introspection = usize::try_from(of_introspection(measure.introspected));
    if introspection.is_ok_and(|cost| cost <= limits.introspection)
        && measure.nested_lists <= NESTED_LISTS
    {
        return Ok(());
    }
    let message = "The introspection asks for too much: types within types within types, or the \
                   whole schema many times.";
    Err(refuse(
        "QUERY_TOO_COMPLEX",
        "introspection",
        limits.introspection,
        message.to_owned(),
    ))
}

/// The response keys of an operation's root; a field that is repeated is one.
fn root_fields<'a>(
    document: &'a ExecutableDocument,
    set: &'a SelectionSet,
    keys: &mut HashSet<&'a Name>,
    seen: &mut HashSet<&'a Name>,
) {
    for selection in &set.items {
        match &selection.node {
            Selection::Field(field) => {
                keys.insert(&field.node.response_key().node);
            }
            Selection::InlineFragment(fragment) => {
                root_fields(document, &fragment.node.selection_set.node, keys, seen);
            }
            Selection::FragmentSpread(spread) => {
                let name = &spread.node.fragment_name.node;
                if let Some(fragment) = document.fragments.get(name)
                    && seen.insert(name)
                {
                    root_fields(document, &fragment.node.selection_set.node, keys, seen);
                }
            }
        }
    }
}

fn check_variables(variables: &Variables, most: usize) -> ServerResult<()> {
    let bytes: usize = variables
        .iter()
        .map(|(name, value)| name.len() + size(value))
        .sum();
    if bytes <= most {
        return Ok(());
    }
    let message = format!("The variables hold more than {most} bytes of text; send less at once.");
    Err(refuse("BAD_USER_INPUT", "variable bytes", most, message))
}

/// Bytes of the texts in a value.
fn size(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Enum(name) => name.len(),
        Value::List(items) => items.iter().map(size).sum(),
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| name.len() + size(value))
            .sum(),
        Value::Binary(bytes) => bytes.len(),
        Value::Null | Value::Number(_) | Value::Boolean(_) => 0,
    }
}

fn refuse(code: &str, limit: &str, most: usize, message: String) -> ServerError {
    let mut error = ServerError::new(message, None);
    let extensions = error.extensions.get_or_insert_default();
    extensions.set("code", code);
    extensions.set("limit", limit);
    extensions.set("allowed", most);
    error
}

/// The code of an error that async-graphql made itself, by its message; `document` is true for one
/// without a path, which means that nothing was executed.
pub fn code_of(message: &str, document: bool) -> &'static str {
    match message {
        "Query is too complex." => "QUERY_TOO_COMPLEX",
        "Query is nested too deep." => "QUERY_TOO_DEEP",
        _ if message.starts_with("The recursion depth of the query") => "QUERY_TOO_DEEP",
        _ if message.starts_with("Failed to parse") => "BAD_USER_INPUT",
        _ if document => "GRAPHQL_VALIDATION_FAILED",
        _ => "BAD_USER_INPUT",
    }
}

#[cfg(test)]
#[path = "limits_tests.rs"]
mod tests;
