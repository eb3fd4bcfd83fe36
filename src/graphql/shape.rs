//! The shape that a response must have: its fields in the order of the document, and a null for each that
//! failed, or for its next parent that may be null.
//!
//! Ours, because async-graphql 7.2.1 gives fields in the order in which they were done, leaves failed ones
//! out, and carries no null to a parent; hooking into each field's resolution would cost every request.

use std::collections::HashMap;

use async_graphql::parser::types::{
    BaseType, DocumentOperations, ExecutableDocument, OperationType, Selection, SelectionSet, Type,
    TypeKind, TypeSystemDefinition,
};
use async_graphql::{Name, PathSegment, ServerError, Value};

/// The declared type of every field.
#[derive(Default)]
pub struct Types {
    fields: HashMap<Name, HashMap<Name, Type>>,
}

impl Types {
    /// Reads the types of a schema's SDL.
    pub fn of(sdl: &str) -> Self {
        let mut fields = HashMap::new();
        let definitions = match async_graphql::parser::parse_schema(sdl) {
            Ok(document) => document.definitions,
            Err(error) => {
                tracing::error!(%error, "the schema cannot be read: nulls stay where fields failed");
                Vec::new()
            }
        };
        for definition in definitions {
            let TypeSystemDefinition::Type(definition) = definition else {
                continue;
            };
            let declared = match definition.node.kind {
                TypeKind::Object(object) => object.fields,
                TypeKind::Interface(interface) => interface.fields,
                _ => continue,
            };
            let declared = declared
                .into_iter()
                .map(|field| (field.node.name.node, field.node.ty.node))
                .collect();
            fields.insert(definition.node.name.node, declared);
        }
        Self { fields }
    }

    /// The type of a field. Below an abstract type any type's field of that name will do: validation has
    /// made sure that those of one response key agree on where nulls may be.
    pub(crate) fn field(&self, parent: Option<&Name>, field: &Name) -> Option<&Type> {
        parent
            .and_then(|parent| self.fields.get(parent)?.get(field))
            .or_else(|| self.fields.values().find_map(|fields| fields.get(field)))
    }
}

/// What was selected of an object, fragments spread, in the document's order.
#[derive(Debug, Default)]
pub struct Shape {
    fields: Vec<Field>,
    places: HashMap<Name, usize>,
}

#[derive(Debug)]
struct Field {
    key: Name,
    name: Name,
    on: Option<Name>,
    shape: Shape,
}

impl Shape {
    /// The shape of the operation that a request means.
    pub fn of(document: &ExecutableDocument, wanted: Option<&str>) -> Self {
        let operation = match &document.operations {
            DocumentOperations::Single(operation) => Some(operation),
            DocumentOperations::Multiple(operations) => match wanted {
                Some(wanted) => operations.get(wanted),
                None => operations.values().next(),
            },
        };
        let mut shape = Self::default();
        if let Some(operation) = operation {
            let root = match operation.node.ty {
                OperationType::Query => "Query",
                OperationType::Mutation => "Mutation",
                OperationType::Subscription => "Subscription",
            };
            let root = Name::new(root);
            shape.add(&operation.node.selection_set.node, document, Some(&root), 0);
        }
        shape
    }

