//! Forecasts as they are made.

use async_graphql::{Context, Subscription};
use futures_util::{Stream, StreamExt};

use super::prediction::Prediction;
use crate::error::Result;
use crate::graphql::context::Request;
use crate::id::PredictionId;
use crate::predictions::live;

/// What can be watched about predictions.
#[derive(Default)]
pub struct PredictionSubscriptions;

/// What can be watched about predictions.
#[Subscription]
impl PredictionSubscriptions {
    /// A prediction: its state now, each change, and its end, with which the stream completes.
    async fn prediction_updated(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which prediction; one's own, for administrators any.")]
        prediction_id: PredictionId,
    ) -> Result<impl Stream<Item = Result<Prediction>>> {
        let (app, viewer) = (ctx.app()?.clone(), ctx.viewer()?.clone());
        let states = live::updates(app, viewer, prediction_id).await?;
        Ok(states.map(|state| state.map(Prediction)))
    }
}
