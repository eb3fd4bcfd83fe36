//! Sequential minimal optimisation: the dual problem of a support-vector machine, two rows at a time.
//!
//! Ours because no library does it well: smartcore 0.7's walks through all kept products at every step (2,000 rows of noise
//! took more than ten minutes), linfa-svm 0.8's panics with shrinking, and neither can be stopped. Which two rows come next follows
//! Fan, Chen and Lin, "Working set selection using second order information for training support vector machines"
//! (2005), as in LIBSVM, whose tolerance this has too.

use crate::learning::{Error, Progress};

/// How far the conditions of Karush, Kuhn and Tucker may be missed.
const TOLERANCE: f64 = 1e-3;
/// The least curvature of a step.
const FLAT: f64 = 1e-12;
/// After so many steps for each row, what is there is taken: a large C on classes that overlap would take hours.
const STEPS: usize = 500;
/// How many steps, or rows, lie between two questions whether to go on.
const WATCHED: usize = 256;

/// The products of rows in the space of a kernel, in single precision as LIBSVM keeps them.
pub(super) struct Products {
    values: Vec<f32>,
    count: usize,
}

impl Products {
    /// Of all rows: exp(−gamma · |a − b|²), or a · b without a gamma.
    pub(super) fn of(
        rows: &[Vec<f64>],
        gamma: Option<f64>,
        progress: Progress<'_>,
    ) -> Result<Self, Error> {
        let count = rows.len();
        let mut values = vec![0.0; count * count];
        for (i, row) in rows.iter().enumerate() {
            if i % WATCHED == 0 && progress(0.0).is_break() {
                return Err(Error::Cancelled);
            }
            for (j, other) in rows[..=i].iter().enumerate() {
                let product = product(row, other, gamma) as f32;
                values[i * count + j] = product;
                values[j * count + i] = product;
            }
        }
        Ok(Self { values, count })
    }

    fn row(&self, row: usize) -> &[f32] {
        &self.values[row * self.count..(row + 1) * self.count]
    }
}

/// The product of two rows: exp(−gamma · |a − b|²), or a · b without a gamma.
pub(super) fn product(a: &[f64], b: &[f64], gamma: Option<f64>) -> f64 {
    let pairs = a.iter().zip(b);
    match gamma {
        Some(gamma) => (-gamma * pairs.map(|(a, b)| (a - b).powi(2)).sum::<f64>()).exp(),
        None => pairs.map(|(a, b)| a * b).sum(),
    }
}

/// A machine: a row's decision is Σ weight · product + offset.
pub(super) struct Solution {
    /// Of each row that was learned from, in their order: its multiplier, negative outside the class.
    pub weights: Vec<f64>,
    /// What is added.
    pub offset: f64,
}

impl Solution {
    /// The decision about a row of `products`, by the rows that were learned from.
    pub(super) fn decide(&self, products: &Products, rows: &[usize], row: usize) -> f64 {
        let products = products.row(row);
        let weighted = rows.iter().zip(&self.weights);
        let sum: f64 = weighted
            .map(|(row, weight)| weight * f64::from(products[*row]))
            .sum();
        sum + self.offset
    }
}

/// Learns from some `rows` of `products` which of them belong to the class, with multipliers up to `c`.
pub(super) fn solve(
    products: &Products,
    rows: &[usize],
    belongs: &[bool],
    c: f64,
    progress: Progress<'_>,
) -> Result<Solution, Error> {
    let mut state = State {
        multipliers: vec![0.0; rows.len()],
        slopes: belongs.iter().map(|belongs| sign(*belongs)).collect(),
        belongs,
        c,
    };
    for step in 0..STEPS.saturating_mul(rows.len()) {
        if step % WATCHED == 0 && progress(0.0).is_break() {
            return Err(Error::Cancelled);
        }
        let Some((up, down)) = state.pair(products, rows) else {
            break;
        };
        state.improve(products, rows, up, down);
    }
    Ok(Solution {
        offset: state.offset(),
        weights: state
            .multipliers
            .iter()
            .zip(belongs)
            .map(|(multiplier, belongs)| sign(*belongs) * multiplier)
            .collect(),
    })
}

