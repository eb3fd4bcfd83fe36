//! SQL of answers that are written while people watch; their texts are transcripts.

use diesel::dsl::{exists, not};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{Conn, ai_usage, jobs, transaction, transcripts};
use crate::ai::accounting::Settlement;
use crate::ai::answer::{Answer, AnswerStatus, Ended, transcript};
use crate::db::schema::{answers, jobs as job_rows, transcripts as texts};
use crate::db::types::{JsonValue, Timestamp};
use crate::error::Result;
use crate::id::{AnswerId, AttemptId, JobId, UserId};
use crate::jobs::NewJob;

/// How many answers one call looks at.
const BATCH: i64 = 200;

/// Writes an answer that is to be, and the job that writes it; called inside the caller's transaction.
pub async fn insert(conn: &mut Conn, mut answer: Answer, job: NewJob) -> Result<Answer> {
    transcripts::open(conn, answer.transcript(), answer.owner_id).await?;
    answer.job_id = jobs::enqueue(conn, job).await?;
    diesel::insert_into(answers::table)
        .values(&answer)
        .execute(conn)
        .await?;
    Ok(answer)
}

/// Somebody's answer to the request of that key, if it was asked for since.
pub async fn find_request(
    conn: &mut Conn,
    owner: UserId,
    key: Vec<u8>,
    since: Timestamp,
) -> Result<Option<Answer>> {
    let found = answers::table
        .filter(answers::owner_id.eq(owner))
        .filter(answers::request_key.eq(key))
        .filter(answers::created_at.ge(since))
        .select(Answer::as_select())
        .first(conn)
        .await
        .optional()?;
    Ok(found)
}

/// Begins an answer; an error where another one has its request's key and is not older than `since`.
pub async fn insert_once(
    conn: &mut Conn,
    answer: Answer,
    job: NewJob,
    since: Timestamp,
) -> Result<Answer> {
    transaction!(conn, {
        if let Some(key) = answer.request_key.clone() {
            // An old one gives its key away.
            let old = answers::table
                .filter(answers::owner_id.eq(answer.owner_id))
                .filter(answers::request_key.eq(key))
                .filter(answers::created_at.lt(since));
            diesel::update(old)
                .set(answers::request_key.eq(None::<Vec<u8>>))
                .execute(conn)
                .await?;
        }
        insert(conn, answer, job).await
    })
}

/// The answer of that id.
pub async fn find(conn: &mut Conn, id: AnswerId) -> Result<Option<Answer>> {
    let found = answers::table
        .find(id)
        .select(Answer::as_select())
        .first(conn)
        .await
        .optional()?;
    Ok(found)
}

/// Answers by their ids.
pub async fn by_ids(conn: &mut Conn, ids: Vec<AnswerId>) -> Result<Vec<Answer>> {
    let found = answers::table
        .filter(answers::id.eq_any(ids))
        .select(Answer::as_select())
        .load(conn)
        .await?;
    Ok(found)
}

/// Ends an answer with what of its text is stored, and settles its account. Where it had ended, or is gone, the account
/// alone.
pub async fn end(
    conn: &mut Conn,
    id: AnswerId,
    ended: Ended,
    settlement: Settlement,
    now: Timestamp,
) -> Result<()> {
    transaction!(conn, {
        if transcripts::close(conn, transcript(id)).await?.is_some() {
            write_end(conn, id, ended, now).await?;
        }
        ai_usage::settle_within(conn, settlement).await
    })
}

/// Ends an answer that nobody writes any more; what was asked for it is taken to have brought what is stored of it.
pub async fn abandon(
    conn: &mut Conn,
    id: AnswerId,
    mut ended: Ended,
    now: Timestamp,
) -> Result<()> {
    transaction!(conn, {
        if let Some(text) = transcripts::close(conn, transcript(id)).await? {
            let reserved = AttemptId(id.0);
            ended.usage = ai_usage::break_off(conn, reserved, &text).await?;
            write_end(conn, id, ended, now).await?;
        }
        Ok(())
    })
}

async fn write_end(conn: &mut Conn, id: AnswerId, ended: Ended, now: Timestamp) -> Result<()> {
    let (code, message) = ended.error.unzip();
    let whole = |tokens| i32::try_from(tokens).unwrap_or(i32::MAX);
    diesel::update(answers::table.find(id))
        .set((
            answers::status.eq(ended.status),
            answers::ask.eq(None::<JsonValue>),
            answers::model.eq(ended.model),
            answers::finish_reason.eq(ended.finish),
            answers::prompt_tokens.eq(whole(ended.usage.prompt)),
            answers::completion_tokens.eq(whole(ended.usage.completion)),
            answers::estimated.eq(ended.usage.estimated),
            answers::error_code.eq(code),
            answers::error.eq(message),
            answers::finished_at.eq(now),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Answers that nobody writes any more: their jobs have ended, and they have not. Each with whether somebody had asked
/// its job to stop.
pub async fn orphans(conn: &mut Conn, only: Option<AnswerId>) -> Result<Vec<(AnswerId, bool)>> {
    let working = job_rows::table
        .filter(job_rows::id.eq(answers::job_id))
        .filter(job_rows::finished_at.is_null());
    let mut query = answers::table
        .filter(answers::status.eq(AnswerStatus::Streaming))
        .filter(not(exists(working)))
        .order(answers::created_at)
        .limit(BATCH)
        .select((answers::id, answers::job_id))
        .into_boxed();
    if let Some(only) = only {
        query = query.filter(answers::id.eq(only));
    }
    let found: Vec<(AnswerId, JobId)> = query.load(conn).await?;
    let asked: Vec<JobId> = job_rows::table
        .filter(job_rows::id.eq_any(found.iter().map(|(_, job)| *job).collect::<Vec<_>>()))
        .filter(job_rows::cancel_requested_at.is_not_null())
        .select(job_rows::id)
        .load(conn)
        .await?;
    let told = found
        .into_iter()
        .map(|(id, job)| (id, asked.contains(&job)));
    Ok(told.collect())
}

/// Removes some answers of a purpose that ended before `before`, with their texts; gives how many.
pub async fn delete_old(
    conn: &mut Conn,
    purpose: &'static str,
    before: Timestamp,
) -> Result<usize> {
    transaction!(conn, {
        let old: Vec<AnswerId> = answers::table
            .filter(answers::purpose.eq(purpose))
            .filter(answers::finished_at.lt(before))
            .limit(BATCH)
            .select(answers::id)
            .load(conn)
            .await?;
        remove(conn, old).await
    })
}

/// Removes answers with their texts, and whatever refers to them; called inside the caller's transaction.
pub async fn remove(conn: &mut Conn, ids: Vec<AnswerId>) -> Result<usize> {
    let ids: Vec<_> = ids.into_iter().map(transcript).collect();
    let removed = diesel::delete(texts::table.filter(texts::id.eq_any(ids)))
        .execute(conn)
        .await?;
    Ok(removed)
}
