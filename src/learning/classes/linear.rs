//! Multinomial logistic regression: smartcore's coefficients, and the probabilities that it does not give.

use super::estimator::{Examples, softmax};
use crate::learning::{Error, guard::guarded};
use serde::{Deserialize, Serialize};
use smartcore::{
    linalg::basic::arrays::Array,
    linear::logistic_regression::{LogisticRegression, LogisticRegressionParameters},
};

/// A row of coefficients per class.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Linear {
    coefficients: Vec<Vec<f64>>,
    intercepts: Vec<f64>,
}

impl Linear {
    /// Minimises Σ −ln p + alpha/2 · Σ w², where the intercepts are not shrunken: scikit-learn's with C = 1/alpha.
    pub(super) fn fit(examples: &Examples, alpha: f64) -> Result<Self, Error> {
        let matrix = examples.matrix()?;
        let parameters = LogisticRegressionParameters::default().with_alpha(alpha);
        let (mut coefficients, mut intercepts) = guarded(|| {
            let model = LogisticRegression::fit(&matrix, &examples.classes, parameters)?;
            let (rows, columns) = model.coefficients().shape();
            let coefficients: Vec<Vec<f64>> = (0..rows)
                .map(|row| {
                    (0..columns)
                        .map(|column| *model.coefficients().get((row, column)))
                        .collect()
                })
                .collect();
            let intercepts = (0..rows)
                .map(|row| *model.intercept().get((row, 0)))
                .collect();
            Ok::<(_, Vec<f64>), smartcore::error::Failed>((coefficients, intercepts))
        })?;
        if coefficients.len() == 1 {
            // Of two classes only the second has a row: the first one's score is 0.
            coefficients.insert(0, vec![0.0; coefficients[0].len()]);
            intercepts.insert(0, 0.0);
        }
        Ok(Self {
            coefficients,
            intercepts,
        })
    }

    pub(super) fn probabilities(&self, row: &[f64]) -> Vec<f64> {
        let scores = self.coefficients.iter().zip(&self.intercepts);
        softmax(
            scores
                .map(|(weights, intercept)| {
                    intercept + weights.iter().zip(row).map(|(w, v)| w * v).sum::<f64>()
                })
                .collect(),
        )
    }
}
