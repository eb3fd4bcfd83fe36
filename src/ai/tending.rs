//! What becomes of answers by themselves: those whose writer died are ended, and old ones forgotten.

use std::time::Duration;

use serde_json::json;

use super::answer::{AnswerStatus, COMPLETION, Ended, transcript};
use crate::app::App;
use crate::db::{commit, query};
use crate::error::Result;
use crate::id::AnswerId;
use crate::jobs::worker::{Kind, Run, Schedule};
use crate::transcripts::topic;

/// The kind that removes answers of `aiCompletionStream` that nobody can ask for again.
const FORGET: &str = "ai.forget";
/// How long answers of `aiCompletionStream` are kept after their end.
const KEPT_SECONDS: i64 = 3_600;
/// How often it is looked for answers that nobody writes any more.
const LOOK: Duration = Duration::from_secs(5);

/// The kinds of jobs that tend answers.
pub fn kinds(app: &App) -> Vec<Kind> {
    let app = app.clone();
    let forget = Kind::new(FORGET, Duration::from_secs(600), move |_: Run| {
        let app = app.clone();
        async move {
            let removed = forget(&app).await?;
            Ok(json!({ "removed": removed }))
        }
    });
    vec![forget]
}

/// What comes back by itself.
pub fn schedules() -> Vec<Schedule> {
    vec![Schedule {
        kind: FORGET,
        every: Duration::from_secs(600),
    }]
}

/// Removes answers of `aiCompletionStream` that ended a while ago.
pub async fn forget(app: &App) -> Result<usize> {
    let before = app.clock.now().plus_seconds(-KEPT_SECONDS);
    let mut removed = 0;
    loop {
        let some = commit!(app.db, answers::delete_old(COMPLETION, before))?;
        removed += some;
        if some == 0 {
            return Ok(removed);
        }
    }
}

/// Ends answers whose server died, until this one stops.
pub async fn tend(app: &App) {
    let mut failing = false;
    loop {
        match end_abandoned(app, None).await {
            Ok(0) => failing = false,
            Ok(answers) => {
                failing = false;
                tracing::warn!(answers, "answers were left unfinished, and are closed now");
            }
            Err(error) if !failing => {
                failing = true;
                tracing::warn!(%error, "unfinished answers cannot be looked for");
            }
            Err(_) => {}
        }
        tokio::select! {
            () = app.shutdown.cancelled() => return,
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

/// Ends answers that nobody writes any more, all of them or one: their worker died, or they were stopped before it began.
pub async fn end_abandoned(app: &App, only: Option<AnswerId>) -> Result<usize> {
    let orphans = query!(app.db, answers::orphans(only))?;
    let count = orphans.len();
    for (id, asked_to_stop) in orphans {
        let ended = match asked_to_stop {
            true => Ended::unasked(AnswerStatus::Cancelled, None),
            false => Ended::interrupted(),
        };
        let now = app.clock.now();
        commit!(app.db, answers::abandon(id, ended, now))?;
        app.events.wake(topic(transcript(id)));
    }
    Ok(count)
}
