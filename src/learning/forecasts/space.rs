//! The scale on which a series is worked: its logarithms where all of it is positive, else itself.

use super::{Error, settings::Transform};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Space {
    Logarithms,
    Itself,
}

/// Larger values leave no room for squares and sums.
const LARGEST: f64 = 1e100;

impl Space {
    /// Decides, and refuses what is no finite number.
    pub(super) fn of(series: &[f64], transform: Transform) -> Result<Self, Error> {
        Self::Itself.accepts(series)?;
        // Far below any price, and still a number with all its digits.
        let positive = series.iter().all(|value| *value > 1e-100);
        match (transform, positive) {
            (Transform::None, _) | (Transform::Auto, false) => Ok(Self::Itself),
            (Transform::Auto | Transform::Log, true) => Ok(Self::Logarithms),
            (Transform::Log, false) => Err(Error::BadParameter {
                name: "transform".to_owned(),
                message: "is `log`, and not all values are positive".to_owned(),
            }),
        }
    }

    /// Refuses what cannot be worked on in this space.
    pub(super) fn accepts(self, series: &[f64]) -> Result<(), Error> {
        let least = match self {
            Self::Logarithms => 1e-100,
            Self::Itself => -LARGEST,
        };
        match series
            .iter()
            .position(|value| !(least..=LARGEST).contains(value))
        {
            None => Ok(()),
            Some(index) if series[index] <= 0.0 && self == Self::Logarithms => {
                Err(Error::BadData(format!(
                    "row {} is not positive, as all values were when the model was trained",
                    index + 1
                )))
            }
            Some(index) => Err(Error::NotFinite {
                row: index + 1,
                column: None,
            }),
        }
    }

    pub(super) fn forward(self, value: f64) -> f64 {
        match self {
            Self::Logarithms => value.ln(),
            Self::Itself => value,
        }
    }

    /// Kept within what a number can be, however far an interval reaches.
    pub(super) fn back(self, value: f64) -> f64 {
        match self {
            Self::Logarithms => value.clamp(-700.0, 700.0).exp(),
            Self::Itself => value.clamp(-f64::MAX, f64::MAX),
        }
    }
}
