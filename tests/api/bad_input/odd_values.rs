//! Odd values of every type of the schema, each of a form that the type allows.

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::support::{Client, Page};

/// The schema as it describes itself.
pub struct Types(HashMap<String, Value>);

/// What plausible ids name.
pub struct Things {
    /// A notebook of the user.
    pub notebook: String,
    /// Its page, and that page's revision.
    pub page: Page,
    /// The user.
    pub user: String,
    /// A job of the user.
    pub job: String,
}

const INTROSPECTION: &str = "{ __schema { types { kind name isOneOf possibleTypes { name }
    fields { name args { name type { ...t } } type { ...t } }
    inputFields { name type { ...t } } enumValues { name } } } }
    fragment t on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } }";

impl Types {
    /// Asks the server.
    pub async fn of(client: &Client) -> Self {
        let reply = client.graphql(INTROSPECTION, json!({})).await;
        let types = reply.at("/__schema/types").as_array().unwrap().iter();
        let named = types.map(|of| (of["name"].as_str().unwrap().to_owned(), of.clone()));
        Self(named.collect())
    }

    /// The fields of an object.
    pub fn fields(&self, of: &str) -> Vec<Value> {
        self.0[of]["fields"].as_array().unwrap().clone()
    }

    /// A type in GraphQL's language: `[ID!]!`.
    pub fn written(of: &Value) -> String {
        match of["kind"].as_str().unwrap() {
            "NON_NULL" => format!("{}!", Self::written(&of["ofType"])),
            "LIST" => format!("[{}]", Self::written(&of["ofType"])),
            _ => of["name"].as_str().unwrap().to_owned(),
        }
    }

    /// Everything of an object down to `depth` objects inside each other; nothing for a scalar.
    pub fn selection(&self, of: &Value, depth: usize) -> String {
        self.selected(of, depth).unwrap_or_default()
    }

    fn selected(&self, of: &Value, depth: usize) -> Option<String> {
        let of = &self.0[named(of)];
        let fields = match of["kind"].as_str().unwrap() {
            "OBJECT" if depth == 0 => return None,
            "OBJECT" => of["fields"].as_array().unwrap(),
            "INTERFACE" | "UNION" if depth == 0 => return Some("{ __typename }".to_owned()),
            "INTERFACE" | "UNION" => {
                let types = of["possibleTypes"].as_array().unwrap().iter();
                let each = types.map(|of| self.fragment(of["name"].as_str().unwrap(), depth));
                let each: Vec<_> = each.collect();
                return Some(format!("{{ __typename {} }}", each.join(" ")));
            }
            _ => return Some(String::new()),
        };
        let fields = fields.iter().filter_map(|field| {
            let inner = self.selected(&field["type"], depth - 1)?;
            Some(format!("{} {inner}", field["name"].as_str().unwrap()))
        });
        let fields: Vec<_> = fields.collect();
        Some(format!("{{ __typename {} }}", fields.join(" ")))
    }

    /// Everything of one type where others may stand too: each field has the type in its name, since fields of
    /// the same name have different types.
    fn fragment(&self, of: &str, depth: usize) -> String {
        let fields = self.fields(of);
        let fields = fields.iter().filter_map(|field| {
            let inner = self.selected(&field["type"], depth - 1)?;
            let name = field["name"].as_str().unwrap();
            Some(format!("{of}_{name}: {name} {inner}"))
        });
        let fields: Vec<_> = fields.collect();
        format!("... on {of} {{ {} }}", fields.join(" "))
    }

    /// The types that stand behind an interface.
    pub fn behind(&self, interface: &str) -> Vec<String> {
        let types = self.0[interface]["possibleTypes"].as_array().unwrap();
        let names = types.iter().map(|of| of["name"].as_str().unwrap());
        names.map(str::to_owned).collect()
    }

    /// Whether an input takes exactly one of its fields.
    fn takes_one(&self, of: &str) -> bool {
        self.0[of]["isOneOf"] == true
    }

    /// Values of a type in which one id is `id` and everything else is plausible: one for each place.
    pub fn with_id(&self, of: &Value, id: &str, things: &Things) -> Vec<Value> {
        self.placing_id(of, id, things, 4)
    }

