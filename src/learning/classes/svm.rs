//! Support-vector machines, one against the rest, by smartcore; their probabilities, which it does not give, after Platt.
//!
//! A machine's decision value f becomes 1 / (1 + exp(a·f + b)), where a and b are fitted to values of rows that the
//! machine had not seen, of three parts; the classes' probabilities are then made to sum to 1. Sources: Platt, "Probabilistic outputs
//! for support vector machines" (1999), with the targets and the Newton steps of Lin, Lin and Weng (2007).

use super::{
    estimator::{Examples, Matrix},
    folds::stratified,
};
use crate::learning::{Error, Progress, guard::guarded};
use serde::{Deserialize, Serialize};
use smartcore::svm::{
    Kernels,
    svc::{SVC, SVCParameters},
};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Machines(Vec<(Machine, Platt)>);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Machine {
    vectors: Vec<Vec<f64>>,
    weights: Vec<f64>,
    offset: f64,
    gamma: Option<f64>,
}

/// smartcore's own fields, in its order; the classes are 0 and 1.
#[derive(Deserialize)]
struct Written {
    _classes: Option<(u32, u32)>,
    instances: Option<Vec<Vec<f64>>>,
    w: Option<Vec<f64>>,
    b: Option<f64>,
}

struct Options {
    c: f64,
    gamma: Option<f64>,
    epochs: usize,
    seed: u64,
}

impl Machines {
    pub(super) fn fit(
        examples: &Examples,
        c: f64,
        gamma: Option<f64>,
        epochs: usize,
        seed: u64,
        progress: Progress<'_>,
    ) -> Result<Self, Error> {
        let options = Options {
            c,
            gamma,
            epochs,
            seed,
        };
        let mut machines = Vec::with_capacity(examples.count);
        for class in 0..examples.count {
            if progress(class as f64 / examples.count as f64).is_break() {
                return Err(Error::Cancelled);
            }
            let belongs: Vec<u32> = examples
                .classes
                .iter()
                .map(|other| u32::from(*other as usize == class))
                .collect();
            let binary = Examples {
                rows: examples.rows.clone(),
                classes: belongs,
                count: 2,
            };
            let platt = Platt::fit(&held_out(&binary, &options)?, &binary.classes);
            machines.push((Machine::fit(&binary, &options)?, platt));
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
fn held_out(binary: &Examples, options: &Options) -> Result<Vec<f64>, Error> {
    let parts = stratified(&binary.classes, 3, options.seed);
    let folds = parts.iter().max().map_or(0, |last| last + 1);
    let mut decisions = vec![0.0; binary.rows.len()];
    for fold in 0..folds {
        let (training, rows) = binary.split(&parts, fold);
        let machine = Machine::fit(&training, options)?;
        for row in rows {
            decisions[row] = machine.decide(&binary.rows[row]);
        }
    }
    Ok(decisions)
}

impl Machine {
    fn fit(binary: &Examples, options: &Options) -> Result<Self, Error> {
        let matrix = binary.matrix()?;
        let parameters = SVCParameters::<f64, u32, Matrix, Vec<u32>>::default()
            .with_c(options.c)
            .with_epoch(options.epochs)
            .with_seed(Some(options.seed));
        let parameters = match options.gamma {
            Some(gamma) => parameters.with_kernel(Kernels::rbf().with_gamma(gamma)),
            None => parameters.with_kernel(Kernels::linear()),
        };
        let bytes = guarded(|| {
            let machine = SVC::fit(&matrix, &binary.classes, &parameters)?;
            postcard::to_allocvec(&machine)
                .map_err(|error| smartcore::error::Failed::fit(&error.to_string()))
        })?;
        let written: Written = guarded(|| postcard::from_bytes(&bytes))?;
        match (written.instances, written.w, written.b) {
            (Some(vectors), Some(weights), Some(offset)) => Ok(Self {
                vectors,
                weights,
                offset,
                gamma: options.gamma,
            }),
            _ => Err(Error::Failed("the machine is not fitted".to_owned())),
        }
    }

    /// Σ w · K(vector, row) + b.
    fn decide(&self, row: &[f64]) -> f64 {
        let sums = self.vectors.iter().zip(&self.weights);
        self.offset
            + sums
                .map(|(vector, weight)| {
                    let pairs = vector.iter().zip(row);
                    weight
                        * match self.gamma {
                            Some(gamma) => {
                                (-gamma * pairs.map(|(a, b)| (a - b).powi(2)).sum::<f64>()).exp()
                            }
                            None => pairs.map(|(a, b)| a * b).sum(),
                        }
                })
                .sum::<f64>()
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
    fn fit(decisions: &[f64], belongs: &[u32]) -> Self {
        let inside = belongs.iter().filter(|class| **class == 1).count() as f64;
        let outside = belongs.len() as f64 - inside;
        let targets: Vec<f64> = belongs
            .iter()
            .map(|class| match class {
                1 => (inside + 1.0) / (inside + 2.0),
                _ => 1.0 / (outside + 2.0),
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
