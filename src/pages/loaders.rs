//! DataLoaders of pages and revisions, one set per request.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Counts, Page, Revision, Seen, Shelf, Text};
use crate::app::App;
use crate::db::query;
use crate::graphql::loader::Loader;
use crate::graphql::paging::Window;
use crate::id::{NotebookId, PageId, RevisionId};
use crate::viewer::Viewer;

/// A page of one notebook's list of pages.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PagesOf {
    /// The notebook.
    pub notebook: NotebookId,
    /// Which of its pages.
    pub shelf: Shelf,
    /// Which part of the list.
    pub window: Window<(i32, PageId)>,
}

/// A page of one page's list of revisions.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RevisionsOf {
    /// The page.
    pub page: PageId,
    /// Whether autosaves count.
    pub autosaves: bool,
    /// Which part of the list.
    pub window: Window<(i32, RevisionId)>,
}

/// What resolvers load in batches.
pub struct Loaders {
    /// Pages that the viewer may see.
    pub pages: Loader<PageId, Seen>,
    /// Parts of notebooks' lists of pages, one row longer than the window where there is more.
    pub pages_of: Loader<PagesOf, Vec<Page>>,
    /// How many pages and words a notebook has on a shelf.
    pub counts: Loader<(NotebookId, Shelf), Counts>,
    /// Revisions without their text; who may see one is decided by its page.
    pub revisions: Loader<RevisionId, Revision>,
    /// The texts of revisions.
    pub texts: Loader<RevisionId, Arc<Text>>,
    /// Parts of pages' lists of revisions, one row longer than the window where there is more.
    pub revisions_of: Loader<RevisionsOf, Vec<Revision>>,
    /// How many revisions a page has; with or without autosaves.
    pub revision_counts: Loader<(PageId, bool), i64>,
}

/// Gathers keys that differ only in their parent, so that one statement serves them all.
fn grouped<K, P, G: std::hash::Hash + Eq>(
    keys: Vec<K>,
    split: impl Fn(K) -> (P, G),
) -> HashMap<G, Vec<P>> {
    let mut groups: HashMap<G, Vec<P>> = HashMap::new();
    for key in keys {
        let (parent, group) = split(key);
        groups.entry(group).or_default().push(parent);
    }
    groups
}

impl Loaders {
    /// Loaders for one request.
    pub fn new(app: &App, viewer: &Viewer) -> Self {
        let db = app.db.clone();
        let viewer = viewer.clone();
        Self {
            pages: {
                let db = db.clone();
                Loader::new(move |ids: Vec<PageId>| {
                    let (db, viewer) = (db.clone(), viewer.clone());
                    async move {
                        let rows = query!(db, pages::by_ids(ids, viewer.id()))?;
                        Ok(rows
                            .into_iter()
                            .filter_map(|row| Seen::by(&viewer, row))
                            .map(|seen| (seen.page.id, seen))
                            .collect())
                    }
                })
            },
            pages_of: {
                let db = db.clone();
                Loader::new(move |keys: Vec<PagesOf>| {
                    let db = db.clone();
                    async move {
                        let mut found: HashMap<_, Vec<_>> = HashMap::new();
                        let groups = grouped(keys, |key| (key.notebook, (key.shelf, key.window)));
                        for ((shelf, window), notebooks) in groups {
                            let rows =
                                query!(db, pages::list_of(notebooks, shelf, window.clone()))?;
                            for page in rows {
                                let key = PagesOf {
                                    notebook: page.notebook_id,
                                    shelf,
                                    window: window.clone(),
                                };
                                found.entry(key).or_default().push(page);
                            }
                        }
                        Ok(found)
                    }
                })
            },
            counts: {
                let db = db.clone();
                Loader::new(move |keys: Vec<(NotebookId, Shelf)>| {
                    let db = db.clone();
                    async move {
                        let mut found = HashMap::new();
                        for (shelf, notebooks) in grouped(keys, |key| key) {
                            for (notebook, counts) in query!(db, pages::count_of(notebooks, shelf))?
                            {
                                found.insert((notebook, shelf), counts);
                            }
                        }
                        Ok(found)
                    }
                })
            },
            revisions: {
                let db = db.clone();
                Loader::new(move |ids: Vec<RevisionId>| {
                    let db = db.clone();
                    async move {
                        let rows = query!(db, revisions::by_ids(ids))?;
                        Ok(rows.into_iter().map(|row| (row.id, row)).collect())
                    }
                })
            },
            texts: {
                let db = db.clone();
                Loader::new(move |ids: Vec<RevisionId>| {
                    let db = db.clone();
                    async move {
                        let rows = query!(db, revisions::texts(ids))?;
                        Ok(rows
                            .into_iter()
                            .map(|(id, text)| (id, Arc::new(text)))
                            .collect())
                    }
                })
            },
            revisions_of: {
                let db = db.clone();
                Loader::new(move |keys: Vec<RevisionsOf>| {
                    let db = db.clone();
                    async move {
                        let mut found: HashMap<_, Vec<_>> = HashMap::new();
                        let groups = grouped(keys, |key| (key.page, (key.autosaves, key.window)));
                        for ((autosaves, window), pages) in groups {
                            let rows =
                                query!(db, revisions::list_of(pages, autosaves, window.clone()))?;
                            for revision in rows {
                                let key = RevisionsOf {
                                    page: revision.page_id,
                                    autosaves,
                                    window: window.clone(),
                                };
                                found.entry(key).or_default().push(revision);
                            }
                        }
                        Ok(found)
                    }
                })
            },
            revision_counts: Loader::new(move |keys: Vec<(PageId, bool)>| {
                let db = db.clone();
                async move {
                    let mut found = HashMap::new();
                    for (autosaves, pages) in grouped(keys, |key| key) {
                        for (page, count) in query!(db, revisions::count_of(pages, autosaves))? {
                            found.insert((page, autosaves), count);
                        }
                    }
                    Ok(found)
                }
            }),
        }
    }
}
