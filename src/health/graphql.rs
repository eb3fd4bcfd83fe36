//! `health` on the wire.

use async_graphql::{Context, Object, SimpleObject};

use super::HealthState;
use crate::db::types::Timestamp;
use crate::error::Result;
use crate::graphql::context::Request;
use crate::graphql::cost::list_size;

/// How the server is doing.
#[derive(SimpleObject)]
pub struct Health {
    /// The worst state of any component.
    state: HealthState,
    /// The version of Pluma that answers.
    version: &'static str,
    /// The server's time, in UTC.
    time: Timestamp,
    /// For how many seconds the server has been ready.
    uptime_seconds: f64,
    /// Everything that the server depends on.
    #[graphql(directive = list_size::apply(Some(5), None))]
    components: Vec<ComponentHealth>,
}

/// How one thing that the server depends on is doing.
#[derive(SimpleObject)]
pub struct ComponentHealth {
    /// What it is: `database`, `disk`, …
    name: &'static str,
    /// How it is doing.
    state: HealthState,
    /// How many milliseconds it took to answer; null where there is nothing to wait for.
    latency_ms: Option<f64>,
    /// More about it, for administrators; null for everybody else.
    detail: Option<String>,
}

/// The queries about the server itself.
#[derive(Default)]
pub struct HealthQuery;

#[Object]
impl HealthQuery {
    /// How the server and everything it depends on are doing.
    #[graphql(cache_control(no_cache))]
    async fn health(&self, ctx: &Context<'_>) -> Result<Health> {
        let is_admin = ctx.viewer()?.is_admin();
        let health = super::check(ctx.app()?).await;
        let components = health.components.into_iter();
        Ok(Health {
            state: health.state,
            version: env!("CARGO_PKG_VERSION"),
            time: health.time,
            uptime_seconds: health.uptime_seconds,
            components: components
                .map(|component| ComponentHealth {
                    name: component.name,
                    state: component.state,
                    latency_ms: component.latency_ms,
                    detail: component.detail.filter(|_| is_admin),
                })
                .collect(),
        })
    }
}
