//! Queries and mutations of the viewer's sessions.

use async_graphql::{Context, Object};

use super::Session;
use super::mutations::{SessionPayload, clear_cookies, cookie_token};
use crate::accounts::service;
use crate::error::Result;
use crate::graphql::context::Request;
use crate::graphql::cost::list_size;
use crate::graphql::payload::payload;
use crate::id::SessionId;

payload! {
    /// Sessions after they were changed.
    SessionsPayload {
        /// The sessions.
        #[graphql(directive = list_size::apply(Some(20), None))]
        sessions: Vec<Session>
    }
}

/// What can be asked about sessions.
#[derive(Default)]
pub struct SessionQueries;

#[Object]
impl SessionQueries {
    /// The devices that the viewer is signed in on, at most a hundred; the one that was used last comes first.
    /// FORBIDDEN for API keys.
    #[graphql(directive = list_size::apply(Some(20), None))]
    async fn sessions(&self, ctx: &Context<'_>) -> Result<Option<Vec<Session>>> {
        let sessions = service::list_own(ctx.app()?, ctx.viewer()?).await?;
        Ok(Some(on_the_wire(sessions)))
    }
}

/// What can be changed about sessions.
#[derive(Default)]
pub struct SessionMutations;

#[Object]
impl SessionMutations {
    /// Ends one of the viewer's sessions: its next request is refused and its streams close. Where it is this
    /// one, its cookies are cleared. FORBIDDEN for API keys.
    async fn revoke_session(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] session_id: SessionId,
    ) -> Result<Option<SessionPayload>> {
        let app = ctx.app()?;
        let ended = service::revoke_session(app, ctx.viewer()?, session_id).await;
        if matches!(ended, Ok((_, true))) {
            clear_cookies(ctx, app);
        }
        SessionPayload::of(ended.map(|(row, current)| Session::of(row, current))).map(Some)
    }

    /// Ends every session of the viewer, this one included, and clears its cookies; gives those that ended. API
    /// keys stay good. FORBIDDEN for API keys.
    async fn logout_everywhere(&self, ctx: &Context<'_>) -> Result<Option<SessionsPayload>> {
        let (app, viewer) = (ctx.app()?, ctx.viewer()?);
        let ended = service::logout_everywhere(app, viewer, cookie_token(ctx)).await;
        if ended.is_ok() {
            clear_cookies(ctx, app);
        }
        SessionsPayload::of(ended.map(on_the_wire)).map(Some)
    }
}

fn on_the_wire(sessions: Vec<(crate::accounts::Session, bool)>) -> Vec<Session> {
    let wire = |(row, current)| Session::of(row, current);
    sessions.into_iter().map(wire).collect()
}
