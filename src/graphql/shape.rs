//! The shape that a response must have: its fields in the order of the document, and a null for each that
//! failed, or for its next parent that may be null.
//!
//! Ours, because async-graphql 7.2.1 gives fields in the order in which they were done, leaves failed ones
//! out, and carries no null to a parent; hooking into each field's resolution would cost every request.

use std::collections::HashMap;

use async_graphql::parser::types::{BaseType, ExecutableDocument, Selection, SelectionSet, Type};
use async_graphql::{Name, PathSegment, ServerError, Value};

use super::cost::{Declared, Types, of_introspection};

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
    weight: Weight,
    shape: Shape,
}

/// What a field that was resolved costs.
#[derive(Debug, Clone, Copy)]
enum Weight {
    /// So much, and what is below it.
    Of(u32),
    /// Nothing: `__typename`.
    Free,
    /// The root of an introspection.
    Introspection,
}

impl Shape {
    /// The shape of the operation that a request means.
    pub fn of(document: &ExecutableDocument, wanted: Option<&str>, types: &Types) -> Self {
        let mut shape = Self::default();
        if let Some(operation) = super::limits::meant(document, wanted) {
            let root = types.root(operation.ty);
            shape.add(&operation.selection_set.node, document, root, types, 0);
        }
        shape
    }

    fn add(
        &mut self,
        set: &SelectionSet,
        document: &ExecutableDocument,
        on: Option<&Name>,
        types: &Types,
        level: usize,
    ) {
        // A fragment that spreads itself is refused by validation; here it only has to end.
        if level > super::measure::MAX_LEVELS {
            return;
        }
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) => {
                    let key = &field.node.response_key().node;
                    let name = &field.node.name.node;
                    let declared = types.field(on, name);
                    let place = match self.places.get(key) {
                        Some(&place) => place,
                        None => {
                            self.places.insert(key.clone(), self.fields.len());
                            self.fields.push(Field {
                                key: key.clone(),
                                name: name.clone(),
                                on: on.cloned(),
                                weight: match (declared, name.as_str()) {
                                    (Some(declared), _) => Weight::Of(declared.weight),
                                    (None, "__typename") => Weight::Free,
                                    (None, "__schema" | "__type") => Weight::Introspection,
                                    (None, _) => Weight::Of(1),
                                },
                                shape: Self::default(),
                            });
                            self.fields.len() - 1
                        }
                    };
                    let inner = &field.node.selection_set.node;
                    if !inner.items.is_empty()
                        && let Some(field) = self.fields.get_mut(place)
                    {
                        let on = declared.map(|declared| declared.named());
                        field.shape.add(inner, document, on, types, level + 1);
                    }
                }
                Selection::InlineFragment(fragment) => {
                    let condition = fragment.node.type_condition.as_ref();
                    let on = condition.map(|condition| &condition.node.on.node).or(on);
                    let inner = &fragment.node.selection_set.node;
                    self.add(inner, document, on, types, level + 1);
                }
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = document.fragments.get(&spread.node.fragment_name.node)
                    {
                        let on = Some(&fragment.node.type_condition.node.on.node);
                        let inner = &fragment.node.selection_set.node;
                        self.add(inner, document, on, types, level + 1);
                    }
                }
            }
        }
    }

    /// Puts the fields of a value into the document's order, and gives what resolving them has cost.
    pub fn arrange(&self, value: &mut Value) -> u64 {
        match value {
            Value::List(items) => items.iter_mut().map(|item| self.arrange(item)).sum(),
            Value::Object(object) => {
                let place = |key: &Name| self.places.get(key).copied().unwrap_or(usize::MAX);
                if !object.keys().is_sorted_by_key(place) {
                    object.sort_by(|a, _, b, _| place(a).cmp(&place(b)));
                }
                let mut cost = 0;
                for (key, value) in object.iter_mut() {
                    let field = self.places.get(key).and_then(|&at| self.fields.get(at));
                    let Some(field) = field else { continue };
                    let below = match field.shape.fields.is_empty() {
                        true => 0,
                        false => field.shape.arrange(value),
                    };
                    cost += match field.weight {
                        Weight::Free => 0,
                        Weight::Introspection => of_introspection(below + 1),
                        // What is not there, or failed, took next to no work.
                        Weight::Of(_) if *value == Value::Null => 1,
                        Weight::Of(weight) => below + u64::from(weight),
                    };
                }
                cost
            }
            _ => 0,
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
            let on = field.on.as_ref().or(parent);
            let Some(Declared { ty: declared, .. }) = types.field(on, &field.name) else {
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
