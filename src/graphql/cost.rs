//! What an operation costs: a static estimate before it runs, and what it came to.
//!
//! A field costs 1, or the weight that `@cost` declares where it stands; one of `Mutation` costs 10. What is
//! selected of a list is counted as often as the list may be long: the page size that `first` or `last` asks
//! for, or what `@listSize` declares. Both directives are those of Apollo's demand control, so that routers and
//! people read the same numbers in the schema. `__typename` is free, and an introspected field is a hundredth.

use async_graphql::TypeDirective;
use async_graphql::parser::types::{
    BaseType, ConstDirective, FieldDefinition, Type, TypeKind, TypeSystemDefinition,
};
use async_graphql::{Name, Positioned, Value};
use std::collections::{HashMap, HashSet};

use super::budgets::Budget;
use super::paging::DEFAULT_SIZE;

/// What the field itself costs; 1 where it is not declared.
#[TypeDirective(location = "FieldDefinition")]
pub(crate) fn cost(weight: i32) {}

/// How long the field's list is taken to be: `assumedSize` items, or as many as the named argument lists.
#[TypeDirective(location = "FieldDefinition", name = "listSize")]
pub(crate) fn list_size(assumed_size: Option<i32>, slicing_arguments: Option<Vec<String>>) {}

/// What a field costs where nothing is declared.
const FIELD: u32 = 1;
/// What a change costs where nothing is declared: it is written to disk.
const CHANGE: u32 = 10;

/// How often what is selected of a field is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Length {
    /// Once.
    One,
    /// As often as declared.
    Assumed(u32),
    /// As often as an argument has items.
    Listed(Name),
    /// The field is a connection: its lists are as long as `first` or `last` says.
    Pages,
    /// The field is a list of a connection: it is as long as the connection's page.
    OfPage,
}

/// What the schema declares of a field.
#[derive(Debug)]
pub(crate) struct Declared {
    /// Its type.
    pub(crate) ty: Type,
    /// What it costs by itself.
    pub(super) weight: u32,
    /// How often what is selected of it is counted.
    pub(super) length: Length,
    /// What a root field is counted against beside its cost.
    pub(super) budget: Option<Budget>,
}

impl Declared {
    /// The name of its type, without lists.
    pub(super) fn named(&self) -> &Name {
        named(&self.ty)
    }
}

/// What the schema declares of every field.
#[derive(Default)]
pub struct Types {
    fields: HashMap<Name, HashMap<Name, Declared>>,
    roots: [Option<Name>; 3],
}

impl Types {
    /// Reads the types of a schema's SDL.
    pub fn of(sdl: &str) -> Self {
        let definitions = match async_graphql::parser::parse_schema(sdl) {
            Ok(document) => document.definitions,
            Err(error) => {
                tracing::error!(%error, "the schema cannot be read: costs are guessed, and nulls stay where fields failed");
                Vec::new()
            }
        };
        let mut roots = [None, None, None];
        let mut declared = Vec::new();
        for definition in definitions {
            match definition {
                TypeSystemDefinition::Schema(schema) => {
                    let schema = schema.node;
                    roots = [schema.query, schema.mutation, schema.subscription]
                        .map(|root| root.map(|root| root.node));
                }
                TypeSystemDefinition::Type(definition) => match definition.node.kind {
                    TypeKind::Object(object) => {
                        declared.push((definition.node.name.node, object.fields));
                    }
                    TypeKind::Interface(interface) => {
                        declared.push((definition.node.name.node, interface.fields));
                    }
                    _ => {}
                },
                TypeSystemDefinition::Directive(_) => {}
            }
        }
        let connections: HashSet<Name> = declared
            .iter()
            .flat_map(|(_, fields)| fields)
            .filter(|field| is_paged(&field.node))
            .map(|field| named(&field.node.ty.node).clone())
            .collect();
        let fields = declared
            .into_iter()
            .map(|(object, fields)| {
                let of_page = connections.contains(&object);
                let root = roots.iter().position(|root| root.as_ref() == Some(&object));
                let fields = fields
                    .into_iter()
                    .map(|field| {
                        (
                            field.node.name.node.clone(),
                            read(field.node, of_page, root),
                        )
                    })
                    .collect();
                (object, fields)
            })
            .collect();
        Self { fields, roots }
    }

