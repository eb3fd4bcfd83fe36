//! The graph of a model: what is wrong with it, which output counts, and what that needs.

use super::{MOST_BYTES, MOST_NODES, operators, trees, wire};
use crate::learning::{Error, guard::guarded};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use tract_onnx::{
    pb::{AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto, type_proto},
    prelude::Framework,
};

/// onnx.proto's numbers of element types.
const FLOAT: i32 = 1;
const DOUBLE: i32 = 11;

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

fn all_nodes(graph: &GraphProto) -> Vec<&NodeProto> {
    let inner = |node| inner_graphs(node).flat_map(all_nodes);
    graph
        .node
        .iter()
        .flat_map(|node| std::iter::once(node).chain(inner(node)))
        .collect()
}

fn inner_graphs(node: &NodeProto) -> impl Iterator<Item = &GraphProto> {
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
        let inputs = || node.input.iter().map(String::as_str).filter(|name| !name.is_empty());
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
    match graph.output.iter().find(|output| !known.contains(output.name.as_str())) {
        Some(output) => Err(Error::Corrupt(format!(
            "nothing makes the output `{}`",
            output.name
        ))),
        None => Ok(()),
    }
}

fn made(graph: &GraphProto) -> impl Iterator<Item = &str> {
    graph.node.iter().flat_map(|node| node.output.iter()).map(String::as_str)
}

fn check_attribute(attribute: &AttributeProto) -> Result<(), Error> {
    if attribute.sparse_tensor.is_some() || !attribute.sparse_tensors.is_empty() {
        return Err(Error::UnsupportedModel(
            "the model has sparse tensors".to_owned(),
        ));
    }
    attribute.t.iter().chain(&attribute.tensors).try_for_each(check_tensor)
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

/// A model of one output, the one that counts, and of nothing that it does not need.
pub(super) struct Prepared {
    pub proto: ModelProto,
    pub features: Option<usize>,
    pub double: bool,
    pub labels: Option<Vec<String>>,
    pub unsupported: Vec<String>,
}

impl Prepared {
    pub(super) fn of(mut proto: ModelProto) -> Result<Self, Error> {
        let unusable = |why: &str| Error::UnsupportedModel(why.to_owned());
        let graph = proto.graph.as_mut();
        let graph = graph.ok_or_else(|| Error::Corrupt("the file has no graph".to_owned()))?;
        let wanted = output_that_counts(graph)
            .ok_or_else(|| unusable("the model has no output of floating-point numbers"))?;
        let mut labels = graph.node.iter().find_map(labels_of);
        if let Some(labels) = &mut labels {
            labels.truncate(super::super::classes::MOST_CLASSES + 1);
        }
        keep_what_is_needed(graph, &wanted);
        let nodes = all_nodes(graph).into_iter().map(|node| node.op_type.clone());
        let unsupported: BTreeSet<String> =
            nodes.filter(|name| !operators::is_supported(name)).collect();
        let initial: HashSet<&str> = graph.initializer.iter().map(|t| t.name.as_str()).collect();
        let inputs: Vec<_> = graph
            .input
            .iter()
            .filter(|input| !initial.contains(input.name.as_str()))
            .collect();
        let [input] = inputs.as_slice() else {
            return Err(unusable(
                "the model has several inputs: export it with one that takes all features",
            ));
        };
        let Some(type_proto::Value::TensorType(tensor)) =
            input.r#type.as_ref().and_then(|kind| kind.value.as_ref())
        else {
            return Err(unusable("the model's input is no tensor"));
        };
        if ![FLOAT, DOUBLE].contains(&tensor.elem_type) {
            return Err(unusable("the model's input is not of floating-point numbers"));
        }
        let double = tensor.elem_type == DOUBLE;
        let dims = tensor.shape.as_ref().map_or(&[][..], |shape| &shape.dim);
        let features = dims.get(1).and_then(|dim| match dim.value {
            Some(tract_onnx::pb::tensor_shape_proto::dimension::Value::DimValue(size)) => {
                usize::try_from(size).ok().filter(|size| *size > 0)
            }
            _ => None,
        });
        if !dims.is_empty() && dims.len() != 2 {
            return Err(unusable("the model's input is not rows of features"));
        }
        Ok(Self {
            features,
            double,
            labels,
            unsupported: unsupported.into_iter().collect(),
            proto,
        })
    }
}

/// What ZipMap makes a dictionary of, or the last output of floating-point numbers: labels come before probabilities.
fn output_that_counts(graph: &GraphProto) -> Option<String> {
    let zipped = graph.node.iter().find(|node| node.op_type == "ZipMap");
    if let Some(node) = zipped {
        return node.input.first().cloned();
    }
    let floats = graph.output.iter().filter(|output| {
        let kind = output.r#type.as_ref().and_then(|kind| kind.value.as_ref());
        matches!(kind, Some(type_proto::Value::TensorType(tensor)) if [FLOAT, DOUBLE].contains(&tensor.elem_type))
    });
    floats.last().map(|output| output.name.clone())
}

/// The class labels of a ZipMap or of a classifier.
fn labels_of(node: &NodeProto) -> Option<Vec<String>> {
    node.attribute
        .iter()
        .filter(|attribute| attribute.name.starts_with("classlabels_"))
        .find_map(|attribute| {
            let numbers = attribute.ints.iter().map(ToString::to_string);
            let names = attribute.strings.iter();
            let names = names.map(|name| String::from_utf8_lossy(name).into_owned());
            let labels: Vec<String> = names.chain(numbers).collect();
            (!labels.is_empty()).then_some(labels)
        })
}

/// Goes back from the output that counts; classifiers' labels become numbers, as nothing asks for them any more.
fn keep_what_is_needed(graph: &mut GraphProto, wanted: &str) {
    let mut needed: HashSet<String> = HashSet::from([wanted.to_owned()]);
    let mut kept = Vec::new();
    for mut node in std::mem::take(&mut graph.node).into_iter().rev() {
        if !node.output.iter().any(|name| needed.contains(name)) {
            continue;
        }
        needed.extend(node.input.iter().cloned());
        for inner in inner_graphs(&node) {
            needed.extend(all_nodes(inner).into_iter().flat_map(|node| node.input.clone()));
        }
        number_the_labels(&mut node);
        kept.push(node);
    }
    kept.reverse();
    graph.node = kept;
    graph.initializer.retain(|tensor| needed.contains(&tensor.name));
    graph.output.truncate(1);
    if let Some(output) = graph.output.first_mut() {
        output.name = wanted.to_owned();
        output.r#type = None;
    }
}

fn number_the_labels(node: &mut NodeProto) {
    let numbers = match node.op_type.as_str() {
        "LinearClassifier" => "classlabels_ints",
        "TreeEnsembleClassifier" => "classlabels_int64s",
        _ => return,
    };
    for attribute in &mut node.attribute {
        if attribute.name == "classlabels_strings" && !attribute.strings.is_empty() {
            attribute.ints = (0..attribute.strings.len() as i64).collect();
            attribute.strings.clear();
            attribute.name = numbers.to_owned();
            attribute.r#type = tract_onnx::pb::attribute_proto::AttributeType::Ints as i32;
        }
    }
}
