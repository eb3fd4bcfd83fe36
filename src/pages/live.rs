//! What happens to pages, as it happens: streams that read the events of the database in order.
//!
//! A wake-up call only says that there is something to read. Each look also decides anew whether the
//! subscriber may still read, so that a stream ends with the right to it.

use std::time::Duration;

use async_stream::try_stream;
use futures_util::Stream;

use super::{Event, PageEventKind, Seen, not_found, service};
use crate::app::App;
use crate::db::query;
use crate::error::{Error, Result};
use crate::events::Listener;
use crate::graphql::paging;
use crate::id::{NotebookId, PageId};
use crate::notebooks::{self, Access};
use crate::presence;
use crate::viewer::Viewer;

/// How long a subscriber waits for a call before looking by itself.
const LOOK_AGAIN: Duration = Duration::from_secs(5);
/// How many events are read at once.
const BATCH: i64 = 100;
/// What cursors of events belong to.
const ORDER: &str = "events";

/// Where a stream begins.
#[derive(Debug, Clone, Default)]
pub struct Start {
    /// Behind the event with this cursor.
    pub after: Option<String>,
    /// Behind the event that stored the page's revision of this number.
    pub after_revision: Option<i32>,
}

/// The cursor of an event.
pub fn cursor(event: &Event) -> String {
    paging::encode(ORDER, &(event.notebook_id, event.seq))
}

fn sequence(notebook: NotebookId, cursor: &str) -> Result<i64> {
    paging::decode::<(NotebookId, i64)>(ORDER, cursor)
        .filter(|(of, _)| *of == notebook)
        .map(|(_, seq)| seq)
        .ok_or_else(|| {
            Error::bad_input("`after` is not a cursor of this stream: pass one that an event gave.")
        })
}

/// Everything that happens to one page.
pub async fn page_events(
    app: App,
    viewer: Viewer,
    page: PageId,
    start: Start,
) -> Result<impl Stream<Item = Result<Event>> + Send> {
    let seen = service::find(&app, &viewer, page)
        .await?
        .ok_or_else(not_found)?;
    let notebook = seen.page.notebook_id;
    // Listening before the first look: nothing that happens in between is missed.
    let listener = app.events.listen(notebook.0);
    let from = match (start.after, start.after_revision) {
        (Some(_), Some(_)) => {
            return Err(Error::bad_input(
                "Pass either `after` or `afterRevision`, not both.",
            ));
        }
        (Some(after), None) => sequence(notebook, &after)?,
        (None, Some(number)) => query!(app.db, events::seq_of_revision(page, number))?.unwrap_or(0),
        (None, None) => last(&app, &viewer, notebook).await?,
    };
    Ok(follow(app, viewer, notebook, Some(page), from, listener))
}

/// Everything that happens to the pages of a notebook.
pub async fn notebook_events(
    app: App,
    viewer: Viewer,
    notebook: NotebookId,
    after: Option<String>,
) -> Result<impl Stream<Item = Result<Event>> + Send> {
    let listener = app.events.listen(notebook.0);
    let last = last(&app, &viewer, notebook).await?;
    let from = match after {
        Some(after) => sequence(notebook, &after)?,
        None => last,
    };
    Ok(follow(app, viewer, notebook, None, from, listener))
}

async fn last(app: &App, viewer: &Viewer, notebook: NotebookId) -> Result<i64> {
    notebooks::service::find(app, viewer, notebook)
        .await?
        .map(|seen| seen.notebook.event_seq)
        .ok_or_else(notebooks::not_found)
}

fn follow(
    app: App,
    viewer: Viewer,
    notebook: NotebookId,
    page: Option<PageId>,
    mut seq: i64,
    mut listener: Listener,
) -> impl Stream<Item = Result<Event>> + Send {
    try_stream! {
        loop {
            let access = access(&app, &viewer, notebook, page).await?;
            let Some((access, newest)) = access else {
                // What was public until now is told to end: its last event says why.
                for event in farewell(&app, notebook, page, seq).await? {
                    yield event;
                }
                break;
            };
            while newest > seq {
                let events = query!(app.db, events::list(notebook, page, seq, BATCH))?;
                let Some(last) = events.last() else {
                    seq = newest;
                    break;
                };
                seq = last.seq;
                for event in events {
                    if access.sees_drafts() || event.public {
                        yield event;
                    }
                }
            }
            listener.heard(LOOK_AGAIN).await;
        }
    }
}

/// What the viewer may do now, and the number of the notebook's newest event.
async fn access(
    app: &App,
    viewer: &Viewer,
    notebook: NotebookId,
    page: Option<PageId>,
) -> Result<Option<(Access, i64)>> {
    Ok(match page {
        Some(page) => query!(app.db, pages::find(page, viewer.id()))?.and_then(|placed| {
            let newest = placed.1.event_seq;
            Seen::by(viewer, placed).map(|seen| (seen.access, newest))
        }),
        None => notebooks::service::find(app, viewer, notebook)
            .await?
            .map(|seen| (seen.access, seen.notebook.event_seq)),
    })
}

/// The public events that a subscriber who has just lost access had not seen, up to the one that ended it.
async fn farewell(
    app: &App,
    notebook: NotebookId,
    page: Option<PageId>,
    seq: i64,
) -> Result<Vec<Event>> {
    let events = query!(app.db, events::list(notebook, page, seq, BATCH))?;
    let mut last = Vec::new();
    for event in events.into_iter().filter(|event| event.public) {
        let ends = matches!(
            event.kind,
            PageEventKind::Unpublished | PageEventKind::Deleted
        );
        last.push(event);
        if ends {
            break;
        }
    }
    Ok(last)
}

/// Who has a page open, now and after each change; being subscribed announces the viewer.
pub async fn presence(
    app: App,
    viewer: Viewer,
    page: PageId,
    editing: bool,
) -> Result<impl Stream<Item = Result<Vec<presence::Entry>>> + Send> {
    let user_id = viewer.require()?.user_id;
    let seen = service::find(&app, &viewer, page)
        .await?
        .ok_or_else(not_found)?;
    let mut listener = app.events.listen(presence::topic(page.0));
    let stay = app.presence.enter(
        page.0,
        presence::Entry {
            id: crate::clock::new_uuid(),
            user_id,
            editing: editing && seen.access.edits(),
            since: app.clock.now(),
        },
    );
    Ok(try_stream! {
        // Moved in, so that leaving the stream leaves the page.
        let _stay = stay;
        let mut told = None;
        loop {
            if service::find(&app, &viewer, page).await?.is_none() {
                break;
            }
            let entries = app.presence.list(page.0).await;
            if told.as_ref() != Some(&entries) {
                told = Some(entries.clone());
                yield entries;
            }
            listener.heard(LOOK_AGAIN).await;
        }
    })
}
