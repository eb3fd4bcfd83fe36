//! What the caller may do, and what is left of its budget.

use async_graphql::{Context, Object, SimpleObject};

use super::{ApiKey, User, load_user};
use crate::accounts::service;
use crate::db::types::Timestamp;
use crate::error::Result;
use crate::graphql::context::Request;
use crate::viewer::{Budget, Scope};

/// What the caller may do, and what is left of its budget.
pub struct Access {
    scopes: Vec<Scope>,
    budget: Budget,
}

/// What the caller may do, and what is left of its budget.
#[Object]
impl Access {
    /// In whose name the caller acts; null for strangers.
    async fn user(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        match ctx.viewer()?.id() {
            Some(id) => load_user(ctx, id).await,
            None => Ok(None),
        }
    }

    /// The API key that asks; null where it is a person or a stranger.
    async fn api_key(&self, ctx: &Context<'_>) -> Result<Option<ApiKey>> {
        let key = service::own_key(ctx.app()?, ctx.viewer()?).await?;
        Ok(key.map(ApiKey))
    }

    /// What the caller may do now: all of it for people who are signed in, with ADMIN for administrators; for keys
    /// what they were made for, or less where their token was given out for less; READ for strangers.
    async fn scopes(&self) -> &[Scope] {
        &self.scopes
    }

    /// What is left of the caller's budget.
    async fn rate_limit(&self) -> RateLimit {
        RateLimit::from(self.budget)
    }
}

/// What is left of a budget that refills evenly.
#[derive(SimpleObject)]
pub struct RateLimit {
    /// What is there when nothing was spent.
    pub limit: i32,
    /// What is left, this request counted.
    pub remaining: i32,
    /// When the budget is full again.
    pub reset_at: Timestamp,
    /// Cost of this request.
    pub cost: i32,
}

impl From<Budget> for RateLimit {
    fn from(budget: Budget) -> Self {
        let whole = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
        Self {
            limit: whole(budget.limit),
            remaining: whole(budget.remaining),
            reset_at: budget.reset_at,
            cost: whole(budget.cost),
        }
    }
}

/// What can be asked about one's own access.
#[derive(Default)]
pub struct AccessQueries;

#[Object]
impl AccessQueries {
    /// What the caller may do, and what is left of its budget; for strangers too.
    #[graphql(cache_control(no_cache))]
    async fn access(&self, ctx: &Context<'_>) -> Result<Option<Access>> {
        let (app, viewer) = (ctx.app()?, ctx.viewer()?);
        let budget = viewer.budget.unwrap_or_else(|| {
            // Nothing was counted, so nothing is missing.
            let limit = u32::try_from(app.config.limits.cost).unwrap_or(u32::MAX);
            Budget {
                limit,
                remaining: limit,
                reset_at: app.clock.now(),
                cost: 0,
            }
        });
        Ok(Some(Access {
            scopes: viewer.scopes().iter().collect(),
            budget,
        }))
    }
}
