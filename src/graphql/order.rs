//! The order of fields in an answer: that of the operation, as the specification asks.

use std::sync::OnceLock;

use async_graphql::parser::types::{ExecutableDocument, Selection, SelectionSet};
use async_graphql::{Name, Value, indexmap::IndexMap};

/// Knows the order of one request's answer. async-graphql 7.2.1 adds fields to their object as
/// their resolvers finish.
#[derive(Default)]
pub struct FieldOrder {
    document: OnceLock<ExecutableDocument>,
    fields: OnceLock<Fields>,
}

/// The fields of an object by their names in the answer; of a leaf, none.
#[derive(Default)]
struct Fields(IndexMap<Name, Fields>);

impl FieldOrder {
    /// Remembers what was asked.
    pub fn learn(&self, document: &ExecutableDocument) {
        let _ = self.document.set(document.clone());
    }

    /// Puts an answer in order. The document has passed validation, so its fragments end.
    pub fn restore(&self, operation_name: Option<&str>, answer: &mut Value) {
        let Some(document) = self.document.get() else {
            return;
        };
        let fields = self.fields.get_or_init(|| {
            let mut fields = Fields::default();
            let operation = document.operations.iter().find(|(name, _)| {
                operation_name.is_none() || name.map(Name::as_str) == operation_name
            });
            if let Some((_, operation)) = operation {
                fields.collect(&operation.node.selection_set.node, document);
            }
            fields
        });
        fields.arrange(answer);
    }
}

impl Fields {
    /// Takes in a selection. What only some types have keeps its place among the others.
    fn collect(&mut self, set: &SelectionSet, document: &ExecutableDocument) {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) => {
                    let name = field.node.response_key().node.clone();
                    let inner = self.0.entry(name).or_default();
                    inner.collect(&field.node.selection_set.node, document);
                }
                Selection::InlineFragment(fragment) => {
                    self.collect(&fragment.node.selection_set.node, document);
                }
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = document.fragments.get(&spread.node.fragment_name.node)
                    {
                        self.collect(&fragment.node.selection_set.node, document);
                    }
                }
            }
        }
    }

    fn arrange(&self, value: &mut Value) {
        // A scalar may be an object too; its order is its own.
        if self.0.is_empty() {
            return;
        }
        match value {
            Value::List(items) => items.iter_mut().for_each(|item| self.arrange(item)),
            Value::Object(object) => {
                if !object.keys().is_sorted_by_key(|name| self.place(name)) {
                    object.sort_by(|a, _, b, _| self.place(a).cmp(&self.place(b)));
                }
                for (name, value) in object {
                    if let Some(inner) = self.0.get(name) {
                        inner.arrange(value);
                    }
                }
            }
            _ => {}
        }
    }

    fn place(&self, name: &Name) -> usize {
        self.0.get_index_of(name).unwrap_or(usize::MAX)
    }
}
