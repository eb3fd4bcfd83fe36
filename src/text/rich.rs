//! Editor JSON (Slate, Tiptap/ProseMirror, Lexical): checking it, its text, merging by nodes.

use serde_json::Value;

use super::diff3::{self, Region, Touching};
use super::lines;
use super::plain::PlainText;

/// Elements that stand within a line, where a neighbour does not already tell.
const INLINE_TYPES: [&str; 10] = [
    "link",
    "autolink",
    "a",
    "mention",
    "hashtag",
    "emoji",
    "mark",
    "text",
    "inline-code",
    "inlineMath",
];
const LINE_BREAK_TYPES: [&str; 5] = ["hardBreak", "hard_break", "linebreak", "lineBreak", "break"];

/// Reads a tree.
///
/// The error is a sentence for the person whose editor sent it: where the JSON breaks, or
/// that it is nested deeper than 128 levels.
pub fn parse(source: &str) -> Result<Value, String> {
    serde_json::from_str(source).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let reason = error.to_string();
        if reason.starts_with("recursion limit exceeded") {
            format!("The tree is nested deeper than 128 levels (line {line}, column {column}).")
        } else {
            format!("This is not valid JSON: {reason}.")
        }
    })
}

/// The text of a tree: one line per block, hard breaks as newlines, mentions and images by
/// their label and alternative text.
///
/// JSON that is none of the known editors' gives every string under a key `text`, one per line.
pub fn to_plain(tree: &Value) -> String {
    let mut plain = PlainText::default();
    match Shape::of(tree) {
        Some(shape) => walk_children(shape.nodes(tree).unwrap_or_default(), &mut plain),
        None => collect_texts(tree, &mut plain),
    }
    plain.finish()
}

fn walk_children(children: &[Value], plain: &mut PlainText) {
    // Slate and ProseMirror put inline elements beside text leaves only, so one leaf makes
    // the whole row inline.
    let inline = children
        .iter()
        .any(|child| child.get("text").is_some_and(Value::is_string) || is_line_break(child));
    for child in children {
        if inline || has_type(child, &INLINE_TYPES) {
            walk(child, plain);
        } else {
            plain.block();
            walk(child, plain);
            plain.block();
        }
    }
}

fn walk(node: &Value, plain: &mut PlainText) {
    if is_line_break(node) {
        plain.push("\n");
    } else if let Some(text) = string_at(node, "/text") {
        plain.push(text);
    } else if let Some(children) = children(node).filter(|children| !children.is_empty()) {
        walk_children(children, plain);
    } else if has_type(node, &["mention"]) {
        let label = [
            "/attrs/label",
            "/attrs/id",
            "/label",
            "/value",
            "/character",
        ]
        .into_iter()
        .find_map(|pointer| string_at(node, pointer));
        if let Some(label) = label {
            plain.push("@");
            plain.push(label.trim_start_matches('@'));
        }
    } else if has_type(node, &["image"])
        && let Some(alt) = string_at(node, "/attrs/alt").or_else(|| string_at(node, "/altText"))
    {
        plain.push(alt);
    }
}

fn children(node: &Value) -> Option<&[Value]> {
    ["children", "content"]
        .into_iter()
        .find_map(|key| node.get(key)?.as_array())
        .map(Vec::as_slice)
}

fn has_type(node: &Value, types: &[&str]) -> bool {
    string_at(node, "/type").is_some_and(|kind| types.contains(&kind))
}

fn is_line_break(node: &Value) -> bool {
    has_type(node, &LINE_BREAK_TYPES)
}

fn string_at<'a>(node: &'a Value, pointer: &str) -> Option<&'a str> {
    node.pointer(pointer)?.as_str()
}

fn collect_texts(value: &Value, plain: &mut PlainText) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect_texts(item, plain)),
        Value::Object(fields) => {
            for (key, field) in fields {
                match field {
                    Value::String(text) if key == "text" => {
                        plain.block();
                        plain.push(text);
                    }
                    _ => collect_texts(field, plain),
                }
            }
        }
        _ => {}
    }
}

