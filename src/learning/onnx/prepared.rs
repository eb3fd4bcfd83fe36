//! What of a model is run: the output that counts, and what that needs.

use super::{
    graph::{all_nodes, inner_graphs},
    operators,
    rewrite::rewrite,
};
use crate::learning::{Error, classes::MOST_CLASSES};
use std::collections::{BTreeSet, HashSet};
use tract_onnx::pb::{GraphProto, ModelProto, NodeProto, type_proto};

/// onnx.proto's numbers of element types.
const FLOAT: i32 = 1;
const DOUBLE: i32 = 11;

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
            labels.truncate(MOST_CLASSES + 1);
        }
        keep_what_is_needed(graph, &wanted);
        rewrite(graph);
        let nodes = all_nodes(graph)
            .into_iter()
            .map(|node| node.op_type.clone());
        let unsupported: BTreeSet<String> = nodes
            .filter(|name| !operators::is_supported(name))
            .collect();
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
            return Err(unusable(
                "the model's input is not of floating-point numbers",
            ));
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
            needed.extend(
                all_nodes(inner)
                    .into_iter()
                    .flat_map(|node| node.input.clone()),
            );
        }
        number_the_labels(&mut node);
        kept.push(node);
    }
    kept.reverse();
    graph.node = kept;
    graph
        .initializer
        .retain(|tensor| needed.contains(&tensor.name));
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
