//! Multinomial logistic regression over bags of words, whose counts are brought to length 1 each.
//!
//! Stochastic steps of AdaGrad (Duchi, Hazan and Singer, 2011) over the texts in a seeded order, towards the least
//! Σ −ln p + alpha/2 · Σ w². The weights shrink with the words that are seen, not all of them at each text.

use super::words::Bag;
use crate::learning::{Error, Progress, classes::softmax, random::Random};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Logistic {
    intercepts: Vec<f64>,
    /// By word and then by class.
    weights: Vec<f32>,
}

fn unit(bag: &mut Bag) {
    let length = bag
        .iter()
        .map(|(_, count)| count * count)
        .sum::<f64>()
        .sqrt();
    bag.iter_mut()
        .for_each(|(_, count)| *count /= length.max(1e-300));
}

impl Logistic {
    #[expect(
        clippy::too_many_arguments,
        reason = "each is a parameter of the method"
    )]
    pub(super) fn fit(
        mut bags: Vec<(Bag, u32)>,
        width: usize,
        classes: usize,
        alpha: f64,
        epochs: usize,
        rate: f64,
        seed: u64,
        progress: Progress<'_>,
    ) -> Result<Self, Error> {
        bags.iter_mut().for_each(|(bag, _)| unit(bag));
        let mut model = Self {
            intercepts: vec![0.0; classes],
            weights: vec![0.0; width * classes],
        };
        let mut squares = vec![1e-6_f32; width * classes];
        let mut intercept_squares = vec![1e-6; classes];
        let mut order: Vec<usize> = (0..bags.len()).collect();
        let mut random = Random::new(seed);
        // A word's weight shrinks once for each text that has it, so the share of each is that of one text.
        let shrink = alpha / bags.len() as f64;
        for epoch in 0..epochs {
            random.shuffle(&mut order);
            for (number, text) in order.iter().enumerate() {
                if number % 1_000 == 0 {
                    let done = epoch as f64 + number as f64 / order.len() as f64;
                    if progress(done / epochs as f64).is_break() {
                        return Err(Error::Cancelled);
                    }
                }
                let (bag, class) = &bags[*text];
                let mut slopes = model.scored(bag);
                slopes[*class as usize] -= 1.0;
                for (place, slope) in slopes.iter().enumerate() {
                    intercept_squares[place] += slope * slope;
                    model.intercepts[place] -= rate * slope / intercept_squares[place].sqrt();
                }
                for (word, count) in bag {
                    let first = *word as usize * classes;
                    for (place, slope) in slopes.iter().enumerate() {
                        let weight = &mut model.weights[first + place];
                        let gradient = (slope * count + shrink * f64::from(*weight)) as f32;
                        let sum = &mut squares[first + place];
                        *sum += gradient * gradient;
                        *weight -= rate as f32 * gradient / sum.sqrt();
                    }
                }
            }
        }
        Ok(model)
    }

    fn scored(&self, bag: &Bag) -> Vec<f64> {
        let classes = self.intercepts.len();
        let mut scores = self.intercepts.clone();
        for (word, count) in bag {
            let first = *word as usize * classes;
            let weights = self.weights.iter().skip(first).take(classes);
            for (score, weight) in scores.iter_mut().zip(weights) {
                *score += count * f64::from(*weight);
            }
        }
        softmax(scores)
    }

    pub(super) fn probabilities(&self, bag: &Bag) -> Vec<f64> {
        let mut bag = bag.clone();
        unit(&mut bag);
        self.scored(&bag)
    }
}
