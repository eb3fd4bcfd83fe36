//! The size and the estimated cost of a document, every fragment measured once.
//!
//! async-graphql's own checks walk into every spread again, so that thirty fragments that each spread the
//! next one twice would take a billion steps.

use std::collections::HashMap;

use async_graphql::parser::types::{
    Directive, ExecutableDocument, Field, OperationDefinition, Selection, SelectionSet,
};
use async_graphql::{Name, Positioned, Value, Variables};

use super::budgets::{Attempts, BUDGETS};
use super::cost::{Length, Types, UNDECLARED, introspected, leads_back, of_introspection};
use super::paging::{MAX_SIZE, estimated_size};

/// Where measuring stops; deeper than any limit on depth, so that such a document is refused.
pub(super) const MAX_LEVELS: usize = 200;

/// What a selection holds once its fragments are spread.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Measure {
    /// Fields and fragments.
    pub fields: usize,
    /// Of fields.
    pub aliases: usize,
    /// Levels of fields; introspection is one.
    pub depth: usize,
    /// On fields and fragments.
    pub directives: usize,
    /// Fields of this level, which validation compares with each other.
    pub level: usize,
    /// The same of every selection within: how much validation compares.
    pub compared: usize,
    /// Introspected fields, lists multiplied.
    pub introspected: u64,
    /// How many lists of types and their parts are nested.
    pub nested_lists: usize,
    /// Cost.
    pub cost: u64,
    /// Cost of each item of the connection whose fields these are.
    pub per_item: u64,
    /// How often each budget is asked for.
    pub attempts: Attempts,
}

impl Measure {
    fn add(&mut self, other: &Self) {
        self.fields = self.fields.saturating_add(other.fields);
        self.aliases = self.aliases.saturating_add(other.aliases);
        self.depth = self.depth.max(other.depth);
        self.directives = self.directives.saturating_add(other.directives);
        self.level = self.level.saturating_add(other.level);
        self.compared = self.compared.saturating_add(other.compared);
        self.introspected = self.introspected.saturating_add(other.introspected);
        self.nested_lists = self.nested_lists.max(other.nested_lists);
        self.cost = self.cost.saturating_add(other.cost);
        self.per_item = self.per_item.saturating_add(other.per_item);
        for (mine, theirs) in self.attempts.iter_mut().zip(other.attempts) {
            *mine = mine.saturating_add(theirs);
        }
    }

    /// The cost with that of what is introspected.
    pub fn estimate(&self) -> u64 {
        self.cost
            .saturating_add(of_introspection(self.introspected))
    }

    /// Costs nothing: `@skip` and `@include` leave it out.
    fn left_out(&mut self) {
        self.cost = 0;
        self.per_item = 0;
        self.attempts = [0; BUDGETS];
    }
}

/// What fields are selected of.
#[derive(Debug, Clone, Copy)]
enum On<'a> {
    Type(Option<&'a Name>),
    Introspection,
}

impl<'a> On<'a> {
    fn condition(name: &'a Name) -> Self {
        if name.starts_with("__") {
            Self::Introspection
        } else {
            Self::Type(Some(name))
        }
    }
}

/// Measures the parts of one document.
pub(super) struct Measuring<'a> {
    pub document: &'a ExecutableDocument,
    pub types: &'a Types,
    pub variables: &'a Variables,
    /// The operation that is meant, for the defaults of its variables.
    pub meant: Option<&'a OperationDefinition>,
    /// Of the fragments; `None` inside of itself, where validation names the cycle.
    known: HashMap<&'a Name, Option<Measure>>,
}

impl<'a> Measuring<'a> {
    pub fn new(
        document: &'a ExecutableDocument,
        types: &'a Types,
        variables: &'a Variables,
        meant: Option<&'a OperationDefinition>,
    ) -> Self {
        Self {
            document,
            types,
            variables,
            meant,
            known: HashMap::new(),
        }
    }

    pub fn operation(&mut self, operation: &'a OperationDefinition) -> Measure {
        let on = On::Type(self.types.root(operation.ty));
        let mut total = self.set(&operation.selection_set.node, on, 0);
        total.directives = total.directives.saturating_add(operation.directives.len());
        total
    }

    pub fn fragment(&mut self, name: &'a Name, level: usize) -> Measure {
        if let Some(measured) = self.known.get(name) {
            return measured.unwrap_or_default();
        }
        self.known.insert(name, None);
        let mut measured = Measure::default();
        if let Some(fragment) = self.document.fragments.get(name) {
            let on = On::condition(&fragment.node.type_condition.node.on.node);
            measured = self.set(&fragment.node.selection_set.node, on, level + 1);
        }
        self.known.insert(name, Some(measured));
        measured
    }

