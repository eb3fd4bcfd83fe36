//! The job that writes an answer: it asks, stores what comes, and notes how it ended, whoever watches.

use std::time::Duration;

use futures_util::StreamExt;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::time::Instant;

use super::accounting::{Account, Answered, Settlement};
use super::answer::{Answer, AnswerStatus, Ended, FinishReason};
use super::service::Form;
use super::{Outcome, named, tokens};
use crate::accounts::service as accounts;
use crate::app::App;
use crate::db::{commit, query};
use crate::error::{Error, Result, UserErrorCode};
use crate::id::{AnswerId, AttemptId};
use crate::jobs::worker::{Kind, Run};
use crate::logs::Log;
use crate::remote::ai::{Ask, Begun, Failure, Finish, Piece, Tokens, Tried};
use crate::transcripts::{Writing, topic};
use crate::viewer::Viewer;

/// What the job is called.
pub const WRITE: &str = "ai.write";
/// How much longer the job may take than the answer.
const MARGIN: Duration = Duration::from_secs(60);
/// How much more than it may a provider can send before it is stopped: tokens are counted roughly here.
const SLACK: usize = 2;

/// What the job is told.
#[derive(Serialize, Deserialize)]
pub struct Payload {
    /// Which answer.
    pub answer: AnswerId,
}

/// The kinds of jobs that write answers. They run apart from others: they take minutes, and nearly no work.
pub fn kinds(app: &App) -> Vec<Kind> {
    let timeout = app.config.ai.answer + MARGIN;
    let app = app.clone();
    let write = Kind::new(WRITE, timeout, move |run: Run| {
        let app = app.clone();
        async move {
            let Payload { answer } = run.payload()?;
            let status = write(&app, &run, answer).await?;
            Ok(json!({ "status": status.map(AnswerStatus::as_str) }))
        }
    });
    // Half an answer cannot be gone on with, and to ask again would repeat what was shown.
    vec![write.failing_when_lost()]
}

/// What came of asking.
#[derive(Default)]
struct Came {
    text: String,
    tokens: Option<Tokens>,
    model: Option<String>,
}

enum End {
    Finished(Finish),
    Failed(Failure),
    /// It has as many tokens as it may, and the provider goes on.
    Full,
    /// Somebody stopped it, or the server stops.
    Stopped,
}

async fn write(app: &App, run: &Run, id: AnswerId) -> Result<Option<AnswerStatus>> {
    let found = query!(app.db, answers::find(id))?;
    let Some(answer) = found.filter(|answer| answer.status == AnswerStatus::Streaming) else {
        // It was deleted or stopped before anybody began.
        return Ok(None);
    };
    let ended = match ask_and_store(app, run, &answer).await {
        Ok(status) => return close_job(status),
        // Nothing was asked: the budget was used up meanwhile.
        Err(Error::User(errors)) => {
            let error = errors.into_iter().next();
            let error = error.map(|error| (error.code, error.message));
            Ended::unasked(AnswerStatus::Failed, error)
        }
        Err(other) => {
            tracing::error!(error = %other, answer.id = %id, "an answer could not be written");
            let now = app.clock.now();
            commit!(app.db, answers::abandon(id, Ended::interrupted(), now))?;
            app.events.wake(topic(answer.transcript()));
            return Err(other);
        }
    };
    let (status, now) = (ended.status, app.clock.now());
    commit!(app.db, answers::end(id, ended, Settlement::Nothing, now))?;
    app.events.wake(topic(answer.transcript()));
    Ok(Some(status))
}

/// The job's own end says the same as the answer's.
fn close_job(status: AnswerStatus) -> Result<Option<AnswerStatus>> {
    match status {
        AnswerStatus::Cancelled => Err(Error::internal("stopped on request")),
        AnswerStatus::Interrupted => Err(Error::internal("the server stopped")),
        status => Ok(Some(status)),
    }
}

