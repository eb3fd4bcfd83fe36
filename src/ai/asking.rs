//! Answers that are written while people watch: how one is asked for, found again, stopped and forgotten.

use std::time::Duration;

use aws_lc_rs::digest;
use serde_json::json;
use tracing::Instrument;

use super::answer::{Answer, AnswerStatus, COMPLETION};
use super::budget::require_budget;
use super::prompt::Conversation;
use super::service::refusal;
use super::tending;
use super::writing::WRITE;
use crate::app::App;
use crate::db::types::JsonValue;
use crate::db::{commit, query};
use crate::error::{Error, Result, UserErrorCode};
use crate::id::{AnswerId, JobId, UserId};
use crate::jobs::{self, NewJob};
use crate::remote::ai::{Ask, Format};
use crate::transcripts::topic;
use crate::viewer::Viewer;

/// How long a request's id finds its answer again.
const RESUMABLE_SECONDS: i64 = 600;
/// The longest id of a request, in characters.
const MAX_REQUEST_ID: usize = 200;
/// How long somebody who stops an answer waits for its end.
const STOPPING: Duration = Duration::from_secs(5);

/// An answer that is to be written, and the job that does it: for the store of the slice that wants it.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The answer's row.
    pub answer: Answer,
    /// Its job.
    pub job: NewJob,
}

impl Asked {
    /// Prepares an answer to `ask`, as far as somebody can be asked and the day's budget is not used up; `purpose` is
    /// the field that asks.
    pub async fn new(app: &App, owner: UserId, purpose: &str, ask: &Ask) -> Result<Self> {
        let somebody = app.ai.require(ask.model.as_deref());
        somebody.map_err(|failure| refusal(&failure))?;
        require_budget(app, owner, ask).await?;
        let (id, now) = (AnswerId::new(), app.clock.now());
        let answer = Answer {
            id,
            owner_id: owner,
            job_id: JobId(uuid::Uuid::nil()),
            purpose: purpose.to_owned(),
            status: AnswerStatus::Streaming,
            ask: Some(JsonValue(
                serde_json::to_value(ask).map_err(Error::caused_by)?,
            )),
            wants_json: ask.format != Format::Text,
            model: None,
            finish_reason: None,
            prompt_tokens: 0,
            completion_tokens: 0,
            estimated: false,
            error_code: None,
            error: None,
            request_key: None,
            request_digest: None,
            created_at: now,
            finished_at: None,
        };
        let job = NewJob::new(WRITE, json!({ "answer": id }), now)
            .owned_by(owner)
            .max_attempts(1);
        Ok(Self { answer, job })
    }

    /// The same, as work on `subject`.
    #[must_use]
    pub fn about(mut self, subject: impl std::fmt::Display) -> Self {
        self.job = self.job.about(subject);
        self
    }
}

/// Asks for the answer to a conversation, or finds the one that this `request_id` asked for lately.
pub async fn complete(
    app: &App,
    viewer: &Viewer,
    conversation: Conversation,
    request_id: Option<String>,
) -> Result<Answer> {
    let owner = viewer.require()?.user_id;
    let path = ["requestId"];
    if let Some(id) = &request_id
        && !(1..=MAX_REQUEST_ID).contains(&id.chars().count())
    {
        let message = format!("It has 1 to {MAX_REQUEST_ID} characters: a UUID does.");
        return Err(Error::user(UserErrorCode::Invalid, path, message));
    }
    let ask = conversation.check(app).await?;
    let text = serde_json::to_value(&ask).map_err(Error::caused_by)?;
    let digest = sha256(&text.to_string());
    let key = request_id.as_deref().map(sha256);
    let since = app.clock.now().plus_seconds(-RESUMABLE_SECONDS);
    let known = || async {
        match key.clone() {
            Some(key) => query!(app.db, answers::find_request(owner, key, since)),
            None => Ok(None),
        }
    };
    // Before anything is asked of the budget: what was reserved for this answer may be all that was left.
    let answer = match known().await? {
        Some(known) => known,
        None => {
            let Asked { mut answer, job } = Asked::new(app, owner, COMPLETION, &ask).await?;
            answer.request_key = key.clone();
            answer.request_digest = Some(digest.clone());
            let begun = commit!(app.db, answers::insert_once(answer, job, since));
            match begun {
                Ok(begun) => {
                    app.events.wake(jobs::topic());
                    begun
                }
                // Somebody has begun it with the same id at the same moment.
                Err(error) => known().await?.ok_or(error)?,
            }
        }
    };
    if answer.request_digest != Some(digest) {
        return Err(Error::user(
            UserErrorCode::Conflict,
            path,
            "This id was used for another prompt: take a new one for each answer.",
        ));
    }
    Ok(answer)
}

/// The same for somebody who may go at any moment, and then wants no answer.
pub async fn complete_while_watched(
    app: &App,
    viewer: &Viewer,
    conversation: Conversation,
) -> Result<(Answer, CancelOnDrop)> {
    let (app, viewer) = (app.clone(), viewer.clone());
    // It is begun to the end although its watcher goes: only what is known to be there can be cancelled.
    let begin = async move {
        let answer = complete(&app, &viewer, conversation, None).await?;
        let cancel = CancelOnDrop::of(&app, &answer);
        Ok((answer, cancel))
    };
    let begun = tokio::spawn(begin.in_current_span());
    begun.await.map_err(|cause| Error::task_stopped(&cause))?
}

fn sha256(text: &str) -> Vec<u8> {
    digest::digest(&digest::SHA256, text.as_bytes())
        .as_ref()
        .to_vec()
}

/// Stops an answer, whoever writes it, and waits a moment for its end; gives it as it is then.
pub async fn stop(app: &App, answer: Answer) -> Result<Answer> {
    let (id, job) = (answer.id, answer.job_id);
    // Listening before: nothing that happens in between is missed.
    let mut calls = app.events.listen(topic(answer.transcript()));
    commit!(app.db, jobs::cancel_alone(job))?;
    app.events.wake(jobs::cancel_topic(job));
    app.events.wake(jobs::progress_topic(job));
    // One that nobody had begun to write has nobody else to end it.
    tending::end_abandoned(app, Some(id)).await?;
    let until = tokio::time::Instant::now() + STOPPING;
    loop {
        let now = query!(app.db, answers::find(id))?;
        let now = now.ok_or_else(|| Error::internal("an answer went while it was stopped"))?;
        let left = until.saturating_duration_since(tokio::time::Instant::now());
        if now.status != AnswerStatus::Streaming || left.is_zero() {
            return Ok(now);
        }
        calls.heard(left.min(Duration::from_millis(500))).await;
    }
}

/// Cancels the job of an answer when it is dropped, unless there is nothing left to cancel.
pub struct CancelOnDrop {
    app: App,
    job: JobId,
    ended: bool,
}

impl CancelOnDrop {
    /// For an answer that is worth nothing to anybody but who holds this.
    fn of(app: &App, answer: &Answer) -> Self {
        Self {
            app: app.clone(),
            job: answer.job_id,
            ended: false,
        }
    }

    /// There is nothing left to cancel.
    pub fn ended(&mut self) {
        self.ended = true;
    }
}

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        let (app, job) = (self.app.clone(), self.job);
        tokio::spawn(async move {
            match commit!(app.db, jobs::cancel_alone(job)) {
                Ok(_) => app.events.wake(jobs::cancel_topic(job)),
                Err(error) => {
                    tracing::warn!(%error, job.id = %job, "an answer goes on that nobody waits for");
                }
            }
        });
    }
}
