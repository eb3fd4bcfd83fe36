//! Work of a job on a core of its own, whose progress people see meanwhile.

use std::ops::ControlFlow;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

use super::run::Run;
use crate::error::{Error, Result};
use crate::workshop::Workshop;

/// How often the progress is written.
const BEAT: Duration = Duration::from_millis(500);

impl Run {
    /// Does a piece of work in a workshop. The function that it is given takes how much of it is done, from 0 to 1, and
    /// says whether to go on; `share` is the part of the whole job that it is, and `message` tells people what it is.
    pub async fn observe<T: Send + 'static>(
        &self,
        workshop: &Workshop,
        (share, message): (f64, &str),
        work: impl FnOnce(&mut dyn FnMut(f64) -> ControlFlow<()>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (told, mut heard) = watch::channel(0.0);
        let stop = self.cancelled().child_token();
        // However this ends, nobody works on for nobody.
        let _stopped = stop.clone().drop_guard();
        let done = workshop.run(move || {
            let mut progress = |fraction: f64| {
                told.send_replace(fraction.clamp(0.0, 1.0));
                match stop.is_cancelled() {
                    true => ControlFlow::Break(()),
                    false => ControlFlow::Continue(()),
                }
            };
            work(&mut progress)
        });
        tokio::pin!(done);
        let mut ticks = tokio::time::interval(BEAT);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                done = &mut done => return done,
                // It may not have begun: it waits for a place.
                () = self.cancelled().cancelled() => return Err(Error::internal("stopped on request")),
                _ = ticks.tick() => {
                    let fraction = match heard.has_changed() {
                        Ok(true) => *heard.borrow_and_update(),
                        _ => continue,
                    };
                    // Work of hours is not thrown away for a database that was busy: the lease outlives that.
                    match self.progress(fraction * share, message).await {
                        Err(error) if self.lost.is_cancelled() => return Err(error),
                        _ => {}
                    }
                }
            }
        }
    }
}
