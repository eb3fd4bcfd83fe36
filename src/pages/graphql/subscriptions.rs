//! Subscriptions to pages.

use async_graphql::{Context, Object, Subscription};
use futures_util::{Stream, StreamExt};

use super::revision::load_revision;
use super::{Page, Revision};
use crate::accounts::graphql::{User, load_user};
use crate::db::types::Timestamp;
use crate::error::{Error, Result};
use crate::graphql::context::Request;
use crate::graphql::cost::list_size;
use crate::id::{NotebookId, PageId};
use crate::pages::live::{self, Start};
use crate::pages::loaders::Loaders;
use crate::pages::{Event, PageEventKind};
use crate::presence;

/// What happened to a page.
pub struct PageEvent(Event);

/// What happened to a page.
#[Object]
impl PageEvent {
    /// Pass back as `after`.
    async fn cursor(&self) -> String {
        live::cursor(&self.0)
    }

    /// The page's id.
    async fn page_id(&self) -> PageId {
        self.0.page_id
    }

    /// The page as it is now; null once it is gone, or no longer the viewer's to see.
    async fn page(&self, ctx: &Context<'_>) -> Result<Option<Page>> {
        let loaders = ctx.loaders::<Loaders>()?;
        Ok(loaders.pages.load(self.0.page_id).await?.map(Page))
    }

    /// The revision that it is about; null once it is thinned out, or where the viewer may not read it.
    async fn revision(&self, ctx: &Context<'_>) -> Result<Option<Revision>> {
        let loaders = ctx.loaders::<Loaders>()?;
        let Some(id) = self.0.revision_id else {
            return Ok(None);
        };
        match loaders.pages.load(self.0.page_id).await? {
            Some(page) => load_revision(ctx, &page, id).await,
            None => Ok(None),
        }
    }

    /// Who did it; null once the account is gone.
    async fn actor(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        match self.0.actor_id {
            Some(id) => load_user(ctx, id).await,
            None => Ok(None),
        }
    }

    /// What happened.
    async fn kind(&self) -> PageEventKind {
        self.0.kind
    }

    /// The `clientId` of the editor that saved.
    async fn client_id(&self) -> Option<&str> {
        self.0.client_id.as_deref()
    }

    /// When.
    async fn at(&self) -> Timestamp {
        self.0.at
    }
}

/// Somebody who has a page open.
pub struct Presence {
    page_id: PageId,
    entry: presence::Entry,
}

/// Somebody who has a page open.
#[Object]
impl Presence {
    /// One per connection.
    async fn id(&self) -> async_graphql::ID {
        self.entry.id.simple().to_string().into()
    }

    /// Who it is.
    async fn user(&self, ctx: &Context<'_>) -> Result<User> {
        load_user(ctx, self.entry.user_id)
            .await?
            .ok_or_else(|| Error::internal("somebody present has no account"))
    }

    /// Which page.
    async fn page_id(&self) -> PageId {
        self.page_id
    }

    /// Whether they announced to be editing.
    async fn editing(&self) -> bool {
        self.entry.editing
    }

    /// Since when.
    async fn since(&self) -> Timestamp {
        self.entry.since
    }
}

/// Subscriptions to pages.
#[derive(Default)]
pub struct PageSubscriptions;

/// Subscriptions to pages.
#[Subscription]
impl PageSubscriptions {
    /// Everything that happens to a page, in order. After a lost connection, pass the last cursor (or
    /// revision number) seen: what was missed comes first. Readers hear of what is public; the stream ends
    /// when the viewer may no longer read the page.
    async fn page_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which page.")] page_id: PageId,
        #[graphql(desc = "The cursor of the last event seen.")] after: Option<String>,
        #[graphql(desc = "The number of the last revision seen.")] after_revision: Option<i32>,
    ) -> Result<impl Stream<Item = Result<PageEvent>>> {
        let (app, viewer) = (ctx.app()?.clone(), ctx.viewer()?.clone());
        let start = Start {
            after,
            after_revision,
        };
        let events = live::page_events(app, viewer, page_id, start).await?;
        Ok(events.map(|event| event.map(PageEvent)))
    }

    /// The same for every page of a notebook.
    async fn notebook_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which notebook.")] notebook_id: NotebookId,
        #[graphql(desc = "The cursor of the last event seen.")] after: Option<String>,
    ) -> Result<impl Stream<Item = Result<PageEvent>>> {
        let (app, viewer) = (ctx.app()?.clone(), ctx.viewer()?.clone());
        let events = live::notebook_events(app, viewer, notebook_id, after).await?;
        Ok(events.map(|event| event.map(PageEvent)))
    }

    /// Who has the page open, now and after each change; subscribing announces the viewer, who must be
    /// signed in.
    #[graphql(directive = list_size::apply(Some(10), None))]
    async fn page_presence(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which page.")] page_id: PageId,
        #[graphql(
            desc = "Announce to be editing; counts only for those who may.",
            default_with = "Some(false)"
        )]
        editing: Option<bool>,
    ) -> Result<impl Stream<Item = Result<Vec<Presence>>>> {
        let (app, viewer) = (ctx.app()?.clone(), ctx.viewer()?.clone());
        let lists = live::presence(app, viewer, page_id, editing.unwrap_or(false)).await?;
        Ok(lists.map(move |entries| {
            let wire = |entry| Presence { page_id, entry };
            Ok(entries?.into_iter().map(wire).collect())
        }))
    }
}
