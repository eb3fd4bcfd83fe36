//! Multinomial naive Bayes: p(class) · Π p(word | class)^count, with p(word | class) = (n + alpha) / (N + alpha · words).
//!
//! Source: Manning, Raghavan and Schütze, "Introduction to Information Retrieval" (2008), chapter 13.

use super::words::Bag;
use crate::learning::classes::softmax;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Bayes {
    priors: Vec<f64>,
    /// The words' logarithms, by class.
    words: Vec<Vec<f32>>,
}

impl Bayes {
    pub(super) fn fit(bags: &[(Bag, u32)], width: usize, classes: usize, alpha: f64) -> Self {
        let mut texts = vec![0.0; classes];
        let mut counts = vec![vec![alpha; width]; classes];
        for (bag, class) in bags {
            let class = *class as usize;
            texts[class] += 1.0;
            for (word, count) in bag {
                counts[class][*word as usize] += count;
            }
        }
        let words = counts
            .iter()
            .map(|row| {
                let all: f64 = row.iter().sum();
                row.iter().map(|count| (count / all).ln() as f32).collect()
            })
            .collect();
        let priors = texts.iter().map(|n| (n / bags.len() as f64).ln()).collect();
        Self { priors, words }
    }

    pub(super) fn probabilities(&self, bag: &Bag) -> Vec<f64> {
        let scores = self.priors.iter().zip(&self.words).map(|(prior, words)| {
            prior
                + bag
                    .iter()
                    .filter_map(|(word, count)| {
                        Some(count * f64::from(*words.get(*word as usize)?))
                    })
                    .sum::<f64>()
        });
        softmax(scores.collect())
    }
}