/// Where a tree keeps its top-level nodes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// Slate: the tree is the list.
    Array,
    /// Tiptap and ProseMirror: `content` of a `doc`.
    Document,
    /// Lexical: `children` of `root`.
    Root,
}

impl Shape {
    fn of(tree: &Value) -> Option<Self> {
        let [array, document, root] = [Shape::Array, Shape::Document, Shape::Root];
        match tree {
            Value::Array(nodes) => nodes
                .iter()
                .all(|node| node.get("children").is_some() || node.get("text").is_some())
                .then_some(array),
            _ if has_type(tree, &["doc"]) => document.nodes(tree).map(|_| document),
            _ => root.nodes(tree).map(|_| root),
        }
    }

    fn pointer(self) -> &'static str {
        match self {
            Shape::Array => "",
            Shape::Document => "/content",
            Shape::Root => "/root/children",
        }
    }

    fn nodes(self, tree: &Value) -> Option<&[Value]> {
        Some(tree.pointer(self.pointer())?.as_array()?.as_slice())
    }

    /// The tree with other nodes in it.
    fn with_nodes(self, tree: &Value, nodes: Vec<Value>) -> Option<Value> {
        // Not a clone of the whole tree: its old nodes would be copied only to be dropped.
        match (self, tree) {
            (Shape::Array, _) => Some(Value::Array(nodes)),
            (Shape::Document, Value::Object(fields)) => Some(Value::Object(replace(
                fields,
                "content",
                Value::Array(nodes),
            ))),
            (Shape::Root, Value::Object(fields)) => {
                let root = fields.get("root")?.as_object()?;
                let root = Value::Object(replace(root, "children", Value::Array(nodes)));
                Some(Value::Object(replace(fields, "root", root)))
            }
            _ => None,
        }
    }
}

type Fields = serde_json::Map<String, Value>;

fn replace(fields: &Fields, key: &str, value: Value) -> Fields {
    let mut value = Some(value);
    let field = |(name, old): (&String, &Value)| {
        let new = if name == key { value.take() } else { None };
        (name.clone(), new.unwrap_or_else(|| old.clone()))
    };
    fields.iter().map(field).collect()
}

/// Merges two trees that descend from `base`, by their top-level nodes.
///
/// Nodes are compared whole: changes to different nodes are combined, also to neighbouring
/// ones, equal changes are taken once. `None` where both changed or inserted at the same
/// place, where the trees are not of one editor, where anything beside the list of nodes was
/// changed on both sides, and where no node would be left, which editors do not accept.
pub fn merge_nodes(base: &Value, current: &Value, submitted: &Value) -> Option<Value> {
    if current == submitted || submitted == base {
        return Some(current.clone());
    }
    if current == base {
        return Some(submitted.clone());
    }
    let shape = Shape::of(base)?;
    if Shape::of(current)? != shape || Shape::of(submitted)? != shape {
        return None;
    }
    let shell = |tree: &Value| shape.with_nodes(tree, Vec::new());
    let (base_shell, current_shell, submitted_shell) =
        (shell(base)?, shell(current)?, shell(submitted)?);
    let around = if submitted_shell == base_shell || submitted_shell == current_shell {
        &current_shell
    } else if current_shell == base_shell {
        &submitted_shell
    } else {
        return None;
    };

    let (base, current, submitted) = (
        shape.nodes(base)?,
        shape.nodes(current)?,
        shape.nodes(submitted)?,
    );
    let [base_numbers, current_numbers, submitted_numbers] =
        lines::number([base, current, submitted]);
    let mut merged = Vec::new();
    for region in diff3::regions(
        &base_numbers,
        &current_numbers,
        &submitted_numbers,
        Touching::Merges,
    ) {
        merged.extend_from_slice(match region {
            Region::Stable(range) => &base[range],
            Region::Current(range) => &current[range],
            Region::Submitted(range) => &submitted[range],
            Region::Conflict { .. } => return None,
        });
    }
    if merged.is_empty() {
        return None;
    }
    shape.with_nodes(around, merged)
}

#[cfg(test)]
#[path = "rich_tests.rs"]
mod tests;
