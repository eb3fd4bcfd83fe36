//! The trees of a TreeEnsembleClassifier: that they are trees, and that what they name is there.
//!
//! tract walks them without looking: one with a circle for ever, and with a class that is not there into foreign memory.

use crate::learning::Error;
use std::collections::{HashMap, HashSet};
use tract_onnx::pb::NodeProto;

/// In a tree every node but the first has one parent, and that one only.
pub(super) fn check(node: &NodeProto) -> Result<(), Error> {
    let broken = |why: &str| Error::Corrupt(format!("the trees of `{}` {why}", node.name));
    let whole = |name: &str| -> &[i64] {
        node.attribute
            .iter()
            .find(|attribute| attribute.name == name)
            .map(|attribute| attribute.ints.as_slice())
            .unwrap_or_default()
    };
    let (trees, ids) = (whole("nodes_treeids"), whole("nodes_nodeids"));
    let (yes, no) = (whole("nodes_truenodeids"), whole("nodes_falsenodeids"));
    let modes = node
        .attribute
        .iter()
        .find(|attribute| attribute.name == "nodes_modes")
        .map(|attribute| attribute.strings.as_slice())
        .unwrap_or_default();
    let count = ids.len();
    if count == 0 || [trees.len(), yes.len(), no.len(), modes.len()] != [count; 4] {
        return Err(broken("have lists of different lengths"));
    }
    let labels = node.attribute.iter().find_map(|attribute| {
        let found = attribute.ints.len().max(attribute.strings.len());
        (attribute.name.starts_with("classlabels_") && found > 0).then_some(found as i64)
    });
    if !whole("class_ids").iter().all(|class| (0..labels.unwrap_or_default()).contains(class)) {
        return Err(broken("name a class that is not there"));
    }
    if !whole("nodes_featureids").iter().all(|feature| (0..1 << 20).contains(feature)) {
        return Err(broken("ask for a feature that is not there"));
    }
    // tract takes a node's number for its place among its tree's nodes.
    let mut known: HashSet<(i64, i64)> = HashSet::with_capacity(count);
    let mut sizes: HashMap<i64, i64> = HashMap::new();
    for (tree, id) in trees.iter().zip(ids) {
        if !known.insert((*tree, *id)) {
            return Err(broken("have two nodes of the same number"));
        }
        *sizes.entry(*tree).or_default() += 1;
    }
    let counted = |(tree, id): (&i64, &i64)| (0..sizes[tree]).contains(id);
    if !trees.iter().zip(ids).all(counted) {
        return Err(broken("have nodes that are not numbered from 0 on"));
    }
    let mut has_parent: HashSet<(i64, i64)> = HashSet::with_capacity(count);
    for place in 0..count {
        if modes[place] == b"LEAF" {
            continue;
        }
        for child in [(trees[place], yes[place]), (trees[place], no[place])] {
            if !known.contains(&child) {
                return Err(broken("lead to a node that is not there"));
            }
            if child.1 == 0 || !has_parent.insert(child) {
                return Err(broken("have a circle"));
            }
        }
    }
    Ok(())
}
