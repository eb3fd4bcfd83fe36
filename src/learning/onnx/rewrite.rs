//! Operators that tract lacks or gets wrong, said in others.

use tract_onnx::pb::{
    AttributeProto, GraphProto, NodeProto, TensorProto, attribute_proto::AttributeType,
    tensor_proto::DataType,
};

/// Rewrites every Scaler and every ReduceLogSumExp of the graph itself.
pub(super) fn rewrite(graph: &mut GraphProto) {
    let mut nodes = Vec::with_capacity(graph.node.len());
    for node in std::mem::take(&mut graph.node) {
        match node.op_type.as_str() {
            "Scaler" => scaler(node, &mut nodes, &mut graph.initializer),
            "ReduceLogSumExp" => log_sum_exp(node, &mut nodes),
            _ => nodes.push(node),
        }
    }
    graph.node = nodes;
}

fn made(operator: &str, inputs: &[&str], output: &str) -> NodeProto {
    NodeProto {
        op_type: operator.to_owned(),
        name: output.to_owned(),
        input: inputs.iter().map(ToString::to_string).collect(),
        output: vec![output.to_owned()],
        ..NodeProto::default()
    }
}

/// (x − offset) · scale. A list of one number counts for every feature.
fn scaler(node: NodeProto, nodes: &mut Vec<NodeProto>, constants: &mut Vec<TensorProto>) {
    let ([input], [output]) = (node.input.as_slice(), node.output.as_slice()) else {
        return nodes.push(node);
    };
    let mut from = input.clone();
    for (name, operator, to) in [
        ("offset", "Sub", format!("{output}/moved")),
        ("scale", "Mul", output.clone()),
    ] {
        let listed = node.attribute.iter().find(|known| known.name == name);
        let none = if operator == "Sub" { 0.0 } else { 1.0 };
        let numbers = listed.map_or(vec![none], |listed| listed.floats.clone());
        let constant = format!("{output}/{name}");
        nodes.push(made(operator, &[&from, &constant], &to));
        constants.push(TensorProto {
            dims: vec![1, numbers.len() as i64],
            data_type: DataType::Float as i32,
            float_data: numbers,
            name: constant,
            ..TensorProto::default()
        });
        from = to;
    }
}

/// The same of what is left of the largest number, which is then added again: nothing overflows, and no sum is 0.
fn log_sum_exp(node: NodeProto, nodes: &mut Vec<NodeProto>) {
    let ([input, axes @ ..], [output]) = (node.input.as_slice(), node.output.as_slice()) else {
        return nodes.push(node);
    };
    let axes: Vec<&str> = axes.iter().map(String::as_str).collect();
    let [most, rest, sum, again] =
        ["most", "rest", "sum", "again"].map(|part| format!("{output}/{part}"));
    let reduced = |operator: &str, from: &str, to: &str| NodeProto {
        attribute: node.attribute.clone(),
        ..made(operator, &[&[from], axes.as_slice()].concat(), to)
    };
    let mut kept = reduced("ReduceMax", input, &most);
    kept.attribute
        .retain(|attribute| attribute.name != "keepdims");
    kept.attribute.push(AttributeProto {
        name: "keepdims".to_owned(),
        r#type: AttributeType::Int as i32,
        i: 1,
        ..AttributeProto::default()
    });
    nodes.push(kept);
    nodes.push(made("Sub", &[input, &most], &rest));
    nodes.push(reduced("ReduceLogSumExp", &rest, &sum));
    nodes.push(reduced("ReduceMax", input, &again));
    nodes.push(made("Add", &[&sum, &again], output));
}