    /// The type that queries (0), mutations (1) or subscriptions (2) start at.
    pub(super) fn root(&self, kind: async_graphql::parser::types::OperationType) -> Option<&Name> {
        use async_graphql::parser::types::OperationType;
        let [query, mutation, subscription] = &self.roots;
        match kind {
            OperationType::Query => query.as_ref(),
            OperationType::Mutation => mutation.as_ref(),
            OperationType::Subscription => subscription.as_ref(),
        }
    }

    /// What is declared of a field.
    pub(crate) fn field(&self, parent: Option<&Name>, field: &Name) -> Option<&Declared> {
        self.fields.get(parent?)?.get(field)
    }

    /// The lists of objects that declare no length, `Type.field` each; there should be none.
    #[cfg(test)]
    pub(crate) fn of_unknown_length(&self) -> Vec<String> {
        let mut unknown = Vec::new();
        for (object, fields) in &self.fields {
            for (name, field) in fields {
                let has_fields = self.fields.contains_key(field.named());
                let is_list = matches!(field.ty.base, BaseType::List(_));
                if is_list && has_fields && field.length == Length::One {
                    unknown.push(format!("{object}.{name}"));
                }
            }
        }
        unknown.sort();
        unknown
    }
}

fn read(field: FieldDefinition, of_page: bool, root: Option<usize>) -> Declared {
    let ty = field.ty.node.clone();
    let is_list = matches!(ty.base, BaseType::List(_));
    let weight = argument(&field.directives, "cost", "weight").and_then(whole);
    let assumed = argument(&field.directives, "listSize", "assumedSize").and_then(whole);
    let slicing = match argument(&field.directives, "listSize", "slicingArguments") {
        Some(Value::List(names)) => match names.first() {
            Some(Value::String(name)) => Some(Name::new(name)),
            _ => None,
        },
        _ => None,
    };
    let length = match (assumed, slicing) {
        (_, Some(name)) => Length::Listed(name),
        (Some(size), None) => Length::Assumed(size),
        (None, None) if is_paged(&field) => Length::Pages,
        (None, None) if is_list && of_page => Length::OfPage,
        // There is one thing to correct, or none.
        (None, None) if is_list && named(&ty) == "UserError" => Length::Assumed(1),
        (None, None) => Length::One,
    };
    let usual = if root == Some(1) { CHANGE } else { FIELD };
    Declared {
        weight: weight.unwrap_or(usual),
        length,
        budget: root.and_then(|_| Budget::of(&field.name.node)),
        ty,
    }
}

/// Whether a field is a connection, whose page size its arguments say.
fn is_paged(field: &FieldDefinition) -> bool {
    let sizes = |name: &Name| name == "first" || name == "last";
    matches!(field.ty.node.base, BaseType::Named(_))
        && field
            .arguments
            .iter()
            .any(|argument| sizes(&argument.node.name.node))
}

fn argument(
    directives: &[Positioned<ConstDirective>],
    directive: &str,
    name: &str,
) -> Option<Value> {
    let found = directives
        .iter()
        .find(|found| found.node.name.node == directive)?;
    found
        .node
        .get_argument(name)
        .map(|value| value.node.clone())
}

fn whole(value: Value) -> Option<u32> {
    match value {
        Value::Number(number) => number
            .as_u64()
            .and_then(|number| u32::try_from(number).ok()),
        _ => None,
    }
}

fn named(ty: &Type) -> &Name {
    match &ty.base {
        BaseType::Named(name) => name,
        BaseType::List(item) => named(item),
    }
}

/// How often what is selected of an introspected field is counted: about what Pluma's own schema has.
pub(super) fn introspected(field: &str) -> u64 {
    match field {
        "types" => 150,
        "fields" => 5,
        "directives" | "locations" => 6,
        "enumValues" => 2,
        _ => 1,
    }
}

/// Whether a list of introspection leads back to types, so that nesting it multiplies the answer.
pub(super) fn leads_back(field: &str) -> bool {
    matches!(
        field,
        "fields" | "interfaces" | "possibleTypes" | "inputFields"
    )
}

/// What so many introspected fields cost.
pub(super) fn of_introspection(fields: u64) -> u64 {
    fields.div_ceil(100)
}

/// How long a list is taken to be that declares nothing.
pub(super) const UNDECLARED: u64 = DEFAULT_SIZE as u64;
