//! Which scope of an API key each root field needs, checked before anything of an operation runs.
//!
//! What is in no list needs READ or WRITE by the type of its operation, so that a new field cannot be
//! forgotten. Fields that also take a person say so in their service (`Viewer::require_session`).

use std::collections::HashSet;

use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, OperationDefinition, OperationType, Selection,
};
use async_graphql::{Request, ServerError, ServerResult};

use crate::viewer::{Scope, Scopes};

/// What asks the AI, and its chats.
const AI: [&str; 19] = [
    "aiChat",
    "aiComplete",
    "aiCompleteAndProcess",
    "aiCompletionStream",
    "aiModels",
    "aiStatus",
    "aiUsage",
    "chat",
    "chats",
    "createChat",
    "deleteChat",
    "messageStream",
    "proposalStream",
    "proposePageEdit",
    "regenerateMessage",
    "renameChat",
    "sendMessage",
    "stopMessage",
    "summarizeProposition",
];
/// Datasets, models, predictions and classifications.
const MODELS: [&str; 23] = [
    "classifications",
    "classify",
    "clearChallenger",
    "dataset",
    "datasets",
    "deleteDataset",
    "deleteModel",
    "deleteModelVersion",
    "deletePrediction",
    "importDataset",
    "importModel",
    "labelClassification",
    "loadModel",
    "model",
    "models",
    "predict",
    "prediction",
    "predictionUpdated",
    "predictions",
    "setChallenger",
    "setChampion",
    "trainModel",
    "updatePrediction",
];

/// The scope that a root field needs; none for what describes the schema itself.
pub fn needed(kind: OperationType, field: &str) -> Option<Scope> {
    match (field, kind) {
        _ if field.starts_with("__") => None,
        _ if AI.contains(&field) => Some(Scope::Ai),
        _ if MODELS.contains(&field) => Some(Scope::Models),
        (_, OperationType::Mutation) => Some(Scope::Write),
        (_, OperationType::Query | OperationType::Subscription) => Some(Scope::Read),
    }
}

/// Refuses a request that has a root field which a key with these scopes may not ask for, also inside of
/// fragments and behind aliases, skipped or not. Nothing of it runs then. The request's document was parsed and
/// measured before.
pub fn check(request: &mut Request, held: Scopes) -> ServerResult<()> {
    let wanted = request.operation_name.clone();
    let document = request.parsed_query()?;
    for operation in operations(document, wanted.as_deref()) {
        check_operation(document, operation, held)?;
    }
    Ok(())
}

/// The operation that is meant; all of them where that is not clear, which is refused later.
fn operations<'a>(
    document: &'a ExecutableDocument,
    wanted: Option<&str>,
) -> Vec<&'a OperationDefinition> {
    match (&document.operations, wanted) {
        (DocumentOperations::Multiple(operations), Some(wanted))
            if operations.contains_key(wanted) =>
        {
            vec![&operations[wanted].node]
        }
        (operations, _) => operations
            .iter()
            .map(|(_, operation)| &operation.node)
            .collect(),
    }
}

fn check_operation<'a>(
    document: &'a ExecutableDocument,
    operation: &'a OperationDefinition,
    held: Scopes,
) -> ServerResult<()> {
    let mut sets = vec![&operation.selection_set.node];
    let mut spread = HashSet::new();
    while let Some(set) = sets.pop() {
        for item in &set.items {
            match &item.node {
                Selection::Field(field) => {
                    let name = field.node.name.node.as_str();
                    if let Some(scope) = needed(operation.ty, name)
                        && !held.has(scope)
                    {
                        let scope = scope.as_str();
                        let message = format!("`{name}` needs an API key with the scope {scope}.");
                        let mut error = ServerError::new(message, None);
                        let extensions = error.extensions.get_or_insert_default();
                        extensions.set("code", "FORBIDDEN");
                        return Err(error);
                    }
                }
                Selection::InlineFragment(fragment) => sets.push(&fragment.node.selection_set.node),
                Selection::FragmentSpread(fragment) => {
                    let name = &fragment.node.fragment_name.node;
                    // Each fragment once: one that spreads itself is refused later.
                    if spread.insert(name)
                        && let Some(fragment) = document.fragments.get(name)
                    {
                        sets.push(&fragment.node.selection_set.node);
                    }
                }
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(query: &str, held: &[Scope]) -> bool {
        let held = Scopes::of(held.iter().copied());
        check(&mut Request::new(query), held).is_err()
    }

    #[test]
    fn a_field_needs_its_scope_however_it_is_written() {
        for query in [
            "mutation { createNotebook { x } }",
            "mutation { a: createNotebook { x } }",
            "mutation { __typename ... { ... on Mutation { createNotebook { x } } } }",
            "mutation { ...f } fragment f on Mutation { ...g } fragment g on Mutation { ...f logout { x } }",
            "mutation A { logout { x } } mutation B { logout { x } }",
            "mutation { logout @skip(if: true) { x } }",
        ] {
            assert!(
                refused(query, &[Scope::Read, Scope::Admin, Scope::Ai]),
                "{query}"
            );
            assert!(!refused(query, &[Scope::Write]), "{query}");
        }
    }

    #[test]
    fn ai_and_models_have_scopes_of_their_own() {
        for query in ["{ chats { x } }", "mutation { aiChat { x } }"] {
            assert!(refused(query, &[Scope::Read, Scope::Write, Scope::Models]));
            assert!(!refused(query, &[Scope::Ai]), "{query}");
        }
        for query in [
            "{ models { x } }",
            "subscription { predictionUpdated { x } }",
        ] {
            assert!(refused(query, &[Scope::Read, Scope::Write, Scope::Ai]));
            assert!(!refused(query, &[Scope::Models]), "{query}");
        }
    }

    #[test]
    fn the_schema_describes_itself_to_every_key() {
        assert!(!refused("{ __typename __schema { x } }", &[Scope::Ai]));
    }

    #[test]
    fn of_several_operations_the_one_that_is_meant_counts() {
        let query = "query A { viewer { id } } mutation B { logout { x } }";
        let read = Scopes::of([Scope::Read]);
        let ask = |name: &str| check(&mut Request::new(query).operation_name(name), read);
        assert!(ask("A").is_ok());
        assert!(ask("B").is_err());
        assert!(ask("C").is_err());
    }
}
