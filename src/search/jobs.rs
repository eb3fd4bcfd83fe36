//! Filling the index by itself: after an upgrade, texts that were there before it are found too.

use std::time::Duration;

use serde_json::json;
use uuid::Uuid;

use super::{Body, Document};
use crate::app::App;
use crate::db::{commit, query};
use crate::error::Result;
use crate::id::PageId;
use crate::jobs::worker::{Kind, Schedule};
use crate::pages::content;

const KIND: &str = "search.index";
/// How often it is looked whether anything is missing.
const EVERY: Duration = Duration::from_secs(600);
/// So many are read and stored at once.
const BATCH: i64 = 50;

/// The kinds of jobs that the search brings.
pub fn kinds(app: &App) -> Vec<Kind> {
    let app = app.clone();
    vec![Kind::new(KIND, Duration::from_secs(6 * 3600), move |_| {
        let app = app.clone();
        async move { Ok(json!({ "indexed": fill(&app, |_| {}).await? })) }
    })]
}

/// What comes back by itself.
pub fn schedules() -> Vec<Schedule> {
    vec![Schedule {
        kind: KIND,
        every: EVERY,
    }]
}

/// Has everything indexed anew by the next [`fill`]; until then it is found as it was.
pub async fn forget(app: &App) -> Result<()> {
    commit!(app.db, search_missing::forget())
}

/// Indexes what has no document of this version of the analyser, and gives how many there were; `tell` hears of each
/// batch. Whatever stops it, the next one goes on.
pub async fn fill(app: &App, mut tell: impl FnMut(usize)) -> Result<usize> {
    let mut done = 0;
    loop {
        let ids = query!(app.db, search_missing::users(BATCH))?;
        if ids.is_empty() {
            break;
        }
        done += ids.len();
        commit!(app.db, search_missing::fill_users(ids))?;
        tell(done);
    }
    loop {
        let ids = query!(app.db, search_missing::notebooks(BATCH))?;
        if ids.is_empty() {
            break;
        }
        done += ids.len();
        commit!(app.db, search_missing::fill_notebooks(ids))?;
        tell(done);
    }
    let mut after = PageId(Uuid::nil());
    loop {
        let unread = query!(app.db, search_missing::revisions(after, BATCH))?;
        let full = unread.len() == BATCH as usize;
        let Some(last) = unread.last().map(|(page, ..)| *page) else {
            break;
        };
        // A page with two texts may be cut at the end of a batch: it begins the next one.
        let whole = unread.iter().filter(|(page, ..)| !full || *page != last);
        after = whole.map(|(page, ..)| *page).max().unwrap_or(after);
        done += unread.len();
        let read = content::off_thread(usize::MAX, move || {
            let read = unread.into_iter().map(|(page, revision, format, text)| {
                let body = Body::of(&content::plain(format, &text.content));
                (page, revision, Document::new(&text.title, &body))
            });
            read.collect::<Vec<_>>()
        });
        commit!(app.db, search_missing::fill_revisions(read.await?))?;
        tell(done);
        if !full {
            break;
        }
    }
    Ok(done)
}