fn sign(belongs: bool) -> f64 {
    if belongs { 1.0 } else { -1.0 }
}

struct State<'a> {
    multipliers: Vec<f64>,
    /// −y · ∂/∂α of the objective: how much a row's weight wants to grow.
    slopes: Vec<f64>,
    belongs: &'a [bool],
    c: f64,
}

impl State<'_> {
    /// How far a row's weight can grow.
    fn above(&self, row: usize) -> f64 {
        match self.belongs[row] {
            true => self.c - self.multipliers[row],
            false => self.multipliers[row],
        }
    }

    /// How far it can shrink.
    fn below(&self, row: usize) -> f64 {
        match self.belongs[row] {
            true => self.multipliers[row],
            false => self.c - self.multipliers[row],
        }
    }

    /// The row whose weight wants to grow most, and the one whose shrinking by as much gains most; none at the optimum.
    fn pair(&self, products: &Products, rows: &[usize]) -> Option<(usize, usize)> {
        let places = 0..rows.len();
        let growing = places.clone().filter(|row| self.above(*row) > 0.0);
        let up = growing.reduce(|best, row| match self.slopes[row] > self.slopes[best] {
            true => row,
            false => best,
        })?;
        let (own, most) = (products.row(rows[up]), self.slopes[up]);
        let (mut best, mut gained, mut least) = (None, 0.0, most);
        for row in places.filter(|row| self.below(*row) > 0.0) {
            least = least.min(self.slopes[row]);
            let difference = most - self.slopes[row];
            if difference > 0.0 {
                let gain = difference * difference / curve(products, own, rows[up], rows[row]);
                if gain > gained {
                    (best, gained) = (Some(row), gain);
                }
            }
        }
        best.filter(|_| most - least >= TOLERANCE)
            .map(|down| (up, down))
    }

    /// Moves weight from one row to another, as far as it gains and as both may go.
    fn improve(&mut self, products: &Products, rows: &[usize], up: usize, down: usize) {
        let (grown, shrunk) = (products.row(rows[up]), products.row(rows[down]));
        let wanted =
            (self.slopes[up] - self.slopes[down]) / curve(products, grown, rows[up], rows[down]);
        let (above, below) = (self.above(up), self.below(down));
        let moved = wanted.min(above).min(below);
        self.change(up, moved, moved == above);
        self.change(down, -moved, moved == below);
        for (slope, row) in self.slopes.iter_mut().zip(rows) {
            *slope -= moved * (f64::from(grown[*row]) - f64::from(shrunk[*row]));
        }
    }

    /// Adds to a row's weight; where that is all there is, its multiplier is at its bound and not only near it.
    fn change(&mut self, row: usize, by: f64, to_its_bound: bool) {
        let grows = (by > 0.0) == self.belongs[row];
        let multiplier = &mut self.multipliers[row];
        *multiplier = match (to_its_bound, grows) {
            (true, true) => self.c,
            (true, false) => 0.0,
            (false, true) => *multiplier + by.abs(),
            (false, false) => *multiplier - by.abs(),
        };
    }

    /// What makes the decisions about rows between their bounds exact.
    fn offset(&self) -> f64 {
        let (mut sum, mut free) = (0.0, 0.0);
        let (mut most, mut least) = (f64::NEG_INFINITY, f64::INFINITY);
        for (row, slope) in self.slopes.iter().enumerate() {
            let (grows, shrinks) = (self.above(row) > 0.0, self.below(row) > 0.0);
            if grows && shrinks {
                sum += slope;
                free += 1.0;
            }
            if grows {
                most = most.max(*slope);
            }
            if shrinks {
                least = least.min(*slope);
            }
        }
        match free > 0.0 {
            true => sum / free,
            false => f64::midpoint(most, least),
        }
    }
}

