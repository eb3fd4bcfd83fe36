//! SQL of saving: page, revision, event and log entry in one transaction.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{
    Conn, events, image_uses, logs, notebook_changes, proposals, revisions as reads, search_index,
    transaction,
};
use crate::db::schema::{client_sequences, pages, revisions};
use crate::error::Result;
use crate::id::RevisionId;
use crate::pages::content;
use crate::pages::draft::{Outcome, Reconciled, Save};
use crate::pages::{
    ClientSequence, Decision, Event, NewRevision, Page, PageEventKind, Revision, RevisionKind, Text,
};
use crate::search::Body;

/// How long a pause ends a sitting.
const SITTING_SECONDS: i64 = 600;

/// Stores a save, merges it with what came in between, or says why neither can be.
///
/// The notebook's lock is held from the start, so that what is read here is what is current.
pub async fn save(conn: &mut Conn, save: Save) -> Result<Outcome> {
    transaction!(conn, {
        let Some(notebook) = notebook_changes::lock(conn, save.notebook_id).await? else {
            return Ok(Outcome::Gone);
        };
        let Some(page) = find_page(conn, &save).await? else {
            return Ok(Outcome::Gone);
        };
        if page.deleted_at.is_some() || notebook.deleted_at.is_some() {
            return Ok(Outcome::Trashed);
        }
        if let Some(earlier) = repeated(conn, &save, &page).await? {
            return Ok(earlier);
        }
        let Some(current) = reads::find(conn, page.current_revision_id).await? else {
            return Ok(Outcome::Gone);
        };
        let (text, words, merged) = match settle(conn, &save, &page, &current).await? {
            Ok(settled) => settled,
            Err(conflict) => return Ok(conflict),
        };
        if let Some(accepts) = &save.accepts
            && !proposals::decide(conn, accepts.proposal, Decision::Accepted, save.now).await?
        {
            return Ok(Outcome::Decided);
        }
        let kind = match (merged, save.autosave) {
            (true, _) => RevisionKind::Merged,
            (false, true) => RevisionKind::Autosave,
            (false, false) => RevisionKind::Saved,
        };
        if kind == RevisionKind::Autosave && same_sitting(&save, &current) {
            hide(conn, &save, &page, &current).await?;
        }
        let page = write(conn, &save, page, kind, text, words).await?;
        remember(conn, &save, page.current_revision_id, merged).await?;
        let event = Event {
            notebook_id: notebook.id,
            seq: notebook.event_seq,
            page_id: page.id,
            revision_id: Some(page.current_revision_id),
            revision_number: page.revision_count,
            actor_id: Some(save.author),
            kind: match kind {
                RevisionKind::Merged => PageEventKind::Merged,
                RevisionKind::Autosave => PageEventKind::Autosaved,
                _ => PageEventKind::Saved,
            },
            client_id: save.client_id.clone(),
            public: false,
            at: save.now,
        };
        events::insert(conn, &event).await?;
        notebook_changes::touch(conn, notebook.id, notebook.event_seq, save.now).await?;
        if let Some(log) = save.log.as_ref().filter(|_| kind != RevisionKind::Autosave) {
            logs::insert(conn, log).await?;
        }
        Ok(Outcome::Stored {
            revision_id: page.current_revision_id,
            page,
            merged,
        })
    })
}

async fn find_page(conn: &mut Conn, save: &Save) -> Result<Option<Page>> {
    let page = pages::table
        .find(save.page_id)
        .filter(pages::notebook_id.eq(save.notebook_id))
        .select(Page::as_select())
        .first(conn)
        .await
        .optional()?;
    Ok(page)
}

/// What an earlier save of the same editor already answers.
async fn repeated(conn: &mut Conn, save: &Save, page: &Page) -> Result<Option<Outcome>> {
    let (Some(client_id), Some(sequence)) = (&save.client_id, save.client_sequence) else {
        return Ok(None);
    };
    let Some(last) = client_sequences::table
        .find((save.page_id, save.author, client_id))
        .select(ClientSequence::as_select())
        .first(conn)
        .await
        .optional()?
    else {
        return Ok(None);
    };
    if sequence > last.sequence {
        return Ok(None);
    }
    // What was thinned out meanwhile lives on in what took its place.
    let revision_id = match reads::find(conn, last.revision_id).await? {
        Some(revision) => revision.id,
        None => page.current_revision_id,
    };
    let page = page.clone();
    Ok(Some(if sequence < last.sequence {
        Outcome::Superseded { page, revision_id }
    } else if last.digest == save.digest {
        Outcome::Stored {
            page,
            revision_id,
            merged: last.merged,
        }
    } else {
        Outcome::SequenceReused
    }))
}

