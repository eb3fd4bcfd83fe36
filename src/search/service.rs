//! Searching: what a viewer may look for, and one page of what is found.

use std::sync::Arc;

use super::query::Query;
use super::{Hit, Place, Reader, Search, SearchKind};
use crate::app::App;
use crate::db::query;
use crate::error::Result;
use crate::graphql::paging::{PageArgs, Slice, encode};
use crate::viewer::Viewer;

/// What cursors of hits belong to.
const ORDER: &str = "SCORE";

/// A page of hits with their cursors.
pub struct Found {
    /// The hits, the best first.
    pub hits: Slice<(String, Hit)>,
    /// The query as it was understood, for snippets.
    pub query: Arc<Query>,
    /// By what the whole is counted; `None` where there is nothing to look for.
    pub search: Option<Search>,
}

/// Searches. Of all kinds where none are named; users only for those who are signed in.
pub async fn search(
    app: &App,
    viewer: &Viewer,
    typed: &str,
    kinds: Option<Vec<SearchKind>>,
    args: PageArgs,
) -> Result<Found> {
    let query = Arc::new(Query::parse(typed)?);
    let window = args.window::<Place>(ORDER)?;
    let named = kinds.is_some();
    let mut kinds: Vec<_> = {
        let kinds = kinds.unwrap_or_else(|| SearchKind::ALL.to_vec());
        let wanted = |kind: &SearchKind| kinds.contains(kind);
        SearchKind::ALL.into_iter().filter(wanted).collect()
    };
    if viewer.is_anonymous() && kinds.contains(&SearchKind::User) {
        if named {
            viewer.require()?;
        }
        kinds.retain(|kind| *kind != SearchKind::User);
    }
    let matching = query.matching().filter(|_| !kinds.is_empty());
    let search = matching.map(|matching| Search {
        matching,
        kinds,
        reader: Reader::of(viewer),
    });
    let hits = match search.clone() {
        Some(search) => query!(app.db, search::find(search, window.after, window.limit()))?,
        None => Vec::new(),
    };
    let hits =
        Slice::cut(hits, &window).map(|hit| (encode(ORDER, &(hit.score, hit.subject_id)), hit));
    Ok(Found {
        hits,
        query,
        search,
    })
}

/// How many hits a search has.
pub async fn count(app: &App, search: Option<Search>) -> Result<i64> {
    match search {
        Some(search) => query!(app.db, search::count(search)),
        None => Ok(0),
    }
}
