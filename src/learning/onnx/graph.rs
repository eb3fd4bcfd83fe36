//! The graph of a model: what is wrong with it.

use super::{MOST_BYTES, MOST_NODES, operators, trees, wire};
use crate::learning::{Error, guard::guarded};
use std::collections::{BTreeMap, HashSet};
use tract_onnx::{
    pb::{AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto},
    prelude::Framework,
};

/// Reads a file whose size and parts were counted before.
pub(super) fn decode(bytes: &[u8]) -> Result<ModelProto, Error> {
    if bytes.len() > MOST_BYTES {
        return Err(Error::TooMuchData {
            what: "bytes of ONNX",
            most: MOST_BYTES,
            got: bytes.len(),
        });
    }
    wire::check(bytes)?;
    let mut reader = bytes;
    let proto = guarded(|| tract_onnx::onnx().proto_model_for_read(&mut reader))
        .map_err(|_| Error::Corrupt("the file is not ONNX, or is cut off".to_owned()))?;
    if !proto.functions.is_empty() || !proto.training_info.is_empty() {
        return Err(Error::UnsupportedModel(
            "the model brings functions or training steps of its own".to_owned(),
        ));
    }
    let graph = proto.graph.as_ref();
    let graph = graph.filter(|graph| !graph.node.is_empty() && !graph.output.is_empty());
    check(
        graph.ok_or_else(|| Error::Corrupt("the file is not ONNX: it has no graph".to_owned()))?,
        &HashSet::new(),
        &mut 0,
    )?;
    Ok(proto)
}

/// How often each operator occurs, in inner graphs too.
pub(super) fn operators(proto: &ModelProto) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for node in proto.graph.iter().flat_map(all_nodes) {
        *counts.entry(node.op_type.clone()).or_default() += 1;
    }
    counts
}

pub(super) fn all_nodes(graph: &GraphProto) -> Vec<&NodeProto> {
    let inner = |node| inner_graphs(node).flat_map(all_nodes);
    graph
        .node
        .iter()
        .flat_map(|node| std::iter::once(node).chain(inner(node)))
        .collect()
}

pub(super) fn inner_graphs(node: &NodeProto) -> impl Iterator<Item = &GraphProto> {
    node.attribute
        .iter()
        .flat_map(|attribute| attribute.g.iter().chain(&attribute.graphs))
}

/// Every name is made once and before it is used, tensors have the numbers that they say, and trees are trees.
fn check(graph: &GraphProto, outer: &HashSet<&str>, nodes: &mut usize) -> Result<(), Error> {
    if !graph.sparse_initializer.is_empty() {
        return Err(Error::UnsupportedModel(
            "the model has sparse tensors".to_owned(),
        ));
    }
    let mut known = outer.clone();
    let mut constant: HashSet<&str> = HashSet::new();
    for tensor in &graph.initializer {
        check_tensor(tensor)?;
        known.insert(&tensor.name);
        constant.insert(&tensor.name);
    }
    known.extend(graph.input.iter().map(|input| input.name.as_str()));
    let made: HashSet<&str> = made(graph).collect();
    for node in &graph.node {
        *nodes += 1;
        if *nodes > MOST_NODES {
            return Err(Error::TooMuchData {
                what: "nodes",
                most: MOST_NODES,
                got: *nodes,
            });
        }
        let inputs = || {
            node.input
                .iter()
                .map(String::as_str)
                .filter(|name| !name.is_empty())
        };
        if let Some(unknown) = inputs().find(|name| !known.contains(name)) {
            return Err(Error::Corrupt(if made.contains(unknown) {
                format!("`{unknown}` is used before it is made: the graph has a cycle")
            } else {
                format!("nothing makes `{unknown}`, which `{}` uses", node.name)
            }));
        }
        if inputs().all(|name| constant.contains(name)) {
            if !operators::only_moves(&node.op_type) {
                return Err(Error::UnsupportedModel(format!(
                    "`{}` ({}) computes with constants alone: export the model with constants folded",
                    node.name, node.op_type
                )));
            }
            constant.extend(node.output.iter().map(String::as_str));
        }
        for attribute in &node.attribute {
            check_attribute(attribute)?;
        }
        if node.op_type.starts_with("TreeEnsemble") {
            trees::check(node)?;
        }
        for inner in inner_graphs(node) {
            check(inner, &known, nodes)?;
        }
        for output in node.output.iter().filter(|name| !name.is_empty()) {
            if !known.insert(output) {
                return Err(Error::Corrupt(format!("`{output}` is made twice")));
            }
        }
    }
    match graph
        .output
        .iter()
        .find(|output| !known.contains(output.name.as_str()))
    {
        Some(output) => Err(Error::Corrupt(format!(
            "nothing makes the output `{}`",
            output.name
        ))),
        None => Ok(()),
    }
}

fn made(graph: &GraphProto) -> impl Iterator<Item = &str> {
    graph
        .node
        .iter()
        .flat_map(|node| node.output.iter())
        .map(String::as_str)
}

fn check_attribute(attribute: &AttributeProto) -> Result<(), Error> {
    if attribute.sparse_tensor.is_some() || !attribute.sparse_tensors.is_empty() {
        return Err(Error::UnsupportedModel(
            "the model has sparse tensors".to_owned(),
        ));
    }
    attribute
        .t
        .iter()
        .chain(&attribute.tensors)
        .try_for_each(check_tensor)
}

fn check_tensor(tensor: &TensorProto) -> Result<(), Error> {
    if tensor.data_location.unwrap_or_default() != 0 || !tensor.external_data.is_empty() {
        return Err(Error::UnsupportedModel(format!(
            "the numbers of `{}` are in another file: export the model as one file",
            tensor.name
        )));
    }
    let count = tensor.dims.iter().try_fold(1_usize, |all, one| {
        all.checked_mul(usize::try_from(*one).ok()?)
    });
    // A number has at least a byte, so that nobody makes room for more of them than the file has.
    let there = [
        tensor.raw_data.len(),
        tensor.float_data.len(),
        tensor.int32_data.len(),
        tensor.int64_data.len(),
        tensor.double_data.len(),
        tensor.uint64_data.len(),
        tensor.string_data.len(),
    ];
    match count {
        Some(count) if there.iter().any(|there| *there >= count) => Ok(()),
        _ => Err(Error::Corrupt(format!(
            "tensor `{}` has fewer numbers than it says",
            tensor.name
        ))),
    }
}
