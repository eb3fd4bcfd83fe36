//! Limits on a document, checked before it is validated: fields after fragments are spread, aliases,
//! depth and tokens.
//!
//! async-graphql's own depth and cost checks walk into every spread again, so that thirty fragments that
//! each spread the next one twice would take a billion steps. Here every fragment is measured once.

use std::collections::HashMap;

use async_graphql::parser::types::{ExecutableDocument, Selection, SelectionSet};
use async_graphql::{Name, Positioned, Request, ServerError, ServerResult};

use super::tokens::count_tokens;
use crate::config;

/// Refuses a request whose document passes the limits; gives how many fields it has once its fragments are
/// spread. Its document is parsed then.
pub fn examine(request: &mut Request, limits: &config::Limits) -> ServerResult<usize> {
    if count_tokens(&request.query, limits.tokens) > limits.tokens {
        return Err(refuse(
            "QUERY_TOO_COMPLEX",
            format!(
                "The document has more than {} tokens; send a shorter one.",
                limits.tokens
            ),
        ));
    }
    check(request.parsed_query()?, limits)
}

/// What a selection holds once its fragments are spread.
#[derive(Debug, Clone, Copy, Default)]
struct Measure {
    fields: usize,
    aliases: usize,
    depth: usize,
}

/// The most fields and fragments that a document may have once its fragments are spread.
const MAX_FIELDS: usize = 5_000;
/// Where measuring stops; deeper than any limit on depth, so that such a document is refused.
pub(super) const MAX_LEVELS: usize = 200;

fn check(document: &ExecutableDocument, limits: &config::Limits) -> ServerResult<usize> {
    let mut known = HashMap::new();
    let mut fields = 0;
    for (_, operation) in document.operations.iter() {
        let measure = measure(&operation.node.selection_set.node, document, &mut known, 0);
        if measure.depth > limits.depth {
            return Err(refuse(
                "QUERY_TOO_DEEP",
                format!(
                    "The query is {} levels deep; {} are allowed.",
                    measure.depth, limits.depth
                ),
            ));
        }
        if measure.fields > MAX_FIELDS {
            return Err(refuse(
                "QUERY_TOO_COMPLEX",
                format!(
                    "The query has more than {MAX_FIELDS} fields once its fragments are spread."
                ),
            ));
        }
        if measure.aliases > limits.aliases {
            return Err(refuse(
                "QUERY_TOO_COMPLEX",
                format!(
                    "The query has {} aliases; {} are allowed.",
                    measure.aliases, limits.aliases
                ),
            ));
        }
        fields = fields.max(measure.fields);
    }
    Ok(fields)
}

fn measure<'a>(
    set: &'a SelectionSet,
    document: &'a ExecutableDocument,
    known: &mut HashMap<&'a Name, Option<Measure>>,
    level: usize,
) -> Measure {
    let mut total = Measure::default();
    if level > MAX_LEVELS {
        total.depth = MAX_LEVELS;
        return total;
    }
    for Positioned { node, .. } in &set.items {
        let inner = match node {
            Selection::Field(field) => {
                // Introspection is deep by nature and bounded by the schema: its depth is not counted.
                let introspection = field.node.name.node.starts_with("__");
                let inner = measure(&field.node.selection_set.node, document, known, level + 1);
                Measure {
                    fields: inner.fields.saturating_add(1),
                    aliases: inner
                        .aliases
                        .saturating_add(usize::from(field.node.alias.is_some())),
                    depth: if introspection { 1 } else { inner.depth + 1 },
                }
            }
            Selection::InlineFragment(fragment) => measure(
                &fragment.node.selection_set.node,
                document,
                known,
                level + 1,
            ),
            Selection::FragmentSpread(spread) => {
                let name = &spread.node.fragment_name.node;
                match known.get(name) {
                    // None: inside of itself; validation names the cycle.
                    Some(measured) => measured.unwrap_or_default(),
                    None => {
                        known.insert(name, None);
                        let measured = document
                            .fragments
                            .get(name)
                            .map(|fragment| {
                                measure(
                                    &fragment.node.selection_set.node,
                                    document,
                                    known,
                                    level + 1,
                                )
                            })
                            .unwrap_or_default();
                        known.insert(name, Some(measured));
                        measured
                    }
                }
            }
        };
        if !matches!(node, Selection::Field(_)) {
            total.fields = total.fields.saturating_add(1);
        }
        total.fields = total.fields.saturating_add(inner.fields);
        total.aliases = total.aliases.saturating_add(inner.aliases);
        total.depth = total.depth.max(inner.depth);
    }
    total
}

/// The error of a request that is refused before it runs.
pub(super) fn refuse(code: &str, message: String) -> ServerError {
    let mut error = ServerError::new(message, None);
    error.extensions.get_or_insert_default().set("code", code);
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
mod tests {
    use super::*;

    fn measured(query: &str) -> Measure {
        let document = async_graphql::parser::parse_query(query).unwrap();
        let (_, operation) = document.operations.iter().next().unwrap();
        measure(
            &operation.node.selection_set.node,
            &document,
            &mut HashMap::new(),
            0,
        )
    }

    #[test]
    fn a_bomb_of_fragments_is_measured_without_being_spread() {
        use std::fmt::Write;
        let mut query = "{ ...f0 }".to_owned();
        for i in 0..60 {
            write!(
                query,
                " fragment f{i} on Query {{ ...f{n} ...f{n} }}",
                n = i + 1
            )
            .unwrap();
        }
        query.push_str(" fragment f60 on Query { health { state } }");
        assert!(measured(&query).fields > 1 << 59);
    }

    #[test]
    fn fragments_that_spread_themselves_end() {
        assert_eq!(
            measured("{ ...a } fragment a on Query { x ...a }").fields,
            3
        );
    }

    #[test]
    fn aliases_and_depth_are_counted_through_fragments() {
        let measure = measured("{ a: x { ...f } } fragment f on X { b: y { z } }");
        assert_eq!((measure.fields, measure.aliases, measure.depth), (4, 2, 3));
    }
}
