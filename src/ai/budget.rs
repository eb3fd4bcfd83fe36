//! Daily budgets of tokens, and what users have used: read here; what an answer takes of them is booked by its account.

use super::{DailyBudget, ModelUsage, tokens};
use crate::app::App;
use crate::db::query;
use crate::db::types::Timestamp;
use crate::error::{Error, Result, UserErrorCode};
use crate::id::UserId;
use crate::remote::ai::Ask;
use crate::viewer::Viewer;

const DAY_SECONDS: i64 = 24 * 3600;

/// Refuses a prompt that is too large for what is left of the day. It reserves nothing: that is done when it is asked.
pub async fn require_budget(app: &App, user: UserId, ask: &Ask) -> Result<()> {
    let Some(limit) = limit(app) else {
        return Ok(());
    };
    let prompt = tokens::of_prompt(&ask.messages).await?;
    let now = app.clock.now();
    let left = limit - query!(app.db, ai_usage::spent(user, day(now), now))?;
    match left > prompt {
        true => Ok(()),
        false => Err(exceeded(left.max(0), now)),
    }
}

/// How many tokens a user may spend on a day; none where nobody counts.
pub(super) fn limit(app: &App) -> Option<i64> {
    let limit = i64::from(app.config.ai.daily_tokens);
    (limit > 0).then_some(limit)
}

/// When the day of `now` began, in UTC.
pub(super) fn day(now: Timestamp) -> Timestamp {
    now.plus_seconds(-now.0.timestamp().rem_euclid(DAY_SECONDS))
}

/// What is told of a budget of which only so many tokens are left.
pub(super) fn exceeded(left: i64, now: Timestamp) -> Error {
    let until = day(now).plus_seconds(DAY_SECONDS);
    let until = until.0.format("%Y-%m-%dT%H:%MZ");
    Error::user(
        UserErrorCode::QuotaExceeded,
        ["input"],
        format!(
            "{left} tokens are left of your daily budget, and this needs more; it begins anew at {until}."
        ),
    )
}

/// What a user used of each model, and what is left of their day.
pub async fn usage(
    app: &App,
    viewer: &Viewer,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    user: Option<UserId>,
) -> Result<UsageReport> {
    let own = viewer.require()?.user_id;
    let user = user.unwrap_or(own);
    if user != own {
        viewer.require_admin()?;
    }
    let now = app.clock.now();
    let to = to.unwrap_or(now);
    let from = from.unwrap_or_else(|| to.plus_seconds(-30 * DAY_SECONDS));
    if from > to {
        return Err(Error::bad_input(
            "`from` is later than `to`: change one of them.",
        ));
    }
    let models = query!(app.db, ai_usage::by_model(user, from, to, now))?;
    let budget = match limit(app) {
        None => None,
        Some(limit) => {
            let spent = query!(app.db, ai_usage::spent(user, day(now), now))?;
            Some(DailyBudget {
                limit,
                remaining: (limit - spent).max(0),
                reset_at: day(now).plus_seconds(DAY_SECONDS),
            })
        }
    };
    Ok(UsageReport {
        from,
        to,
        models,
        budget,
    })
}

/// What a user used.
pub struct UsageReport {
    /// From then on.
    pub from: Timestamp,
    /// Until then.
    pub to: Timestamp,
    /// Of each model.
    pub models: Vec<ModelUsage>,
    /// What is left of the day, where it has a bound.
    pub budget: Option<DailyBudget>,
}
