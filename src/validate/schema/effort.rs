//! How much work a schema may make of a record, found before the validator runs: nothing could stop it then.
//!
//! Subschemas are the nodes of a graph. Edges at the same place of the record (`allOf`, `$ref`, …) must not lead
//! back: the validator would never end. Edges to a child (`properties`, `items`, …) may. A walk through the record
//! then counts how often each subschema is applied to each value, where the validator would do it that often.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

/// The most subschemas.
const MAX_NODES: usize = 5_000;

/// The subschemas of a schema, by their rank: each stands before those at the same place that it leads to.
pub struct Graph {
    first: usize,
    nodes: Vec<Node>,
}

/// What a subschema leads to.
#[derive(Default)]
struct Node {
    /// At the same place.
    here: Vec<usize>,
    /// At the child of a name.
    named: HashMap<String, usize>,
    /// At every child.
    every: Vec<usize>,
}

/// Keywords whose value is a schema, or a list or a table of schemas, for the same place.
const HERE: [&str; 10] = [
    "allOf",
    "anyOf",
    "oneOf",
    "not",
    "if",
    "then",
    "else",
    "dependentSchemas",
    "dependencies",
    "$ref",
];
/// The same for children, whatever they are called.
const EVERY: [&str; 9] = [
    "patternProperties",
    "additionalProperties",
    "propertyNames",
    "unevaluatedProperties",
    "items",
    "prefixItems",
    "additionalItems",
    "contains",
    "unevaluatedItems",
];

struct Reading<'a> {
    root: &'a Value,
    anchors: HashMap<&'a str, &'a Value>,
    /// Subschemas by where they lie in memory.
    known: HashMap<*const Value, usize>,
    found: Vec<&'a Value>,
}

impl Graph {
    /// Reads a schema; in words why it is not used.
    pub fn of(schema: &Value) -> Result<Self, String> {
        let mut reading = Reading {
            root: schema,
            anchors: HashMap::new(),
            known: HashMap::new(),
            found: Vec::new(),
        };
        reading.anchors(schema);
        reading.node(schema);
        let mut nodes = Vec::new();
        while let Some(schema) = reading.found.get(nodes.len()).copied() {
            if nodes.len() >= MAX_NODES {
                return Err(format!("At most {MAX_NODES} schemas may be in a schema."));
            }
            let node = Node {
                here: reading.edges(schema, &HERE)?,
                named: reading.properties(schema),
                every: reading.edges(schema, &EVERY)?,
            };
            nodes.push(node);
        }
        Self::ranked(nodes).ok_or_else(|| {
            "The schema refers to itself without going into the record: checking would never end."
                .to_owned()
        })
    }

    /// The nodes by rank; `None` where one leads back to itself at the same place.
    fn ranked(nodes: Vec<Node>) -> Option<Self> {
        let mut incoming = vec![0_usize; nodes.len()];
        for &to in nodes.iter().flat_map(|node| &node.here) {
            incoming[to] += 1;
        }
        let mut order: Vec<usize> = (0..nodes.len())
            .filter(|&node| incoming[node] == 0)
            .collect();
        let mut at = 0;
        while let Some(&node) = order.get(at) {
            for &to in &nodes[node].here {
                incoming[to] -= 1;
                if incoming[to] == 0 {
                    order.push(to);
                }
            }
            at += 1;
        }
        if order.len() < nodes.len() {
            return None;
        }
        let mut ranks = vec![0; nodes.len()];
        for (rank, &node) in order.iter().enumerate() {
            ranks[node] = rank;
        }
        let mut ranked: Vec<(usize, Node)> = (0..).zip(nodes).collect();
        ranked.sort_by_key(|(node, _)| ranks[*node]);
        let rename = |edges: Vec<usize>| edges.into_iter().map(|to| ranks[to]).collect();
        let nodes = ranked.into_iter().map(|(_, node)| Node {
            here: rename(node.here),
            every: rename(node.every),
            named: node
                .named
                .into_iter()
                .map(|(name, to)| (name, ranks[to]))
                .collect(),
        });
        Some(Self {
            first: ranks.first().copied()?,
            nodes: nodes.collect(),
        })
    }

