//! Work on pictures that happens by itself: sweeping what nothing uses.

use std::time::Duration;

use super::sweeping;
use crate::app::App;
use crate::jobs::worker::{Kind, Schedule};

const SWEEP_JOB: &str = "media.sweep";

/// The kinds of jobs that pictures bring.
pub fn kinds(app: &App) -> Vec<Kind> {
    let app = app.clone();
    vec![Kind::new(
        SWEEP_JOB,
        Duration::from_secs(3_600),
        move |_| {
            let app = app.clone();
            async move { sweeping::sweep(&app).await }
        },
    )]
}

/// What comes back by itself.
pub fn schedules() -> Vec<Schedule> {
    vec![Schedule {
        kind: SWEEP_JOB,
        every: Duration::from_secs(6 * 3_600),
    }]
}
