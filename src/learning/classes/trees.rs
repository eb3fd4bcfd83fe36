//! Trees and forests: smartcore grows them; the shares of the classes in their leaves, which it does not keep, are counted here.
//!
//! smartcore's forest does not give its trees, but writes them; they are read back in the same layout, and kept as
//! little as they need. A tree alone gives (n + 1) / (N + classes), so that a pure leaf of two rows is not certain
//! (Provost and Domingos, 2003); a forest gives the mean of its trees' shares, as scikit-learn does.

use super::estimator::{Examples, Matrix};
use crate::learning::{Error, Progress, guard::guarded};
use serde::{Deserialize, Serialize};
use smartcore::{
    ensemble::random_forest_classifier::{
        RandomForestClassifier, RandomForestClassifierParameters,
    },
    tree::decision_tree_classifier::{
        DecisionTreeClassifier, DecisionTreeClassifierParameters, SplitCriterion,
    },
};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Forest(Vec<Tree>);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Tree {
    nodes: Vec<Node>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Node {
    /// Where the feature is at most the threshold, to the first, else to the second.
    Split(u32, f64, u32, u32),
    /// The classes' shares.
    Leaf(Vec<f32>),
}

/// smartcore's own fields, in its order.
#[derive(Deserialize)]
struct WrittenForest {
    trees: Option<Vec<WrittenTree>>,
    _classes: Option<Vec<u32>>,
    _samples: Option<Vec<Vec<bool>>>,
}

#[derive(Deserialize)]
struct WrittenTree {
    nodes: Vec<WrittenNode>,
    _parameters: Option<DecisionTreeClassifierParameters>,
    _classes: usize,
    _labels: Vec<u32>,
    _depth: u16,
    _features: usize,
    _types: [(); 3],
}

#[derive(Deserialize)]
struct WrittenNode {
    _output: usize,
    _samples: usize,
    split_feature: usize,
    split_value: Option<f64>,
    _score: Option<f64>,
    true_child: Option<usize>,
    false_child: Option<usize>,
    _impurity: Option<f64>,
}

/// Trees that are grown without asking whether to go on.
const GROVE: u16 = 5;

impl Forest {
    pub(super) fn tree(
        examples: &Examples,
        depth: u16,
        leaf: usize,
        seed: u64,
    ) -> Result<Self, Error> {
        let matrix = examples.matrix()?;
        let parameters = DecisionTreeClassifierParameters {
            criterion: SplitCriterion::Gini,
            max_depth: Some(depth),
            min_samples_leaf: leaf,
            min_samples_split: 2,
            seed: Some(seed),
        };
        let tree = guarded(|| {
            DecisionTreeClassifier::<f64, u32, Matrix, Vec<u32>>::fit(
                &matrix,
                &examples.classes,
                parameters,
            )
        })?;
        let written: WrittenTree = reread(&tree)?;
        Ok(Self(vec![Tree::of(written, examples, 1.0)?]))
    }

    pub(super) fn grow(
        examples: &Examples,
        trees: u16,
        depth: u16,
        leaf: usize,
        seed: u64,
        progress: Progress<'_>,
    ) -> Result<Self, Error> {
        let matrix = examples.matrix()?;
        let mut grown = Vec::with_capacity(usize::from(trees));
        let mut grove = 0;
        while grown.len() < usize::from(trees) {
            if progress(grown.len() as f64 / f64::from(trees)).is_break() {
                return Err(Error::Cancelled);
            }
            let parameters = RandomForestClassifierParameters::default()
                .with_n_trees(GROVE.min(trees - grown.len() as u16))
                .with_max_depth(depth)
                .with_min_samples_leaf(leaf)
                .with_seed(seed.wrapping_mul(1_000).wrapping_add(grove));
            let forest = guarded(|| {
                RandomForestClassifier::<f64, u32, Matrix, Vec<u32>>::fit(
                    &matrix,
                    &examples.classes,
                    parameters,
                )
            })?;
            let written: WrittenForest = reread(&forest)?;
            for tree in written.trees.unwrap_or_default() {
                grown.push(Tree::of(tree, examples, 0.0)?);
            }
            grove += 1;
            if grown.is_empty() {
                return Err(Error::Failed("no tree grew".to_owned()));
            }
        }
        Ok(Self(grown))
    }

    /// None where a tree leads nowhere, which only an altered one does.
    pub(super) fn probabilities(&self, row: &[f64]) -> Option<Vec<f64>> {
        let mut sums: Vec<f64> = Vec::new();
        for tree in &self.0 {
            let shares = tree.shares(row)?;
            sums.resize(shares.len(), 0.0);
            sums.iter_mut()
                .zip(shares)
                .for_each(|(sum, share)| *sum += f64::from(*share));
        }
        let all: f64 = sums.iter().sum();
        Some(sums.iter().map(|sum| sum / all).collect())
    }
}

fn reread<T: Serialize, W: for<'de> Deserialize<'de>>(grown: &T) -> Result<W, Error> {
    let bytes = guarded(|| postcard::to_allocvec(grown))?;
    guarded(|| postcard::from_bytes(&bytes))
}

impl Tree {
    /// Counts the classes of all examples in the leaves that they fall into; `added` to each count.
    fn of(written: WrittenTree, examples: &Examples, added: f32) -> Result<Self, Error> {
        let nodes = written.nodes.iter();
        let nodes = nodes.map(
            |node| match (node.true_child, node.false_child, node.split_value) {
                (Some(below), Some(above), Some(threshold)) => Node::Split(
                    node.split_feature as u32,
                    threshold,
                    below as u32,
                    above as u32,
                ),
                _ => Node::Leaf(vec![added; examples.count]),
            },
        );
        let mut tree = Self {
            nodes: nodes.collect(),
        };
        for (row, class) in examples.rows.iter().zip(&examples.classes) {
            let leaf = tree.leaf(row);
            let Some(Node::Leaf(counts)) = leaf.and_then(|leaf| tree.nodes.get_mut(leaf)) else {
                return Err(Error::Failed("a tree leads nowhere".to_owned()));
            };
            counts[*class as usize] += 1.0;
        }
        for node in &mut tree.nodes {
            if let Node::Leaf(counts) = node {
                let sum: f32 = counts.iter().sum();
                let none = 1.0 / counts.len() as f32;
                for count in counts {
                    *count = if sum > 0.0 { *count / sum } else { none };
                }
            }
        }
        Ok(tree)
    }

    /// Children come after their parents; what does not is no tree of ours, and might be a circle.
    fn leaf(&self, row: &[f64]) -> Option<usize> {
        let mut place = 0;
        loop {
            match self.nodes.get(place)? {
                Node::Leaf(_) => return Some(place),
                Node::Split(feature, threshold, below, above) => {
                    let value = row.get(*feature as usize)?;
                    let next = *(if value <= threshold { below } else { above }) as usize;
                    if next <= place {
                        return None;
                    }
                    place = next;
                }
            }
        }
    }

    fn shares(&self, row: &[f64]) -> Option<&[f32]> {
        match self.nodes.get(self.leaf(row)?)? {
            Node::Leaf(shares) => Some(shares),
            Node::Split(..) => None,
        }
    }
}
