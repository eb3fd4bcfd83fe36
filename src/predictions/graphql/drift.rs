//! Drift on the wire.

use async_graphql::{Context, Object, SimpleObject};

use crate::db::types::Timestamp;
use crate::error::Result;
use crate::graphql::context::Request;
use crate::graphql::cost::list_size;
use crate::models::Model;
use crate::predictions::drift::{Report, report};

/// How far what a model was asked lately is from what its champion was trained with.
pub struct DriftReport(Report);

/// How far what a model was asked lately is from what its champion was trained with.
#[Object]
impl DriftReport {
    /// From when on requests were compared.
    async fn from(&self) -> Timestamp {
        self.0.from
    }

    /// Until when.
    async fn to(&self) -> Timestamp {
        self.0.to
    }

    /// How many of the champion's requests were compared: the newest 10,000 at most. Of fewer than 50 nothing is said to
    /// have drifted.
    async fn samples(&self) -> usize {
        self.0.samples
    }

    /// Each feature, in the model's order.
    #[graphql(directive = list_size::apply(Some(20), None))]
    async fn features(&self) -> Vec<FeatureDrift> {
        let features = self.0.features.iter();
        let features = features.map(|feature| FeatureDrift {
            feature: feature.feature.clone(),
            psi: feature.psi,
            ks: feature.ks,
            drifted: feature.drifted,
        });
        features.collect()
    }

    /// Whether any of them has drifted.
    async fn drifted(&self) -> bool {
        self.0.drifted()
    }
}

/// Population stability index and Kolmogorov–Smirnov statistic of one feature against the training data.
#[derive(SimpleObject)]
pub struct FeatureDrift {
    /// The feature's name.
    feature: String,
    /// The population stability index over the training data's deciles: 0 for the same distribution, from 0.2 on drifted.
    psi: f64,
    /// The Kolmogorov–Smirnov statistic, 0 to 1: the largest distance of the two distribution functions.
    ks: f64,
    /// Whether `psi` is at least 0.2, or `ks` above 0.1 and above what chance explains at 1 %.
    drifted: bool,
}

/// The drift of a model over so many days; null where there is nothing to compare.
pub async fn find_drift(
    ctx: &Context<'_>,
    model: &Model,
    days: i32,
) -> Result<Option<DriftReport>> {
    let found = report(ctx.app()?, ctx.viewer()?, model, days).await?;
    Ok(found.map(DriftReport))
}