    fn placing_id(&self, of: &Value, id: &str, things: &Things, depth: usize) -> Vec<Value> {
        match of["kind"].as_str().unwrap() {
            "NON_NULL" => self.placing_id(&of["ofType"], id, things, depth),
            "LIST" => {
                let items = self.placing_id(&of["ofType"], id, things, depth);
                items.into_iter().map(|item| json!([item])).collect()
            }
            "INPUT_OBJECT" if depth > 0 => {
                let name = named(of);
                let base = match self.takes_one(name) {
                    true => json!({}),
                    false => self.plausible("", of, things),
                };
                let mut objects = Vec::new();
                for field in self.0[name]["inputFields"].as_array().unwrap() {
                    for value in self.placing_id(&field["type"], id, things, depth - 1) {
                        let mut object = base.clone();
                        object[field["name"].as_str().unwrap()] = value;
                        objects.push(object);
                    }
                }
                objects
            }
            "SCALAR" if named(of) == "ID" => vec![json!(id)],
            _ => Vec::new(),
        }
    }

    /// A value that a client could mean.
    pub fn plausible(&self, name: &str, of: &Value, things: &Things) -> Value {
        match of["kind"].as_str().unwrap() {
            "NON_NULL" => self.plausible(name, &of["ofType"], things),
            "LIST" => json!([self.plausible(name, &of["ofType"], things)]),
            "ENUM" => self.0[named(of)]["enumValues"][0]["name"].clone(),
            "INPUT_OBJECT" => {
                let fields = self.0[named(of)]["inputFields"].as_array().unwrap();
                let one = self.takes_one(named(of));
                let needed = |field: &&Value| one || field["type"]["kind"] == "NON_NULL";
                let fields = fields.iter().filter(needed).take(if one { 1 } else { 99 });
                let fields = fields.map(|field| {
                    let name = field["name"].as_str().unwrap();
                    (
                        name.to_owned(),
                        self.plausible(name, &field["type"], things),
                    )
                });
                Value::Object(fields.collect())
            }
            _ => match (named(of), name) {
                ("ID", "notebookId") => json!(things.notebook),
                ("ID", "revisionId" | "baseRevisionId" | "fromRevisionId") => {
                    json!(things.page.revision_id)
                }
                ("ID", "userId" | "ownerId") => json!(things.user),
                ("ID", "jobId") => json!(things.job),
                ("ID", _) => json!(things.page.id),
                ("Boolean", _) => json!(true),
                ("Int", _) => json!(1),
                ("Float", _) => json!(0.5),
                ("JSON", _) => json!({ "a": 1 }),
                // The name of a file, where none came.
                ("Upload", _) => json!("#__graphql_file__:0"),
                ("DateTime", _) => json!("2020-01-01T00:00:00Z"),
                ("String", "email") => json!("somebody@example.org"),
                ("String", "password" | "newPassword") => json!("a plausible password"),
                ("String", _) => json!("plausible"),
                (scalar, argument) => panic!(
                    "no value of {scalar} is known for `{argument}`: teach Types::plausible one"
                ),
            },
        }
    }

    /// Values that nobody means.
    pub fn odd(&self, of: &Value, things: &Things) -> Vec<Value> {
        match of["kind"].as_str().unwrap() {
            "NON_NULL" => {
                let mut values = self.odd(&of["ofType"], things);
                values.retain(|value| !value.is_null());
                values
            }
            "LIST" => {
                let items = self.odd(&of["ofType"], things);
                vec![json!([]), json!(items), json!(vec![items[0].clone(); 101])]
            }
            "ENUM" => {
                let values = self.0[named(of)]["enumValues"].as_array().unwrap();
                let values = values.iter().map(|value| value["name"].clone());
                values.chain([Value::Null]).collect()
            }
            "INPUT_OBJECT" => self.odd_objects(named(of), things),
            _ => scalars(named(of), things),
        }
    }

