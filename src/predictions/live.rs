//! A forecast as it is made: its state now, each change, and its end.

use std::time::Duration;

use async_stream::try_stream;
use futures_util::Stream;

use super::{Prediction, no_prediction, service};
use crate::app::App;
use crate::error::Result;
use crate::id::PredictionId;
use crate::viewer::Viewer;

/// How long a subscriber waits for a call before looking by itself.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// The forecast now, after each change, and when it has ended; then the stream ends, as it does with the right to see it.
pub async fn updates(
    app: App,
    viewer: Viewer,
    id: PredictionId,
) -> Result<impl Stream<Item = Result<Prediction>> + Send> {
    viewer.require()?;
    let first = service::find(&app, &viewer, id).await?;
    // Which topic it is does not change; listening before the next look, nothing is missed that happens in between.
    let topic = first.ok_or_else(no_prediction)?.topic();
    let mut listener = app.events.listen(topic);
    let first = service::find(&app, &viewer, id).await?;
    let first = first.ok_or_else(no_prediction)?;
    Ok(try_stream! {
        let mut told = shown(&first);
        let mut ended = first.finished_at.is_some();
        yield first;
        while !ended {
            listener.heard(LOOK_AGAIN).await;
            let Some(now) = service::find(&app, &viewer, id).await? else {
                break;
            };
            ended = now.finished_at.is_some();
            if shown(&now) != told {
                told = shown(&now);
                yield now;
            }
        }
    })
}

/// What of a forecast a client can see change.
fn shown(prediction: &Prediction) -> impl PartialEq + Send + use<> {
    (
        prediction.status,
        prediction.finished_at,
        prediction.note.clone(),
    )
}
