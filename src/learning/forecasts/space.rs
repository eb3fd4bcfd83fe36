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
/// Far below any price, and still a number with all its digits.
const LEAST: f64 = 1e-100;

impl Space {
    /// Decides, and refuses what is no finite number.
    pub(super) fn of(series: &[f64], transform: Transform) -> Result<Self, Error> {
        Self::Itself.accepts(series)?;
        match (transform, unfit(series).is_none()) {
            (Transform::None, _) | (Transform::Auto, false) => Ok(Self::Itself),
            (Transform::Auto | Transform::Log, true) => Ok(Self::Logarithms),
            (Transform::Log, false) => Err(Error::BadParameter {
                name: "transform".to_owned(),
                message: "is `log`, and not all values are positive".to_owned(),
            }),
        }
    }

    /// Where a series that is worked on in this space got its first value that has no logarithm, if `auto` would have taken
    /// the logarithms of what was there before.
    pub(super) fn turn(self, series: &[f64], transform: Transform) -> Option<usize> {
        match (self, transform) {
            (Self::Itself, Transform::Auto) => unfit(series),
            _ => None,
        }
    }

    /// Refuses what cannot be worked on in this space.
    pub(super) fn accepts(self, series: &[f64]) -> Result<(), Error> {
        let least = match self {
            Self::Logarithms => LEAST,
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

/// The place of the first value that has no logarithm to work with.
fn unfit(series: &[f64]) -> Option<usize> {
    series.iter().position(|value| *value <= LEAST)
}