    fn add(
        &mut self,
        set: &SelectionSet,
        document: &ExecutableDocument,
        on: Option<&Name>,
        level: usize,
    ) {
        // A fragment that spreads itself is refused by validation; here it only has to end.
        if level > super::limits::MAX_LEVELS {
            return;
        }
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) => {
                    let key = &field.node.response_key().node;
                    let place = match self.places.get(key) {
                        Some(&place) => place,
                        None => {
                            self.places.insert(key.clone(), self.fields.len());
                            self.fields.push(Field {
                                key: key.clone(),
                                name: field.node.name.node.clone(),
                                on: on.cloned(),
                                shape: Self::default(),
                            });
                            self.fields.len() - 1
                        }
                    };
                    let inner = &field.node.selection_set.node;
                    if let Some(field) = self.fields.get_mut(place) {
                        field.shape.add(inner, document, None, level + 1);
                    }
                }
                Selection::InlineFragment(fragment) => {
                    let condition = fragment.node.type_condition.as_ref();
                    let on = condition.map(|condition| &condition.node.on.node).or(on);
                    self.add(&fragment.node.selection_set.node, document, on, level + 1);
                }
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = document.fragments.get(&spread.node.fragment_name.node)
                    {
                        let on = Some(&fragment.node.type_condition.node.on.node);
                        self.add(&fragment.node.selection_set.node, document, on, level + 1);
                    }
                }
            }
        }
    }

    /// Puts the fields of a value into the document's order.
    pub fn arrange(&self, value: &mut Value) {
        match value {
            Value::List(items) => items.iter_mut().for_each(|item| self.arrange(item)),
            Value::Object(object) => {
                let place = |key: &Name| self.places.get(key).copied().unwrap_or(usize::MAX);
                if !object.keys().is_sorted_by_key(place) {
                    object.sort_by(|a, _, b, _| place(a).cmp(&place(b)));
                }
                for (key, value) in object.iter_mut() {
                    let field = self.places.get(key).and_then(|&at| self.fields.get(at));
                    if let Some(field) = field.filter(|field| !field.shape.fields.is_empty()) {
                        field.shape.arrange(value);
                    }
                }
            }
            _ => {}
        }
    }

    /// Puts a null where each of `errors` happened, or at the next parent that may be null.
    pub fn put_nulls(&self, value: &mut Value, errors: &[ServerError], types: &Types) {
        let mut failures = Failures::default();
        for error in errors.iter().filter(|error| !error.path.is_empty()) {
            failures.add(&error.path);
        }
        if !failures.within.is_empty() {
            *value = self.settle_object(std::mem::take(value), &failures, types, None);
        }
    }

    fn settle_object(
        &self,
        value: Value,
        failures: &Failures,
        types: &Types,
        parent: Option<&Name>,
    ) -> Value {
        let mut object = match value {
            Value::Object(object) => object,
            // An object of which every field failed.
            _ => Default::default(),
        };
        for (segment, failures) in &failures.within {
            let Step::Field(key) = segment else { continue };
            let field = self
                .places
                .get(key.as_str())
                .and_then(|&at| self.fields.get(at));
            let Some(field) = field else { continue };
            let Some(declared) = types.field(field.on.as_ref().or(parent), &field.name) else {
                continue;
            };
            let value = object.get_mut(key.as_str()).map(std::mem::take);
            let settled = field
                .shape
                .settle(value.unwrap_or_default(), failures, types, declared);
            if settled == Value::Null && !declared.nullable {
                return Value::Null;
            }
            object.insert(field.key.clone(), settled);
        }
        Value::Object(object)
    }

    fn settle(&self, value: Value, failures: &Failures, types: &Types, declared: &Type) -> Value {
        if failures.here {
            return Value::Null;
        }
        match &declared.base {
            BaseType::Named(name) => self.settle_object(value, failures, types, Some(name)),
            BaseType::List(item) => {
                let Value::List(mut items) = value else {
                    return Value::Null;
                };
                for (segment, failures) in &failures.within {
                    let Step::Item(index) = segment else { continue };
                    let Some(slot) = items.get_mut(*index) else {
                        continue;
                    };
                    *slot = self.settle(std::mem::take(slot), failures, types, item);
                    if *slot == Value::Null && !item.nullable {
                        return Value::Null;
                    }
                }
                Value::List(items)
            }
        }
    }
}

#[derive(Debug, PartialEq, Eq, Hash)]
enum Step {
    Field(String),
    Item(usize),
}

/// The paths of errors, as a tree.
#[derive(Debug, Default)]
struct Failures {
    here: bool,
    within: HashMap<Step, Failures>,
}

impl Failures {
    fn add(&mut self, path: &[PathSegment]) {
        let mut node = self;
        for segment in path {
            let step = match segment {
                PathSegment::Field(name) => Step::Field(name.clone()),
                PathSegment::Index(index) => Step::Item(*index),
            };
            node = node.within.entry(step).or_default();
        }
        node.here = true;
    }
}

#[cfg(test)]
#[path = "shape_tests.rs"]
mod tests;
