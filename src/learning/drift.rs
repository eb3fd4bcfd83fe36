//! Drift: how far recent values of the features are from those that a model was trained with.
//!
//! - Population stability index: Σ (r − t) · ln(r / t) over bins at the training data's deciles, where t and r are the bins'
//!   shares of the training and of the recent values, each with half a value added to every bin, as an empty one would be
//!   infinite. Below 0.1 is taken as stable, from 0.2 on as drifted (Siddiqi, "Credit Risk Scorecards", 2006).
//! - Kolmogorov–Smirnov: the largest distance of the two empirical distribution functions, here at the training data's
//!   percentiles. It has drifted where it is above 0.1 and above the two-sample critical value at 1 %,
//!   1.628 · √((n + m) / (n · m)) (Smirnov, 1948).

use super::Error;
use serde::{Deserialize, Serialize};

/// From this population stability index on, a feature has drifted.
pub const PSI_THRESHOLD: f64 = 0.2;
/// Up to this statistic a feature has not drifted, however many values there are.
pub const KS_THRESHOLD: f64 = 0.1;
/// With fewer recent values nothing is said to have drifted: the index of so few is noise.
pub const LEAST_ROWS: usize = 50;

/// What is kept of the training data to compare later values with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reference {
    rows: usize,
    features: Vec<Distribution>,
}

/// One feature's distribution function, at its percentiles.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Distribution {
    feature: String,
    /// Values of the training data without doubles, at most 101.
    values: Vec<f64>,
    /// The share of the training data that is at most that value.
    shares: Vec<f64>,
}

/// One feature's distance from the training data.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureDrift {
    /// The feature's name.
    pub feature: String,
    /// Population stability index.
    pub psi: f64,
    /// Two-sample Kolmogorov–Smirnov statistic.
    pub ks: f64,
    /// Whether a threshold is passed.
    pub drifted: bool,
}

impl Reference {
    /// Of the rows that a model is trained with.
    pub fn of(features: &[String], rows: &[Vec<f64>]) -> Result<Self, Error> {
        let columns = columns(features, rows)?;
        let features = features
            .iter()
            .zip(columns)
            .map(|(feature, column)| Distribution::of(feature, column))
            .collect();
        Ok(Self {
            rows: rows.len(),
            features,
        })
    }

    /// The features' names, in the order of a row.
    pub fn features(&self) -> impl Iterator<Item = &str> {
        self.features.iter().map(|known| known.feature.as_str())
    }

    /// Compares recent rows, whose values stand in the order of the features. No rows: nothing has drifted.
    pub fn compare(&self, rows: &[Vec<f64>]) -> Result<Vec<FeatureDrift>, Error> {
        let names: Vec<String> = self.features().map(ToOwned::to_owned).collect();
        let columns = columns(&names, rows)?;
        Ok(self
            .features
            .iter()
            .zip(columns)
            .map(|(known, column)| known.compare(column, self.rows))
            .collect())
    }
}

fn columns(features: &[String], rows: &[Vec<f64>]) -> Result<Vec<Vec<f64>>, Error> {
    let mut columns = vec![Vec::with_capacity(rows.len()); features.len()];
    for (index, row) in rows.iter().enumerate() {
        if row.len() != features.len() {
            return Err(Error::BadData(format!(
                "row {} has {} values for {} features",
                index + 1,
                row.len(),
                features.len()
            )));
        }
        for ((value, column), feature) in row.iter().zip(&mut columns).zip(features) {
            if !value.is_finite() {
                return Err(Error::NotFinite {
                    row: index + 1,
                    column: Some(feature.clone()),
                });
            }
            column.push(*value);
        }
    }
    for column in &mut columns {
        column.sort_unstable_by(f64::total_cmp);
    }
    Ok(columns)
}

/// The share of sorted values that are at most `value`.
fn share(sorted: &[f64], value: f64) -> f64 {
    sorted.partition_point(|other| *other <= value) as f64 / sorted.len().max(1) as f64
}

impl Distribution {
    fn of(feature: &str, sorted: Vec<f64>) -> Self {
        let mut values: Vec<f64> = Vec::new();
        if let Some(end) = sorted.len().checked_sub(1) {
            values = (0..=100)
                .map(|percent| sorted[end * percent / 100])
                .collect();
        }
        values.dedup();
        let shares = values.iter().map(|value| share(&sorted, *value)).collect();
        Self {
            feature: feature.to_owned(),
            values,
            shares,
        }
    }

    fn compare(&self, recent: Vec<f64>, trained: usize) -> FeatureDrift {
        let (psi, ks) = if recent.is_empty() || self.values.is_empty() {
            (0.0, 0.0)
        } else {
            (self.psi(&recent, trained), self.ks(&recent))
        };
        let (n, m) = (trained.max(1) as f64, recent.len().max(1) as f64);
        let critical = (1.628 * ((n + m) / (n * m)).sqrt()).max(KS_THRESHOLD);
        let enough = recent.len() >= LEAST_ROWS;
        FeatureDrift {
            feature: self.feature.clone(),
            psi,
            ks,
            drifted: enough && (psi >= PSI_THRESHOLD || ks > critical),
        }
    }

    /// The places in `values` of the deciles: the upper ends of all bins but the last, which has none.
    fn deciles(&self) -> Vec<usize> {
        let mut places: Vec<usize> = (1..10)
            .map(|tenth| {
                let wanted = f64::from(tenth) / 10.0;
                self.shares.partition_point(|share| *share < wanted - 1e-9)
            })
            .filter(|place| place + 1 < self.values.len())
            .collect();
        places.dedup();
        places
    }

    fn psi(&self, recent: &[f64], trained: usize) -> f64 {
        let places = self.deciles();
        let bins = places.len() + 1;
        let (n, m) = (trained as f64, recent.len() as f64);
        let smooth = |share: f64, count: f64| (share * count + 0.5) / (count + 0.5 * bins as f64);
        let (mut before_training, mut before_recent, mut index) = (0.0, 0.0, 0.0);
        let ends = places
            .iter()
            .map(|place| (self.shares[*place], share(recent, self.values[*place])))
            .chain([(1.0, 1.0)]);
        for (training, now) in ends {
            let t = smooth(training - before_training, n);
            let r = smooth(now - before_recent, m);
            index += (r - t) * (r / t).ln();
            (before_training, before_recent) = (training, now);
        }
        index
    }

    fn ks(&self, recent: &[f64]) -> f64 {
        let at = self.values.iter().zip(&self.shares);
        let distance = at.map(|(value, trained)| (share(recent, *value) - trained).abs());
        // Below the smallest training value the training share is 0.
        let below = recent.partition_point(|value| *value < self.values[0]);
        distance.fold(below as f64 / recent.len() as f64, f64::max)
    }
}

#[cfg(test)]
mod tests;