    fn set(&mut self, set: &'a SelectionSet, on: On<'a>, level: usize) -> Measure {
        let mut total = Measure::default();
        if level > MAX_LEVELS {
            total.depth = MAX_LEVELS;
            return total;
        }
        for Positioned { node, .. } in &set.items {
            let (mut inner, directives) = match node {
                Selection::Field(field) => {
                    (self.field(&field.node, on, level), &field.node.directives)
                }
                Selection::InlineFragment(fragment) => {
                    let fragment = &fragment.node;
                    let condition = fragment.type_condition.as_ref();
                    let on = condition.map_or(on, |on| On::condition(&on.node.on.node));
                    let inner = self.set(&fragment.selection_set.node, on, level + 1);
                    (inner, &fragment.directives)
                }
                Selection::FragmentSpread(spread) => {
                    let inner = self.fragment(&spread.node.fragment_name.node, level);
                    (inner, &spread.node.directives)
                }
            };
            if !matches!(node, Selection::Field(_)) {
                inner.fields = inner.fields.saturating_add(1);
            }
            if !directives.is_empty() {
                inner.directives = inner.directives.saturating_add(directives.len());
                if self.leaves_out(directives) {
                    inner.left_out();
                }
            }
            total.add(&inner);
        }
        total.compared = total.compared.saturating_add(total.level);
        total
    }

    fn field(&mut self, field: &'a Field, on: On<'a>, level: usize) -> Measure {
        let name = &field.name.node;
        let declared = match on {
            On::Type(parent) => self.types.field(parent, name),
            On::Introspection => None,
        };
        let within = match on {
            On::Introspection => On::Introspection,
            On::Type(_) if name.starts_with("__") => On::Introspection,
            On::Type(_) => On::Type(declared.map(|declared| declared.named())),
        };
        let inner = match field.selection_set.node.items.as_slice() {
            [] => Measure::default(),
            _ => self.set(&field.selection_set.node, within, level + 1),
        };
        let mut total = Measure {
            fields: inner.fields.saturating_add(1),
            aliases: inner
                .aliases
                .saturating_add(usize::from(field.alias.is_some())),
            depth: inner.depth + 1,
            level: 1,
            per_item: 0,
            ..inner
        };
        if matches!(within, On::Introspection) {
            // Deep by nature, and bounded by a budget of its own.
            total.depth = 1;
            if name != "__typename" {
                let many = inner.introspected.saturating_mul(introspected(name));
                total.introspected = many.saturating_add(1);
                total.nested_lists = inner.nested_lists + usize::from(leads_back(name));
            }
            return total;
        }
        let (length, weight) = match declared {
            Some(declared) => (&declared.length, declared.weight),
            None => (&Length::One, 1),
        };
        let both = inner.cost.saturating_add(inner.per_item);
        let cost = match length {
            Length::One => {
                let items = inner.per_item.saturating_mul(UNDECLARED);
                inner.cost.saturating_add(items)
            }
            Length::Pages => {
                let size = estimated_size(self.int(field, "first"), self.int(field, "last"));
                let items = inner.per_item.saturating_mul(size as u64);
                inner.cost.saturating_add(items)
            }
            Length::Assumed(size) => both.saturating_mul(u64::from(*size)),
            Length::Listed(argument) => both.saturating_mul(self.items(field, argument)),
            Length::OfPage => {
                total.per_item = both;
                0
            }
        };
        total.cost = cost.saturating_add(u64::from(weight));
        if let Some(budget) = declared.and_then(|declared| declared.budget)
            && let Some(attempts) = total.attempts.get_mut(budget as usize)
        {
            *attempts = attempts.saturating_add(1);
        }
        total
    }

    /// What an argument gives, by itself or by variables.
    fn argument(&self, field: &Field, name: &str) -> Option<Value> {
        let literal = field.get_argument(name)?.node.clone();
        let variable = |name: Name| self.variable(&name).cloned().ok_or(());
        literal.into_const_with(variable).ok()
    }

    fn int(&self, field: &Field, argument: &str) -> Option<i32> {
        let Value::Number(number) = self.argument(field, argument)? else {
            return None;
        };
        let number = number.as_i64()?;
        i32::try_from(number.clamp(i32::MIN.into(), i32::MAX.into())).ok()
    }

    /// How many items an argument lists, as far as resolvers take them.
    fn items(&self, field: &Field, argument: &Name) -> u64 {
        let items = match self.argument(field, argument) {
            Some(Value::List(items)) => items.len(),
            _ => 1,
        };
        items.clamp(1, MAX_SIZE) as u64
    }

    fn variable(&self, name: &Name) -> Option<&Value> {
        self.variables.get(name).or_else(|| {
            let declared = &self.meant?.variable_definitions;
            let found = declared
                .iter()
                .find(|declared| declared.node.name.node == *name)?;
            found.node.default_value()
        })
    }

    /// Whether `@skip` or `@include` say so already.
    fn leaves_out(&self, directives: &[Positioned<Directive>]) -> bool {
        directives.iter().any(|directive| {
            let name = directive.node.name.node.as_str();
            if name != "skip" && name != "include" {
                return false;
            }
            let condition = directive.node.get_argument("if").and_then(|value| {
                let variable = |name: Name| self.variable(&name).cloned().ok_or(());
                value.node.clone().into_const_with(variable).ok()
            });
            match condition {
                Some(Value::Boolean(condition)) => condition == (name == "skip"),
                _ => false,
            }
        })
    }
}
