//! Calls that hold an id, in pairs: one with an id of somebody else's, one with an id that nothing has.

use serde_json::{Map, Value, json};

use crate::bad_input::call::Call;
use crate::bad_input::odd_values::{Things, Types};
use crate::support::Page;

use super::private::Private;

/// Two calls that should be answered alike.
pub struct Pair {
    /// The root field.
    pub field: String,
    /// With ids of things that are there.
    pub somebodys: Call,
    /// Those ids.
    pub ids: Vec<String>,
    /// With ids that nothing has.
    pub nobodys: Call,
    /// And these.
    pub no_ids: Vec<String>,
    /// Everybody may know of people: only what is private about them must not be told.
    pub public: bool,
}

/// An id of the same kind that nothing has.
fn unused(id: &str) -> String {
    let (prefix, _) = id.split_once('_').unwrap();
    format!("{prefix}_{}", pluma::id::encode(pluma::clock::new_uuid()))
}

/// Every call of a root field with an id of somebody else's in one of its places, or in all of them.
pub fn pairs(
    types: &Types,
    root: &str,
    field: &Value,
    own: &Things,
    private: &Private,
) -> Vec<Pair> {
    let name = field["name"].as_str().unwrap();
    let kind = root.to_lowercase();
    let call = |variables| Call::new(types, &kind, field, Value::Object(variables));
    let mut pairs = Vec::new();
    for (prefix, ids) in &private.ids {
        for id in ids {
            let nothing = unused(id);
            let with = |id: &str| placed(types, field, id, own);
            for (somebodys, nobodys) in with(id).into_iter().zip(with(&nothing)) {
                pairs.push(Pair {
                    field: name.to_owned(),
                    somebodys: call(somebodys),
                    ids: vec![id.clone()],
                    nobodys: call(nobodys),
                    no_ids: vec![nothing.clone()],
                    public: *prefix == "user",
                });
            }
        }
    }
    if pairs.is_empty() {
        return pairs;
    }
    let nobodys = Things {
        notebook: unused(&private.things.notebook),
        page: Page {
            id: unused(&private.things.page.id),
            revision_id: unused(&private.things.page.revision_id),
        },
        user: unused(&private.things.user),
        job: unused(&private.things.job),
        others: private
            .things
            .others
            .iter()
            .map(|(argument, id)| (*argument, unused(id)))
            .collect(),
    };
    let everywhere = |things: &Things| {
        let arguments = field["args"].as_array().unwrap().iter();
        let given = arguments.filter(|argument| {
            required(argument) || !types.with_id(&argument["type"], "x_x", things).is_empty()
        });
        let given = given.map(|argument| {
            let name = argument["name"].as_str().unwrap();
            (
                name.to_owned(),
                types.plausible(name, &argument["type"], things),
            )
        });
        call(given.collect::<Map<_, _>>())
    };
    let ids = |things: &Things| {
        let page = &things.page;
        [
            &things.notebook,
            &page.id,
            &page.revision_id,
            &things.user,
            &things.job,
        ]
        .into_iter()
        .chain(things.others.iter().map(|(_, id)| id))
        .cloned()
        .collect::<Vec<_>>()
    };
    pairs.push(Pair {
        field: name.to_owned(),
        somebodys: everywhere(&private.things),
        ids: ids(&private.things),
        nobodys: everywhere(&nobodys),
        no_ids: ids(&nobodys),
        public: takes_only_people(types, field, private),
    });
    pairs
}

/// Whether the only ids that a field takes by their names are people's.
fn takes_only_people(types: &Types, field: &Value, private: &Private) -> bool {
    let arguments = field["args"].as_array().unwrap().iter();
    let values = arguments.map(|argument| {
        let name = argument["name"].as_str().unwrap();
        types
            .plausible(name, &argument["type"], &private.things)
            .to_string()
    });
    let text: String = values.collect();
    let things = &private.things;
    let others = [
        &things.notebook,
        &things.page.id,
        &things.page.revision_id,
        &things.job,
    ];
    let mut others = others
        .into_iter()
        .chain(things.others.iter().map(|(_, id)| id));
    !others.any(|id| text.contains(id.as_str()))
}

fn required(argument: &Value) -> bool {
    argument["type"]["kind"] == "NON_NULL"
}

/// Variables with `id` in each place where an id may stand, and one's own things in the others.
fn placed(types: &Types, field: &Value, id: &str, own: &Things) -> Vec<Map<String, Value>> {
    let arguments = field["args"].as_array().unwrap();
    let plausible = arguments.iter().filter(|argument| required(argument));
    let plausible = plausible.map(|argument| {
        let name = argument["name"].as_str().unwrap();
        (
            name.to_owned(),
            types.plausible(name, &argument["type"], own),
        )
    });
    let plausible: Map<String, Value> = plausible.collect();
    let mut all = Vec::new();
    for argument in arguments {
        for value in types.with_id(&argument["type"], id, own) {
            let mut variables = plausible.clone();
            variables.insert(argument["name"].as_str().unwrap().to_owned(), value);
            all.push(variables);
        }
    }
    all
}

/// Calls of the fields of one's own things that take ids themselves.
pub fn inner_pairs(types: &Types, of: &str, own: &Things, private: &Private) -> Vec<Pair> {
    let owned = match of {
        "Notebook" => &own.notebook,
        "Page" => &own.page.id,
        "Revision" => &own.page.revision_id,
        "User" => &own.user,
        _ => {
            let with_ids = types
                .fields(of)
                .iter()
                .any(|field| !placed(types, field, "x_x", own).is_empty());
            assert!(
                !with_ids,
                "a field of {of} takes an id: let Ann own one, and name it here"
            );
            return Vec::new();
        }
    };
    let mut pairs = Vec::new();
    for field in types.fields(of) {
        let name = field["name"].as_str().unwrap();
        for (prefix, ids) in &private.ids {
            for id in ids {
                let nothing = unused(id);
                let call = |variables: Map<String, Value>| {
                    let inner = Call::new(types, "query", &field, Value::Object(variables));
                    inner.inside(of, owned)
                };
                let with = |id: &str| placed(types, &field, id, own);
                for (somebodys, nobodys) in with(id).into_iter().zip(with(&nothing)) {
                    pairs.push(Pair {
                        field: format!("{of}.{name}"),
                        somebodys: call(somebodys),
                        ids: vec![id.clone()],
                        nobodys: call(nobodys),
                        no_ids: vec![nothing.clone()],
                        public: *prefix == "user",
                    });
                }
            }
        }
    }
    pairs
}

impl Call {
    /// The same field asked of an object of one's own instead of the root: `{ node(id: …) { … on Page { … } } }`.
    fn inside(self, of: &str, id: &str) -> Self {
        let (head, field) = self.query.split_once('{').unwrap();
        let query = format!("{head}{{ node(id: \"{id}\") {{ ... on {of} {{ {field} }} }}");
        Self {
            query,
            variables: json!(self.variables),
        }
    }
}