    /// Objects of which one field is odd.
    fn odd_objects(&self, of: &str, things: &Things) -> Vec<Value> {
        let fields = self.0[of]["inputFields"].as_array().unwrap();
        let plausible = self.plausible("", &json!({ "kind": "INPUT_OBJECT", "name": of }), things);
        let mut objects = vec![Value::Null];
        for field in fields {
            for value in self.odd(&field["type"], things) {
                let mut object = plausible.clone();
                if self.takes_one(of) {
                    if value.is_null() {
                        continue;
                    }
                    object = json!({});
                }
                object[field["name"].as_str().unwrap()] = value;
                objects.push(object);
            }
        }
        objects
    }
}

/// The name of a type without its wrapping.
fn named(of: &Value) -> &str {
    match of["name"].as_str() {
        Some(name) => name,
        None => named(&of["ofType"]),
    }
}

fn scalars(name: &str, things: &Things) -> Vec<Value> {
    let nested = (0..100).fold(json!(1), |inner, _| json!([inner]));
    match name {
        "ID" => vec![
            Value::Null,
            json!(""),
            json!("garbage"),
            json!("\0"),
            json!("page_"),
            json!("page_00000000000000000000000000"),
            json!("page_zzzzzzzzzzzzzzzzzzzzzzzzzz"),
            json!("🦀_01h455vb4pex5vsknk084sn02q"),
            json!("x".repeat(10_000)),
            json!(42),
            json!(things.notebook),
            json!(things.page.id),
            json!(things.page.revision_id),
            json!(things.user),
            json!(things.job),
        ],
        "Int" => [0, -1, 1, 99, 101, i32::MAX, i32::MIN]
            .map(|number| json!(number))
            .into_iter()
            .chain([Value::Null])
            .collect(),
        "Float" => [0.0, -0.0, -1.5, 2.0, 5e-324, f64::MAX, f64::MIN]
            .map(|number| json!(number))
            .into_iter()
            .chain([Value::Null])
            .collect(),
        "Boolean" => vec![json!(true), json!(false), Value::Null],
        "DateTime" => vec![
            Value::Null,
            json!("0000-01-01T00:00:00Z"),
            json!("-262143-01-01T00:00:00Z"),
            json!("+262142-12-31T23:59:59Z"),
            json!("9999-12-31T23:59:59.999999999Z"),
            json!("2016-12-31T23:59:60Z"),
        ],
        "Upload" => vec![
            Value::Null,
            json!(""),
            json!("#__graphql_file__:0"),
            json!("#__graphql_file__:18446744073709551615"),
            json!("#__graphql_file__:-1"),
            json!("a.png"),
        ],
        "JSON" => vec![
            Value::Null,
            json!("\0"),
            json!({ "\0": 1 }),
            json!({ "": [u64::MAX, i64::MIN, 1e308, -1e-308, 5e-324, -0.0] }),
            json!(nested),
            json!("x".repeat(70_000)),
        ],
        _ => vec![
            Value::Null,
            json!(""),
            json!(" "),
            json!("\0"),
            json!("a\0b"),
            json!("a\nb\u{7f}"),
            json!("\u{feff}\u{202e}\u{200d}"),
            json!("' OR 1=1; --"),
            json!("100%_\\"),
            json!("👩‍👩‍👧‍👦".repeat(60)),
            json!("x".repeat(100_000)),
            // What looks like a cursor: a text with U+0000, times that no database keeps.
            json!(cursor(&json!([
                "CreatedAtDesc",
                ["+262142-12-31T23:59:59Z", things.notebook]
            ]))),
            json!(cursor(&json!([
                "CreatedAtDesc",
                ["-262143-01-01T00:00:00Z", things.notebook]
            ]))),
            json!(cursor(&json!([
                "PublishedAtDesc",
                ["+262142-12-31T23:59:59Z", things.notebook]
            ]))),
            json!(cursor(&json!([
                "PublishedAtDesc",
                [i64::MAX, things.notebook]
            ]))),
            json!(cursor(&json!(["TitleAsc", ["\0", things.notebook]]))),
            json!(cursor(&json!(["USERNAME", ["a\0", things.user]]))),
            json!(cursor(&json!(["events", [things.notebook, i64::MIN]]))),
        ],
    }
}

fn cursor(key: &Value) -> String {
    use base64::Engine;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(key.to_string())
}
