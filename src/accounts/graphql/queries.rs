//! Queries over accounts.

use async_graphql::{Context, Object};

use super::{User, UserBy, UserConnection, UserFilter, load_user};
use crate::accounts::service;
use crate::error::Result;
use crate::graphql::connection::Items;
use crate::graphql::context::Request;
use crate::graphql::paging::PageArgs;

/// What can be asked about accounts.
#[derive(Default)]
pub struct AccountQueries;

#[Object]
impl AccountQueries {
    /// Who is signed in; null where nobody is.
    #[graphql(cache_control(no_cache))]
    async fn viewer(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        match ctx.viewer()?.id() {
            Some(id) => load_user(ctx, id).await,
            None => Ok(None),
        }
    }

    /// A user, for everybody; null where there is no such one.
    async fn user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "By what to find the user: exactly one of the fields.")] by: UserBy,
    ) -> Result<Option<User>> {
        let username = match by {
            UserBy::Id(id) => return load_user(ctx, id).await,
            UserBy::Username(username) => username,
        };
        let row = service::find_by_username(ctx.app()?, &username).await?;
        let viewer = ctx.viewer()?;
        Ok(row.map(|row| User::of(row, viewer)))
    }

    /// Everybody with an account, by username. UNAUTHENTICATED where nobody is signed in.
    async fn users(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "So many from the start of the list; 20 where neither this nor `last` is given, at most 100."
        )]
        first: Option<i32>,
        #[graphql(desc = "Only what stands behind this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end of the list, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only what stands before this cursor.")] before: Option<String>,
        #[graphql(desc = "Which users; all of them where it is omitted.")] filter: Option<
            UserFilter,
        >,
    ) -> Result<Option<UserConnection>> {
        let viewer = ctx.viewer()?;
        let page = PageArgs {
            first,
            after,
            last,
            before,
        };
        let filter = filter.unwrap_or_default();
        let Items { slice, count } = service::list(
            ctx.app()?,
            viewer,
            page,
            filter.query.as_deref(),
            filter.role,
        )
        .await?;
        let slice = slice.map(|(cursor, row)| (cursor, User::of(row, viewer)));
        Ok(Some(UserConnection(Items { slice, count })))
    }
}