    /// About how many steps checking a record takes, as far as there are `left`; what is left then, below zero
    /// where there were too few.
    pub fn spend(&self, record: &Value, left: f64) -> f64 {
        let mut left = left;
        self.walk(record, BTreeMap::from([(self.first, 1.0)]), &mut left);
        left
    }

    fn walk(&self, value: &Value, mut active: BTreeMap<usize, f64>, left: &mut f64) {
        let (mut applied, mut at) = (Vec::new(), 0);
        while let Some((&rank, &times)) = active.range(at..).next() {
            for &next in &self.nodes[rank].here {
                *active.entry(next).or_default() += times;
            }
            *left -= times;
            applied.push((rank, times));
            at = rank + 1;
            if *left < 0.0 {
                return;
            }
        }
        let below = |name: Option<&str>| {
            let mut below = BTreeMap::new();
            for &(rank, times) in &applied {
                let node = &self.nodes[rank];
                let named = name.and_then(|name| node.named.get(name));
                for &next in node.every.iter().chain(named) {
                    *below.entry(next).or_default() += times;
                }
            }
            below
        };
        match value {
            Value::Array(items) => {
                for item in items {
                    if *left < 0.0 {
                        return;
                    }
                    self.walk(item, below(None), left);
                }
            }
            Value::Object(fields) => {
                for (name, value) in fields {
                    if *left < 0.0 {
                        return;
                    }
                    self.walk(value, below(Some(name)), left);
                }
            }
            _ => {}
        }
    }
}

impl<'a> Reading<'a> {
    fn anchors(&mut self, value: &'a Value) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| self.anchors(item)),
            Value::Object(fields) => {
                if let Some(Value::String(name)) = fields.get("$anchor") {
                    self.anchors.insert(name, value);
                }
                fields.values().for_each(|value| self.anchors(value));
            }
            _ => {}
        }
    }

    fn node(&mut self, schema: &'a Value) -> usize {
        let next = self.found.len();
        let node = *self.known.entry(schema).or_insert(next);
        if node == next {
            self.found.push(schema);
        }
        node
    }

    fn edges(&mut self, schema: &'a Value, keywords: &[&str]) -> Result<Vec<usize>, String> {
        let mut edges = Vec::new();
        let Some(fields) = schema.as_object() else {
            return Ok(edges);
        };
        for (name, value) in fields
            .iter()
            .filter(|(name, _)| keywords.contains(&name.as_str()))
        {
            match (name.as_str(), value) {
                ("$ref", Value::String(to)) => {
                    let target = self
                        .target(to)
                        .ok_or_else(|| format!("`$ref` names {to}, which is not in the schema."))?;
                    edges.push(self.node(target));
                }
                (
                    "patternProperties" | "dependentSchemas" | "dependencies",
                    Value::Object(schemas),
                ) => {
                    for schema in schemas.values() {
                        edges.push(self.node(schema));
                    }
                }
                (_, Value::Array(schemas)) => {
                    for schema in schemas {
                        edges.push(self.node(schema));
                    }
                }
                (_, schema) => edges.push(self.node(schema)),
            }
        }
        Ok(edges)
    }

    fn properties(&mut self, schema: &'a Value) -> HashMap<String, usize> {
        let properties = schema.get("properties").and_then(Value::as_object);
        let properties = properties.into_iter().flatten();
        properties
            .map(|(name, schema)| (name.clone(), self.node(schema)))
            .collect()
    }

    fn target(&self, to: &str) -> Option<&'a Value> {
        let fragment = to.strip_prefix('#')?;
        if fragment.is_empty() || fragment.starts_with('/') {
            let fragment = percent_encoding::percent_decode_str(fragment);
            return self.root.pointer(&fragment.decode_utf8().ok()?);
        }
        self.anchors.get(fragment).copied()
    }
}