/// K(a, a) + K(b, b) − 2 · K(a, b), where `own` has the products of a.
fn curve(products: &Products, own: &[f32], a: usize, b: usize) -> f64 {
    let curve = f64::from(own[a]) + f64::from(products.row(b)[b]) - 2.0 * f64::from(own[b]);
    curve.max(FLAT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learning::unobserved;
    use serde_json::Value;
    use std::{fs, ops::ControlFlow, path::PathBuf};

    fn noise(count: usize) -> (Vec<Vec<f64>>, Vec<bool>) {
        let mut random = crate::learning::random::Random::new(1);
        let rows = (0..count).map(|_| (0..5).map(|_| random.below(1_000) as f64 / 300.0).collect());
        let rows = rows.collect();
        (rows, (0..count).map(|_| random.below(2) == 1).collect())
    }

    #[test]
    fn decisions_are_scikit_learns() {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join("tests/references/learning/references.json");
        let table: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        let data = &table["machines"];
        let rows: Vec<Vec<f64>> = serde_json::from_value(data["rows"].clone()).unwrap();
        let belongs: Vec<bool> = serde_json::from_value(data["belongs"].clone()).unwrap();
        let all: Vec<usize> = (0..rows.len()).collect();
        for (name, c, gamma) in [
            ("rbf", 1.0, Some(0.25)),
            ("narrow", 100.0, Some(2.0)),
            ("linear", 10.0, None),
        ] {
            let products = Products::of(&rows, gamma, &mut unobserved).unwrap();
            let solved = solve(&products, &all, &belongs, c, &mut unobserved).unwrap();
            let expected: Vec<f64> = serde_json::from_value(data[name].clone()).unwrap();
            assert_eq!(expected.len(), rows.len());
            for (row, expected) in expected.iter().enumerate() {
                let found = solved.decide(&products, &all, row);
                // Both stop within a thousandth of the optimum.
                assert!(
                    (found - expected).abs() < 5e-3,
                    "{name}: {found} {expected}"
                );
            }
        }
    }

    #[test]
    fn the_optimum_s_conditions_hold() {
        let (rows, belongs) = noise(200);
        let products = Products::of(&rows, Some(0.5), &mut unobserved).unwrap();
        let some: Vec<usize> = (0..200).filter(|row| row % 3 != 0).collect();
        let belongs: Vec<bool> = some.iter().map(|row| belongs[*row]).collect();
        let solved = solve(&products, &some, &belongs, 2.0, &mut unobserved).unwrap();
        assert!(solved.weights.iter().sum::<f64>().abs() < 1e-9);
        for ((row, belongs), weight) in some.iter().zip(&belongs).zip(&solved.weights) {
            let margin = sign(*belongs) * solved.decide(&products, &some, *row);
            match weight.abs() {
                0.0 => assert!(margin > 1.0 - 2.0 * TOLERANCE, "{margin}"),
                2.0 => assert!(margin < 1.0 + 2.0 * TOLERANCE, "{margin}"),
                _ => assert!((margin - 1.0).abs() < 2.0 * TOLERANCE, "{margin}"),
            }
        }
    }

    #[test]
    fn it_stops_when_it_is_told_and_when_it_is_enough() {
        let (rows, belongs) = noise(100);
        let all: Vec<usize> = (0..100).collect();
        let products = Products::of(&rows, None, &mut unobserved).unwrap();
        let mut asked = 0;
        let mut stop = |_| {
            asked += 1;
            match asked {
                1..3 => ControlFlow::Continue(()),
                _ => ControlFlow::Break(()),
            }
        };
        let stopped = solve(&products, &all, &belongs, 1e3, &mut stop);
        assert!(matches!(stopped, Err(Error::Cancelled)));
        let mut steps = 0;
        let mut count = |_| {
            steps += WATCHED;
            ControlFlow::Continue(())
        };
        solve(&products, &all, &belongs, 1e3, &mut count).unwrap();
        assert!(steps <= STEPS * 100 + WATCHED, "{steps}");
    }
}
