//! NotebookMutations of notebooks.

use async_graphql::{Context, InputObject, Object};
use serde_json::Value;

use super::Notebook;
use crate::error::Result;
use crate::graphql::context::Request;
use crate::graphql::payload::{DeletePayload, outcome, payload};
use crate::id::{NotebookId, UserId};
use crate::notebooks::service::{self, NewNotebook, NotebookUpdate};
use crate::notebooks::{CollaboratorRole, sharing};
use crate::pages::publishing;

payload! {
    /// What a change to a notebook gives.
    NotebookPayload {
        /// The notebook as it is now.
        notebook: Notebook
    }
}

/// What makes up a new notebook.
#[derive(InputObject)]
pub struct CreateNotebookInput {
    /// 1 to 200 characters on one line.
    title: String,
    /// At most 5,000 characters.
    description: Option<String>,
    /// The application's own data: any JSON of at most 64 KiB.
    metadata: Option<Value>,
}

/// What to change of a notebook; what is left out, or null, stays as it is.
#[derive(InputObject)]
pub struct UpdateNotebookInput {
    /// Which notebook.
    notebook_id: NotebookId,
    /// 1 to 200 characters on one line.
    title: Option<String>,
    /// At most 5,000 characters; an empty text clears it.
    description: Option<String>,
    /// The application's own data: any JSON of at most 64 KiB, in place of what was there.
    metadata: Option<Value>,
}

/// NotebookMutations of notebooks.
#[derive(Default)]
pub struct NotebookMutations;

/// NotebookMutations of notebooks.
#[Object]
impl NotebookMutations {
    /// Makes a notebook: a draft that only its owner sees.
    async fn create_notebook(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What makes it up.")] input: CreateNotebookInput,
    ) -> Result<Option<NotebookPayload>> {
        let input = NewNotebook {
            title: input.title,
            description: input.description,
            metadata: input.metadata,
        };
        let result = service::create(ctx.app()?, ctx.viewer()?, input).await;
        NotebookPayload::of(result.map(Notebook)).map(Some)
    }

    /// Changes a notebook's title, description or metadata.
    async fn update_notebook(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which notebook, and what to change.")] input: UpdateNotebookInput,
    ) -> Result<Option<NotebookPayload>> {
        let input = NotebookUpdate {
            notebook_id: input.notebook_id,
            title: input.title,
            description: input.description,
            metadata: input.metadata,
        };
        let result = service::update(ctx.app()?, ctx.viewer()?, input).await;
        NotebookPayload::of(result.map(Notebook)).map(Some)
    }

    /// Moves the notebook to the trash, where only its owner sees it; `restoreNotebook` brings it back,
    /// `purgeNotebook` removes it for good.
    async fn delete_notebook(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which notebook.")] notebook_id: NotebookId,
    ) -> Result<Option<NotebookPayload>> {
        let result = service::delete(ctx.app()?, ctx.viewer()?, notebook_id).await;
        NotebookPayload::of(result.map(Notebook)).map(Some)
    }

    /// Takes a notebook out of the trash, as it was.
    async fn restore_notebook(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which notebook.")] notebook_id: NotebookId,
    ) -> Result<Option<NotebookPayload>> {
        let result = service::restore(ctx.app()?, ctx.viewer()?, notebook_id).await;
        NotebookPayload::of(result.map(Notebook)).map(Some)
    }

    /// Removes a notebook that is in the trash, with all its pages and revisions, for good.
    async fn purge_notebook(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which notebook.")] notebook_id: NotebookId,
    ) -> Result<Option<DeletePayload>> {
        let result = service::purge(ctx.app()?, ctx.viewer()?, notebook_id).await;
        DeletePayload::of(result).map(Some)
    }

    /// Publishes the notebook and the current draft of every page in it.
    async fn publish_notebook(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which notebook.")] notebook_id: NotebookId,
    ) -> Result<Option<NotebookPayload>> {
        let result = publishing::publish_notebook(ctx.app()?, ctx.viewer()?, notebook_id).await;
        NotebookPayload::of(result.map(Notebook)).map(Some)
    }

    /// Takes a notebook back from the public. Its pages keep their state, so that they are public again
    /// once it is.
    async fn unpublish_notebook(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which notebook.")] notebook_id: NotebookId,
    ) -> Result<Option<NotebookPayload>> {
        let result = service::unpublish(ctx.app()?, ctx.viewer()?, notebook_id).await;
        NotebookPayload::of(result.map(Notebook)).map(Some)
    }

    /// Shares a notebook with a user, or changes what they may do. Only its owner may.
    async fn set_collaborator(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which notebook.")] notebook_id: NotebookId,
        #[graphql(desc = "With whom.")] user_id: UserId,
        #[graphql(desc = "What they may do.")] role: CollaboratorRole,
    ) -> Result<Option<NotebookPayload>> {
        let (app, viewer) = (ctx.app()?, ctx.viewer()?);
        let result = sharing::set_collaborator(app, viewer, notebook_id, user_id, role).await;
        NotebookPayload::of(result.map(Notebook)).map(Some)
    }

    /// Ends a share. The owner may end any, and everybody their own; `notebook` is null where the viewer
    /// no longer sees it.
    async fn remove_collaborator(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which notebook.")] notebook_id: NotebookId,
        #[graphql(desc = "Whose share.")] user_id: UserId,
    ) -> Result<Option<NotebookPayload>> {
        let (app, viewer) = (ctx.app()?, ctx.viewer()?);
        let result = sharing::remove_collaborator(app, viewer, notebook_id, user_id).await;
        let (seen, errors) = outcome(result)?;
        Ok(Some(NotebookPayload {
            notebook: seen.flatten().map(Notebook),
            errors,
        }))
    }
}
