//! Notebooks on the wire: objects and queries.

mod lists;
mod mutations;

pub use lists::{NotebookConnection, NotebookEdge, of_user};
pub use mutations::NotebookMutations;

use async_graphql::{Context, InputObject, Object};
use serde_json::Value;

use super::loaders::Loaders;
use super::service::{self, Filter};
use super::{Collaborator as Share, CollaboratorRole, NotebookOrderField, OrderDirection, Seen};
use crate::accounts::graphql::{User, load_user};
use crate::db::types::Timestamp;
use crate::error::{Error, Result};
use crate::graphql::context::Request;
use crate::graphql::cost::{cost, list_size};
use crate::graphql::paging::PageArgs;
use crate::id::{CollaboratorId, NotebookId, UserId};
use crate::pages::graphql::PageConnection;

/// Whether readers see it.
#[derive(async_graphql::Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum PublicationState {
    /// Only those who may see drafts.
    Draft,
    /// Everybody.
    Published,
}

impl PublicationState {
    /// The state by whether something is published.
    pub fn of(published: bool) -> Self {
        if published {
            Self::Published
        } else {
            Self::Draft
        }
    }
}

/// How to sort a list of notebooks.
#[derive(InputObject, Debug, Clone, Copy)]
pub struct NotebookOrder {
    /// What to sort by.
    pub field: NotebookOrderField,
    /// Which way.
    pub direction: OrderDirection,
}

impl NotebookOrder {
    /// As services take it.
    pub fn pair(self) -> service::Order {
        (self.field, self.direction)
    }
}

/// An ordered collection of pages that is written, shared and published together.
#[derive(Clone)]
pub struct Notebook(pub Seen);

/// An ordered collection of pages that is written, shared and published together.
#[Object]
impl Notebook {
    /// The notebook's id: `notebook_…`.
    pub async fn id(&self) -> NotebookId {
        self.0.notebook.id
    }

    /// The title, 1 to 200 characters.
    async fn title(&self) -> &str {
        &self.0.notebook.title
    }

    /// What it is about; empty where nothing was written.
    async fn description(&self) -> &str {
        &self.0.notebook.description
    }

    /// The application's own data: any JSON of at most 64 KiB, `{}` by default.
    async fn metadata(&self) -> &Value {
        &self.0.notebook.metadata.0
    }

    /// Who made it.
    async fn owner(&self, ctx: &Context<'_>) -> Result<User> {
        load_user(ctx, self.0.notebook.owner_id)
            .await?
            .ok_or_else(|| Error::internal("a notebook has no owner"))
    }

    /// Whether readers see it. A page is public when it and its notebook are.
    async fn state(&self) -> PublicationState {
        PublicationState::of(self.0.notebook.published_at.is_some())
    }

    /// Since when it is public; null for a draft.
    async fn published_at(&self) -> Option<Timestamp> {
        self.0.notebook.published_at
    }

    /// When it was made.
    async fn created_at(&self) -> Timestamp {
        self.0.notebook.created_at
    }

    /// When it, or one of its pages, was last changed.
    async fn updated_at(&self) -> Timestamp {
        self.0.notebook.updated_at
    }

    /// Set while the notebook is in the trash.
    async fn deleted_at(&self) -> Option<Timestamp> {
        self.0.notebook.deleted_at
    }

    /// How many pages it has; readers count public ones alone.
    #[graphql(directive = cost::apply(2))]
    async fn page_count(&self, ctx: &Context<'_>) -> Result<i32> {
        Ok(crate::pages::graphql::counts(ctx, &self.0).await?.pages)
    }

    /// How many words its pages have; readers count public ones alone.
    #[graphql(directive = cost::apply(2))]
    async fn word_count(&self, ctx: &Context<'_>) -> Result<i32> {
        Ok(crate::pages::graphql::counts(ctx, &self.0).await?.words)
    }

