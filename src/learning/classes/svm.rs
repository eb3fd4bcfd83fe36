//! Support-vector machines, one against the rest, and their probabilities, after Platt.
//!
//! A machine's decision value f becomes 1 / (1 + exp(a·f + b)), where a and b are fitted to values of rows that the
//! machine had not seen, of three parts; the classes' probabilities are then made to sum to 1. Sources: Platt, "Probabilistic outputs
//! for support vector machines" (1999), with the targets and the Newton steps of Lin, Lin and Weng (2007).

use super::{
    estimator::Examples,
    folds::stratified,
    smo::{Products, product, solve},
};
use crate::learning::{Error, Progress};
use serde::{Deserialize, Serialize};
use std::ops::ControlFlow;

/// The parts of which each is decided by a machine of the others.
const PARTS: usize = 3;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Machines(Vec<(Machine, Platt)>);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Machine {
    vectors: Vec<Vec<f64>>,
    weights: Vec<f64>,
    offset: f64,
    gamma: Option<f64>,
}

impl Machines {
    pub(super) fn fit(
        examples: &Examples,
        c: f64,
        gamma: Option<f64>,
        seed: u64,
        progress: Progress<'_>,
    ) -> Result<Self, Error> {
        let products = Products::of(&examples.rows, gamma, progress)?;
        let mut machines = Vec::with_capacity(examples.count);
        for class in 0..examples.count {
            let mut within = |_| progress(class as f64 / examples.count as f64);
            let belongs: Vec<bool> = examples
                .classes
                .iter()
                .map(|other| *other as usize == class)
                .collect();
            let decisions = held_out(&products, &belongs, c, seed, &mut within)?;
            let machine = Machine::fit(examples, &products, &belongs, (c, gamma), &mut within)?;
            machines.push((machine, Platt::fit(&decisions, &belongs)));
        }
        Ok(Self(machines))
    }

    pub(super) fn probabilities(&self, row: &[f64]) -> Vec<f64> {
        let each: Vec<f64> = self
            .0
            .iter()
            .map(|(machine, platt)| platt.probability(machine.decide(row)).max(1e-12))
            .collect();
        let sum: f64 = each.iter().sum();
        each.iter().map(|probability| probability / sum).collect()
    }
}

/// Each row's decision value from a machine that had not seen it.
fn held_out(
    products: &Products,
    belongs: &[bool],
    c: f64,
    seed: u64,
    progress: &mut dyn FnMut(f64) -> ControlFlow<()>,
) -> Result<Vec<f64>, Error> {
    let classes: Vec<u32> = belongs.iter().map(|belongs| u32::from(*belongs)).collect();
    let parts = stratified(&classes, PARTS, seed);
    let mut decisions = vec![0.0; belongs.len()];
    for part in 0..parts.iter().max().map_or(0, |last| last + 1) {
        let (rows, others): (Vec<usize>, Vec<usize>) =
            (0..belongs.len()).partition(|row| parts[*row] == part);
        let known: Vec<bool> = others.iter().map(|row| belongs[*row]).collect();
        let solved = solve(products, &others, &known, c, progress)?;
        for row in rows {
            decisions[row] = solved.decide(products, &others, row);
        }
    }
    Ok(decisions)
}

impl Machine {
    fn fit(
        examples: &Examples,
        products: &Products,
        belongs: &[bool],
        (c, gamma): (f64, Option<f64>),
        progress: Progress<'_>,
    ) -> Result<Self, Error> {
        let all: Vec<usize> = (0..belongs.len()).collect();
        let solved = solve(products, &all, belongs, c, progress)?;
        // The other rows have no say.
        let (vectors, weights) = examples
            .rows
            .iter()
            .zip(&solved.weights)
            .filter(|(_, weight)| **weight != 0.0)
            .map(|(row, weight)| (row.clone(), *weight))
            .unzip();
        Ok(Self {
            vectors,
            weights,
            offset: solved.offset,
            gamma,
        })
    }

    /// Σ weight · K(vector, row) + offset.
    fn decide(&self, row: &[f64]) -> f64 {
        let weighted = self.vectors.iter().zip(&self.weights);
        let sum: f64 = weighted
            .map(|(vector, weight)| weight * product(vector, row, self.gamma))
            .sum();
        sum + self.offset
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Platt {
    a: f64,
    b: f64,
}

impl Platt {
    fn probability(self, decision: f64) -> f64 {
        1.0 / (1.0 + (self.a * decision + self.b).exp())
    }

    /// Newton's method on the cross entropy with targets a little inside 0 and 1, halving steps that do not improve it.
    fn fit(decisions: &[f64], belongs: &[bool]) -> Self {
        let inside = belongs.iter().filter(|belongs| **belongs).count() as f64;
        let outside = belongs.len() as f64 - inside;
        let targets: Vec<f64> = belongs
            .iter()
            .map(|belongs| match belongs {
                true => (inside + 1.0) / (inside + 2.0),
                false => 1.0 / (outside + 2.0),
            })
            .collect();
        let loss = |platt: Self| -> f64 {
            decisions
                .iter()
                .zip(&targets)
                .map(|(f, target)| {
                    let score = platt.a * f + platt.b;
                    let positive = score.max(0.0) + (-score.abs()).exp().ln_1p();
                    positive - (1.0 - target) * score
                })
                .sum()
        };
        let mut best = Self {
            a: 0.0,
            b: ((outside + 1.0) / (inside + 1.0)).ln(),
        };
        let mut least = loss(best);
        for _ in 0..100 {
            let (mut da, mut db, mut haa, mut hab, mut hbb) = (0.0, 0.0, 1e-12, 0.0, 1e-12);
            for (f, target) in decisions.iter().zip(&targets) {
                let p = best.probability(*f);
                let (slope, curve) = (target - p, p * (1.0 - p));
                da += f * slope;
                db += slope;
                haa += f * f * curve;
                hab += f * curve;
                hbb += curve;
            }
            let determinant = haa * hbb - hab * hab;
            let step_a = -(hbb * da - hab * db) / determinant;
            let step_b = -(haa * db - hab * da) / determinant;
            let mut share = 1.0;
            let better = loop {
                let tried = Self {
                    a: best.a + share * step_a,
                    b: best.b + share * step_b,
                };
                let now = loss(tried);
                if now < least {
                    break Some((tried, now));
                }
                share /= 2.0;
                if share < 1e-10 {
                    break None;
                }
            };
            match better {
                Some((tried, now)) => {
                    let gained = least - now;
                    (best, least) = (tried, now);
                    if gained < 1e-10 {
                        break;
                    }
                }
                None => break,
            }
        }
        best
    }
}
