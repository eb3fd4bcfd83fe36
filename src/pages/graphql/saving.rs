//! Saving a page on the wire.

use async_graphql::{Context, InputObject, Object, SimpleObject};

use super::revision::load_revision;
use super::{Page, Revision};
use crate::error::{Error, Result, UserError};
use crate::graphql::context::Request;
use crate::graphql::payload::outcome;
use crate::id::{PageId, RevisionId};
use crate::pages::draft::Saved;
use crate::pages::saving::{self, SaveRequest};
use crate::pages::{not_found, service};

/// What an editor saves.
#[derive(InputObject)]
pub struct SavePageInput {
    /// Which page.
    page_id: PageId,
    /// The revision the edit started from.
    base_revision_id: RevisionId,
    /// The new title, 1 to 200 characters; unchanged where it is left out.
    title: Option<String>,
    /// The new text, at most 5 MiB; unchanged where it is left out.
    content: Option<String>,
    /// An autosave takes the place of the author's own last autosave of the same sitting.
    #[graphql(default_with = "Some(false)")]
    autosave: Option<bool>,
    /// Counts up within one editor; a save that arrives after a later one of the same `clientId` is dropped.
    client_sequence: Option<i32>,
    /// Why it is saved, at most 500 characters.
    message: Option<String>,
    /// Echoed in events, so that a client can tell its own saves from others'. Random per loaded editor, at
    /// most 64 characters.
    client_id: Option<String>,
}

/// What became of a save.
#[derive(SimpleObject)]
pub struct SavePagePayload {
    /// The page as it is now; null where nothing was stored.
    page: Option<Page>,
    /// The revision that holds the text; null where nothing was stored.
    revision: Option<Revision>,
    /// Somebody else had saved meanwhile, the edits did not overlap, and `revision` holds both.
    merged: bool,
    /// Set where the edits overlap; nothing was stored, and `errors` stays empty.
    conflict: Option<PageConflict>,
    /// A later save of the same client was stored already: this text was not, `revision` is that one.
    superseded: bool,
    /// What to correct; where it holds anything, nothing was changed.
    errors: Vec<UserError>,
}

/// Edits that overlap.
#[derive(SimpleObject)]
pub struct PageConflict {
    /// What the edit started from; null once it is thinned out, or where it never was one of this page.
    base: Option<Revision>,
    /// The draft as it is now: pass it as `baseRevisionId` once the texts are reconciled.
    current: Revision,
    /// The submitted text with conflict markers where it overlaps; null for RICH_JSON.
    marked: Option<String>,
}

/// The mutation that saves.
#[derive(Default)]
pub struct SaveMutations;

/// The mutation that saves.
#[Object]
impl SaveMutations {
    /// Saves a page's draft as a new revision. Where somebody else saved meanwhile, both texts are merged,
    /// or a `conflict` says what overlaps. Readers see nothing of it before `publishPage`.
    async fn save_page(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which page, and its new text.")] input: SavePageInput,
    ) -> Result<Option<SavePagePayload>> {
        let (app, viewer) = (ctx.app()?, ctx.viewer()?);
        let page_id = input.page_id;
        let request = SaveRequest {
            page_id,
            base_revision_id: input.base_revision_id,
            title: input.title,
            content: input.content,
            autosave: input.autosave.unwrap_or(false),
            client_sequence: input.client_sequence,
            message: input.message,
            client_id: input.client_id,
            accepts: None,
        };
        let saved = saving::save(app, viewer, request).await;
        SavePagePayload::of(ctx, page_id, saved).await.map(Some)
    }
}

impl SavePagePayload {
    /// What became of a save of a page.
    pub(super) async fn of(
        ctx: &Context<'_>,
        page_id: PageId,
        saved: Result<Saved>,
    ) -> Result<Self> {
        let (app, viewer) = (ctx.app()?, ctx.viewer()?);
        let mut payload = SavePagePayload {
            page: None,
            revision: None,
            merged: false,
            conflict: None,
            superseded: false,
            errors: Vec::new(),
        };
        let (saved, errors) = outcome(saved)?;
        payload.errors = errors;
        match saved {
            None => {}
            Some(Saved::Stored {
                page,
                revision_id,
                merged,
                superseded,
            }) => {
                payload.revision = load_revision(ctx, &page, revision_id).await?;
                payload.page = Some(Page(page));
                payload.merged = merged;
                payload.superseded = superseded;
            }
            Some(Saved::Conflict {
                base,
                current,
                marked,
            }) => {
                let page = service::find(app, viewer, page_id)
                    .await?
                    .ok_or_else(not_found)?;
                payload.conflict = Some(PageConflict {
                    base: match base {
                        Some(base) => load_revision(ctx, &page, base).await?,
                        None => None,
                    },
                    current: load_revision(ctx, &page, current)
                        .await?
                        .ok_or_else(|| Error::internal("the draft of a conflict is gone"))?,
                    marked,
                });
            }
        }
        Ok(payload)
    }
}