    /// Its pages in order; readers see public ones alone. `trashed: true` gives what is in the trash.
    async fn pages(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "So many from the start, 1 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
        #[graphql(
            desc = "The trash instead; for those who may edit.",
            default_with = "Some(false)"
        )]
        trashed: Option<bool>,
    ) -> Result<PageConnection> {
        let args = PageArgs {
            first,
            after,
            last,
            before,
        };
        crate::pages::graphql::of_notebook(ctx, &self.0, trashed.unwrap_or(false), args).await
    }

    /// With whom it is shared, the earliest first. Only for those who may edit; null for others.
    #[graphql(directive = cost::apply(2), directive = list_size::apply(Some(5), None))]
    async fn collaborators(&self, ctx: &Context<'_>) -> Result<Option<Vec<Collaborator>>> {
        if !self.0.access.edits() {
            return Ok(None);
        }
        let loaders = ctx.loaders::<Loaders>()?;
        let shares = loaders.collaborators.load(self.0.notebook.id).await?;
        let shares = shares.unwrap_or_default();
        Ok(Some(shares.into_iter().map(Collaborator).collect()))
    }

    /// Whether the viewer may write its pages.
    async fn viewer_can_edit(&self) -> bool {
        self.0.access.edits()
    }
}

/// A person with whom a notebook is shared.
#[derive(Clone)]
pub struct Collaborator(pub Share);

/// A person with whom a notebook is shared.
#[Object]
impl Collaborator {
    /// The share's id: `collaborator_…`.
    pub async fn id(&self) -> CollaboratorId {
        self.0.id
    }

    /// The person.
    async fn user(&self, ctx: &Context<'_>) -> Result<User> {
        load_user(ctx, self.0.user_id)
            .await?
            .ok_or_else(|| Error::internal("a collaborator has no account"))
    }

    /// What they may do.
    async fn role(&self) -> CollaboratorRole {
        self.0.role
    }

    /// Since when.
    async fn created_at(&self) -> Timestamp {
        self.0.created_at
    }
}

/// Queries about notebooks.
#[derive(Default)]
pub struct NotebookQueries;

/// Queries about notebooks.
#[Object]
impl NotebookQueries {
    /// A notebook, if there is one of this id that the viewer may see.
    async fn notebook(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The notebook's id.")] id: NotebookId,
    ) -> Result<Option<Notebook>> {
        let seen = service::find(ctx.app()?, ctx.viewer()?, id).await?;
        Ok(seen.map(Notebook))
    }

    /// Public notebooks, newest first. `mine: true` gives the viewer's own, drafts included;
    /// `trashed: true` what they deleted.
    #[expect(
        clippy::too_many_arguments,
        reason = "the arguments that clients filter and page by"
    )]
    async fn notebooks(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "So many from the start, 1 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
        #[graphql(
            desc = "The viewer's own, drafts included.",
            default_with = "Some(false)"
        )]
        mine: Option<bool>,
        #[graphql(
            desc = "Those that others share with the viewer.",
            default_with = "Some(false)"
        )]
        shared_with_me: Option<bool>,
        #[graphql(desc = "The viewer's trash.", default_with = "Some(false)")] trashed: Option<
            bool,
        >,
        #[graphql(desc = "Those of one user; drafts only for that user and administrators.")]
        owner_id: Option<UserId>,
        #[graphql(
            desc = "How to sort; by default the newest first: by publication for public lists, by creation for others."
        )]
        order_by: Option<NotebookOrder>,
    ) -> Result<Option<NotebookConnection>> {
        let filter = Filter {
            mine: mine.unwrap_or(false),
            shared_with_me: shared_with_me.unwrap_or(false),
            trashed: trashed.unwrap_or(false),
            owner_id,
        };
        let args = PageArgs {
            first,
            after,
            last,
            before,
        };
        lists::all(ctx, filter, order_by, args).await.map(Some)
    }
}