/// Asks, stores what comes, and ends the answer together with its account.
async fn ask_and_store(app: &App, run: &Run, answer: &Answer) -> Result<AnswerStatus> {
    let ask = answer.ask.as_ref();
    let ask = ask.ok_or_else(|| Error::internal("an answer that is to be written asks nothing"))?;
    let mut ask = Ask::deserialize(&ask.0).map_err(Error::caused_by)?;
    let wanted = ask.max_tokens;
    let within = app.config.ai.answer;
    let deadline = Instant::now() + within;
    let form = Form::of(&ask.format).await?;
    let (id, owner) = (AttemptId(answer.id.0), answer.owner_id);
    let mut account = Account::open(app, id, owner, &answer.purpose, &mut ask, within).await?;
    let mut writing = app.recorder.write(answer.transcript());
    let mut tried = Tried::default();
    let begun = tokio::select! {
        begun = app.ai.begin(&ask, true, deadline, &mut tried) => begun,
        // Nothing was shown yet: whoever was asked is let go.
        () = run.cancelled().cancelled() => Err(Failure::broken_off()),
    };
    account.tried(&tried);
    let mut came = Came::default();
    let (end, asked) = match begun {
        Err(_) if run.cancelled().is_cancelled() => (End::Stopped, None),
        Err(failure) => (End::Failed(failure), None),
        Ok(begun) => {
            let asked = (begun.provider.clone(), begun.model.clone());
            let end = store(begun, run, &mut writing, ask.max_tokens, &mut came).await?;
            (end, Some(asked))
        }
    };
    // Nothing ends before all of it is stored.
    let kept = writing.stored().await;
    let mut ended = match end {
        End::Stopped => stopped(app, run).await?,
        end => judged(end, &came.text, &form, ask.max_tokens < wanted),
    };
    if let Some((provider, of)) = &asked {
        let outcome = match ended.status {
            AnswerStatus::Cancelled | AnswerStatus::Interrupted => Outcome::Stopped,
            AnswerStatus::Failed if ended.finish == FinishReason::Error => Outcome::Partial,
            _ => Outcome::Done,
        };
        let answered = Answered {
            provider,
            model: of,
            text: &came.text,
            tokens: came.tokens,
            outcome,
        };
        account.answered(answered).await?;
        ended.model = Some(named(provider, came.model.as_deref().unwrap_or(of)));
    }
    ended.usage = account.usage();
    let mut entry = Log::audit(&Viewer::default(), app.clock.now(), "ai.asked", answer.id);
    if let Some(user) = accounts::find(app, owner).await? {
        entry = entry.by(owner, &user.username);
    }
    let settlement = account.settlement(entry);
    let (id, now, mut status) = (answer.id, app.clock.now(), ended.status);
    if kept.is_err() {
        // Its text was closed or removed by somebody else, or the database failed: what is stored is all there is.
        status = AnswerStatus::Interrupted;
        ended = Ended {
            model: ended.model,
            usage: ended.usage,
            ..Ended::interrupted()
        };
    }
    commit!(app.db, answers::end(id, ended, settlement, now))?;
    app.events.wake(topic(answer.transcript()));
    Ok(status)
}

/// Stores what comes until it ends.
async fn store(
    begun: Begun,
    run: &Run,
    writing: &mut Writing,
    max_tokens: u32,
    came: &mut Came,
) -> Result<End> {
    let most = usize::try_from(max_tokens).unwrap_or(usize::MAX);
    let most = most.saturating_mul(SLACK);
    let mut pieces = begun.pieces;
    loop {
        let piece = tokio::select! {
            piece = pieces.next() => piece,
            () = run.cancelled().cancelled() => return Ok(End::Stopped),
        };
        match piece {
            Some(Ok(Piece::Text(text))) => {
                came.text.push_str(&text);
                writing.push(text).await?;
                if tokens::roughly(came.text.len()) > most.max(64) {
                    return Ok(End::Full);
                }
            }
            Some(Ok(Piece::End {
                finish,
                tokens,
                model,
            })) => {
                came.tokens = tokens;
                came.model = model;
                return Ok(End::Finished(finish));
            }
            Some(Err(failure)) => return Ok(End::Failed(failure)),
            None => return Ok(End::Failed(Failure::broken_off())),
        }
    }
}

/// Somebody asked for the job to stop; otherwise it is the server that stops.
async fn stopped(app: &App, run: &Run) -> Result<Ended> {
    let job = query!(app.db, jobs::find(run.job.id))?;
    let asked = job.is_none_or(|job| job.cancel_requested_at.is_some());
    Ok(match asked {
        true => Ended::unasked(AnswerStatus::Cancelled, None),
        false => Ended::interrupted(),
    })
}

/// What is told of how it ended; `short` where the day's budget leaves it less than was asked for.
fn judged(end: End, text: &str, form: &Form, short: bool) -> Ended {
    let failed = |code, message| Ended::unasked(AnswerStatus::Failed, Some((code, message)));
    match end {
        End::Full | End::Finished(Finish::Length) if short => {
            let message = "Your daily budget of tokens is used up; what had arrived is kept.";
            failed(UserErrorCode::QuotaExceeded, message.to_owned())
        }
        End::Full => finished(Finish::Length, text, form),
        End::Finished(finish) => finished(finish, text, form),
        End::Failed(failure) => failed(failure.code(), failure.told()),
        End::Stopped => Ended::interrupted(),
    }
}

fn finished(finish: Finish, text: &str, form: &Form) -> Ended {
    let (status, error) = match form.read(text) {
        Ok(_) => (AnswerStatus::Complete, None),
        Err(problem) => (
            AnswerStatus::Failed,
            // It may quote what the model said, and no database keeps U+0000.
            Some((UserErrorCode::SchemaMismatch, problem.replace('\0', ""))),
        ),
    };
    Ended {
        finish: finish.into(),
        ..Ended::unasked(status, error)
    }
}
