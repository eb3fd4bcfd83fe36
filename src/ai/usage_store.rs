//! SQL of what AI answers use.

use diesel::dsl::{count_star, sum};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{Conn, hold_user, logs, transaction};
use crate::ai::accounting::Settlement;
use crate::ai::{AttemptRow, ModelUsage, Outcome, Usage, tokens};
use crate::db::schema::ai_usage;
use crate::db::types::Timestamp;
use crate::error::Result;
use crate::id::{AttemptId, UserId};

/// Notes an attempt before it is made. With a `limit` for the day since `day`, it gets at most what is left of it:
/// gives how many tokens it may use, or what was left where that is less than `least` and nothing was noted.
pub async fn reserve(
    conn: &mut Conn,
    mut attempt: AttemptRow,
    day: Timestamp,
    limit: Option<i64>,
    least: i64,
) -> Result<std::result::Result<i32, i64>> {
    transaction!(conn, {
        if let Some(limit) = limit {
            hold_user(conn, attempt.user_id).await?;
            let left = limit - spent(conn, attempt.user_id, day, attempt.at).await?;
            if left < least {
                return Ok(Err(left.max(0)));
            }
            let most = i32::try_from(left).unwrap_or(i32::MAX);
            attempt.reserved = attempt.reserved.min(most);
        }
        diesel::insert_into(ai_usage::table)
            .values(&attempt)
            .execute(conn)
            .await?;
        Ok(Ok(attempt.reserved))
    })
}

/// How many tokens a user has spent since `day`, those that are reserved at `now` among them.
pub async fn spent(conn: &mut Conn, user: UserId, day: Timestamp, now: Timestamp) -> Result<i64> {
    let of_day = || {
        ai_usage::table
            .filter(ai_usage::user_id.eq(user))
            .filter(ai_usage::at.ge(day))
    };
    let (prompt, completion): (Option<i64>, Option<i64>) = of_day()
        .filter(
            ai_usage::outcome
                .ne(Outcome::Running)
                .or(ai_usage::settle_by.le(now)),
        )
        .select((
            sum(ai_usage::prompt_tokens),
            sum(ai_usage::completion_tokens),
        ))
        .first(conn)
        .await?;
    let reserved: Option<i64> = of_day()
        .filter(ai_usage::outcome.eq(Outcome::Running))
        .filter(ai_usage::settle_by.gt(now))
        .select(sum(ai_usage::reserved))
        .first(conn)
        .await?;
    Ok(prompt.unwrap_or(0) + completion.unwrap_or(0) + reserved.unwrap_or(0))
}

/// Writes what became of a reservation.
pub async fn settle(conn: &mut Conn, settlement: Settlement) -> Result<()> {
    transaction!(conn, { settle_within(conn, settlement).await })
}

/// The same inside of the caller's transaction. The first of the attempts was noted before, the others come new.
pub async fn settle_within(conn: &mut Conn, settlement: Settlement) -> Result<()> {
    let (attempts, entry) = match settlement {
        Settlement::Nothing => return Ok(()),
        Settlement::Release(id) => {
            diesel::delete(ai_usage::table.find(id))
                .execute(conn)
                .await?;
            return Ok(());
        }
        Settlement::Attempts(attempts, entry) => (attempts, entry),
    };
    for (index, attempt) in attempts.iter().enumerate() {
        if index == 0 {
            diesel::update(ai_usage::table.find(attempt.id))
                .set((
                    ai_usage::provider.eq(&attempt.provider),
                    ai_usage::model.eq(&attempt.model),
                    ai_usage::outcome.eq(attempt.outcome),
                    ai_usage::reserved.eq(0),
                    ai_usage::prompt_tokens.eq(attempt.prompt_tokens),
                    ai_usage::completion_tokens.eq(attempt.completion_tokens),
                    ai_usage::estimated.eq(attempt.estimated),
                ))
                .execute(conn)
                .await?;
        } else {
            diesel::insert_into(ai_usage::table)
                .values(attempt)
                .execute(conn)
                .await?;
        }
    }
    logs::insert(conn, &entry).await
}

/// Notes that an attempt broke off after `text`, as it does when its server dies; gives what it is taken to have used.
/// Called inside the caller's transaction.
pub async fn break_off(conn: &mut Conn, id: AttemptId, text: &str) -> Result<Usage> {
    let running = ai_usage::table
        .find(id)
        .filter(ai_usage::outcome.eq(Outcome::Running));
    let prompt: Option<i32> = running
        .select(ai_usage::prompt_tokens)
        .first(conn)
        .await
        .optional()?;
    let Some(prompt) = prompt else {
        return Ok(Usage::default());
    };
    let completion = i32::try_from(tokens::roughly(text.len())).unwrap_or(i32::MAX);
    diesel::update(ai_usage::table.find(id))
        .set((
            ai_usage::outcome.eq(Outcome::Partial),
            ai_usage::reserved.eq(0),
            ai_usage::completion_tokens.eq(completion),
        ))
        .execute(conn)
        .await?;
    Ok(Usage {
        prompt: prompt.into(),
        completion: completion.into(),
        estimated: true,
    })
}

/// What a user used of each model between two times, the most used one first; what runs at `now` is left out.
pub async fn by_model(
    conn: &mut Conn,
    user: UserId,
    from: Timestamp,
    to: Timestamp,
    now: Timestamp,
) -> Result<Vec<ModelUsage>> {
    type Row = (String, String, Outcome, bool, i64, Option<i64>, Option<i64>);
    let rows: Vec<Row> = ai_usage::table
        .filter(ai_usage::user_id.eq(user))
        .filter(ai_usage::at.ge(from))
        .filter(ai_usage::at.lt(to))
        .filter(
            ai_usage::outcome
                .ne(Outcome::Running)
                .or(ai_usage::settle_by.le(now)),
        )
        .group_by((
            ai_usage::provider,
            ai_usage::model,
            ai_usage::outcome,
            ai_usage::estimated,
        ))
        .select((
            ai_usage::provider,
            ai_usage::model,
            ai_usage::outcome,
            ai_usage::estimated,
            count_star(),
            sum(ai_usage::prompt_tokens),
            sum(ai_usage::completion_tokens),
        ))
        .load(conn)
        .await?;
    let mut models: Vec<ModelUsage> = Vec::new();
    for (provider, model, outcome, estimated, requests, prompt, completion) in rows {
        let model = crate::ai::named(&provider, &model);
        let index = models.iter().position(|known| known.model == model);
        let index = index.unwrap_or_else(|| {
            models.push(ModelUsage {
                model,
                requests: 0,
                failures: 0,
                usage: Usage::default(),
            });
            models.len() - 1
        });
        let of = &mut models[index];
        of.requests += requests;
        if outcome != Outcome::Done {
            of.failures += requests;
        }
        of.usage += Usage {
            prompt: prompt.unwrap_or(0),
            completion: completion.unwrap_or(0),
            estimated,
        };
    }
    models.sort_by(|a, b| {
        b.requests
            .cmp(&a.requests)
            .then_with(|| a.model.cmp(&b.model))
    });
    Ok(models)
}