/// The text to store with its words, and whether it holds somebody else's changes too; or the conflict.
async fn settle(
    conn: &mut Conn,
    save: &Save,
    page: &Page,
    current: &Revision,
) -> Result<std::result::Result<(Text, i32, bool), Outcome>> {
    let conflict = |base, marked| Outcome::Conflict {
        base,
        current: current.id,
        marked,
    };
    if save.base == current.id {
        let title = save.title.clone();
        let content = match &save.content {
            Some(content) => content.clone(),
            None => text_of(conn, current.id).await?.content,
        };
        let text = Text {
            title: title.unwrap_or_else(|| current.title.clone()),
            content,
        };
        return Ok(Ok((
            text,
            save.word_count.unwrap_or(current.word_count),
            false,
        )));
    }
    let base = reads::find(conn, save.base)
        .await?
        .filter(|base| base.page_id == page.id);
    let Some(base) = base else {
        return Ok(Err(conflict(None, None)));
    };
    let base_text = text_of(conn, base.id).await?;
    let current_text = text_of(conn, current.id).await?;
    let submitted = Text {
        title: save
            .title
            .clone()
            .unwrap_or_else(|| base_text.title.clone()),
        content: save
            .content
            .clone()
            .unwrap_or_else(|| base_text.content.clone()),
    };
    // What another tab of the same writer saved already needs no merging.
    if base_text == current_text {
        let words = save.word_count.unwrap_or(base.word_count);
        return Ok(Ok((submitted, words, false)));
    }
    Ok(
        match (save.reconcile)(page.format, &base_text, &current_text, &submitted) {
            Reconciled::Merged(text, words) => Ok((text, words, true)),
            Reconciled::Overlapping(marked) => Err(conflict(Some(base.id), marked)),
        },
    )
}

async fn text_of(conn: &mut Conn, id: RevisionId) -> Result<Text> {
    let text = revisions::table
        .find(id)
        .select(Text::as_select())
        .first(conn)
        .await?;
    Ok(text)
}

fn same_sitting(save: &Save, current: &Revision) -> bool {
    current.kind == RevisionKind::Autosave
        && current.author_id == Some(save.author)
        && current.client_id == save.client_id
        && current.created_at.plus_seconds(SITTING_SECONDS) > save.now
}

/// Lets a new autosave take the place of the one before, unless something keeps that one.
async fn hide(conn: &mut Conn, save: &Save, page: &Page, current: &Revision) -> Result<()> {
    let kept = current.name.is_some() || page.publish_revision_id == Some(current.id);
    if !kept {
        diesel::update(revisions::table.find(current.id))
            .set(revisions::hidden_at.eq(Some(save.now)))
            .execute(conn)
            .await?;
    }
    Ok(())
}

/// Stores the revision and makes it the page's draft; gives the page as it is now.
async fn write(
    conn: &mut Conn,
    save: &Save,
    mut page: Page,
    kind: RevisionKind,
    text: Text,
    word_count: i32,
) -> Result<Page> {
    page.current_revision_id = RevisionId::new();
    page.revision_count += 1;
    page.title.clone_from(&text.title);
    page.word_count = word_count;
    page.updated_at = save.now;
    let revision = NewRevision {
        id: page.current_revision_id,
        page_id: page.id,
        number: page.revision_count,
        kind,
        author_id: Some(save.author),
        ai_model: save
            .accepts
            .as_ref()
            .and_then(|accepts| accepts.model.clone()),
        title: text.title,
        content: text.content,
        format: page.format,
        word_count,
        message: save.message.clone(),
        client_id: save.client_id.clone(),
        created_at: save.now,
        minute: save.now.minute_number(),
    };
    // A merge, and the text of a save that brings a title alone, are only known here.
    let as_sent = save.content.as_ref() == Some(&revision.content);
    let body = save.body.as_deref().filter(|_| as_sent);
    set_draft(conn, &page, &revision, body).await?;
    Ok(page)
}

/// Stores a revision and makes it the draft of `page`, which already says so. Where `body` is not given, the text is
/// analysed here.
pub async fn set_draft(
    conn: &mut Conn,
    page: &Page,
    revision: &NewRevision,
    body: Option<&Body>,
) -> Result<()> {
    diesel::insert_into(revisions::table)
        .values(revision)
        .execute(conn)
        .await?;
    diesel::update(pages::table.find(page.id))
        .set((
            pages::title.eq(&page.title),
            pages::word_count.eq(page.word_count),
            pages::current_revision_id.eq(page.current_revision_id),
            pages::revision_count.eq(page.revision_count),
            pages::updated_at.eq(page.updated_at),
        ))
        .execute(conn)
        .await?;
    image_uses::draft(conn, page, revision.author_id, &revision.content).await?;
    match body {
        Some(body) => search_index::put_draft(conn, page, body).await,
        None => {
            let body = Body::of(&content::plain(revision.format, &revision.content));
            search_index::put_draft(conn, page, &body).await
        }
    }
}

/// Remembers a numbered save, so that a late or repeated one is recognised.
async fn remember(conn: &mut Conn, save: &Save, revision: RevisionId, merged: bool) -> Result<()> {
    let (Some(client_id), Some(sequence)) = (&save.client_id, save.client_sequence) else {
        return Ok(());
    };
    let known = client_sequences::table.find((save.page_id, save.author, client_id));
    let changed = diesel::update(known)
        .set((
            client_sequences::sequence.eq(sequence),
            client_sequences::digest.eq(&save.digest),
            client_sequences::revision_id.eq(revision),
            client_sequences::merged.eq(merged),
            client_sequences::updated_at.eq(save.now),
        ))
        .execute(conn)
        .await?;
    if changed == 0 {
        diesel::insert_into(client_sequences::table)
            .values(&ClientSequence {
                page_id: save.page_id,
                user_id: save.author,
                client_id: client_id.clone(),
                sequence,
                digest: save.digest.clone(),
                revision_id: revision,
                merged,
                updated_at: save.now,
            })
            .execute(conn)
            .await?;
    }
    Ok(())
}
