//! Saving a page: from the editor's request to a revision, a merge or a conflict.

use std::sync::Arc;

use aws_lc_rs::digest;

use super::draft::{Accepts, Outcome, Save, Saved};
use super::{Page, Seen, content, in_the_trash, not_found, service};
use crate::app::App;
use crate::db::commit;
use crate::error::{Error, Result, UserErrorCode};
use crate::id::{PageId, RevisionId, UserId};
use crate::logs::Log;
use crate::notebooks::service::MAX_TITLE;
use crate::validate::Checks;
use crate::viewer::Viewer;

const MAX_MESSAGE: usize = 500;
const MAX_CLIENT_ID: usize = 64;

/// What an editor sends.
pub struct SaveRequest {
    /// Which page.
    pub page_id: PageId,
    /// The revision that the edit started from.
    pub base_revision_id: RevisionId,
    /// The new title; the base's where it is left out.
    pub title: Option<String>,
    /// The new content; the base's where it is left out.
    pub content: Option<String>,
    /// Whether the editor saves by itself.
    pub autosave: bool,
    /// Counts up within one `client_id`.
    pub client_sequence: Option<i32>,
    /// Why it is saved.
    pub message: Option<String>,
    /// The editor.
    pub client_id: Option<String>,
    /// The proposal of the AI that it accepts, if it does.
    pub accepts: Option<Accepts>,
}

/// Saves a page.
pub async fn save(app: &App, viewer: &Viewer, request: SaveRequest) -> Result<Saved> {
    let author = viewer.require()?.user_id;
    let seen = service::require_editor(app, viewer, request.page_id)
        .await
        .map_err(Error::in_input)?;
    let save = check(app, viewer, author, &seen.page, request).await?;
    match commit!(app.db, saving::save(save))? {
        Outcome::Stored {
            page,
            revision_id,
            merged,
        } => {
            app.events.wake(page.notebook_id.0);
            Ok(Saved::Stored {
                page: Seen { page, ..seen },
                revision_id,
                merged,
                superseded: false,
            })
        }
        Outcome::Superseded { page, revision_id } => Ok(Saved::Stored {
            page: Seen { page, ..seen },
            revision_id,
            merged: false,
            superseded: true,
        }),
        Outcome::Conflict {
            base,
            current,
            marked,
        } => Ok(Saved::Conflict {
            base,
            current,
            marked,
        }),
        Outcome::SequenceReused => Err(Error::user(
            UserErrorCode::Conflict,
            ["input", "clientSequence"],
            "This number was used for another text: count up with every save.",
        )),
        Outcome::Decided => Err(Error::user(
            UserErrorCode::Conflict,
            ["input"],
            "The proposal was accepted or rejected already.",
        )),
        Outcome::Trashed => Err(in_the_trash().in_input()),
        Outcome::Gone => Err(not_found().in_input()),
    }
}

async fn check(
    app: &App,
    viewer: &Viewer,
    author: UserId,
    page: &Page,
    request: SaveRequest,
) -> Result<Save> {
    let mut checks = Checks::new();
    let title = request
        .title
        .map(|title| checks.line(["input", "title"], &title, 1, MAX_TITLE));
    if let Some(content) = &request.content {
        content::check(&mut checks, page.format, content);
    }
    let message = request
        .message
        .map(|text| checks.line(["input", "message"], &text, 0, MAX_MESSAGE))
        .filter(|text| !text.is_empty());
    let client_id = request
        .client_id
        .map(|id| checks.line(["input", "clientId"], &id, 1, MAX_CLIENT_ID));
    if let Some(sequence) = request.client_sequence {
        if sequence < 0 {
            let path = ["input", "clientSequence"];
            checks.add(UserErrorCode::OutOfRange, path, "It counts up from 0.");
        }
        if client_id.is_none() {
            checks.add(
                UserErrorCode::Blank,
                ["input", "clientId"],
                "`clientSequence` counts within one `clientId`: pass both.",
            );
        }
    }
    checks.done()?;
    let digest = digest_of(title.as_deref(), request.content.as_deref());
    let (content, word_count, body) = match request.content {
        Some(content) => {
            let (content, words, body) = content::read(page.format, content).await?;
            (Some(content), Some(words), Some(Arc::new(body)))
        }
        None => (None, None, None),
    };
    let now = app.clock.now();
    Ok(Save {
        page_id: page.id,
        notebook_id: page.notebook_id,
        base: request.base_revision_id,
        title,
        content,
        word_count,
        body,
        autosave: request.autosave,
        client_sequence: request.client_sequence,
        digest,
        message,
        client_id,
        accepts: request.accepts,
        author,
        now,
        log: Some(Log::audit(viewer, now, "page.saved", page.id)),
        reconcile: content::reconcile,
    })
}

fn digest_of(title: Option<&str>, content: Option<&str>) -> Vec<u8> {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in [title, content] {
        match part {
            Some(text) => {
                context.update(&[1]);
                context.update(&(text.len() as u64).to_be_bytes());
                context.update(text.as_bytes());
            }
            None => context.update(&[0]),
        }
    }
    context.finish().as_ref().to_vec()
}
