//! DataLoaders of notebooks, one set per request.

use std::collections::HashMap;

use super::{Collaborator, Notebook, Seen};
use crate::app::App;
use crate::db::query;
use crate::graphql::loader::Loader;
use crate::id::{NotebookId, UserId};
use crate::viewer::Viewer;

/// The newest notebooks of an owner: whether drafts count, and how many.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NewestOf {
    /// The owner.
    pub owner: UserId,
    /// Whether drafts count.
    pub drafts: bool,
    /// How many to read.
    pub limit: i64,
}

/// What resolvers load in batches.
pub struct Loaders {
    /// Notebooks that the viewer may see.
    pub notebooks: Loader<NotebookId, Seen>,
    /// Everybody who shares a notebook.
    pub collaborators: Loader<NotebookId, Vec<Collaborator>>,
    /// The newest notebooks of a user.
    pub newest: Loader<NewestOf, Vec<Notebook>>,
    /// How many notebooks a user has; with or without drafts.
    pub counts: Loader<(UserId, bool), i64>,
}

impl Loaders {
    /// Loaders for one request.
    pub fn new(app: &App, viewer: &Viewer) -> Self {
        Self {
            notebooks: {
                let (db, viewer) = (app.db.clone(), viewer.clone());
                Loader::new(move |ids| {
                    let (db, viewer) = (db.clone(), viewer.clone());
                    async move {
                        let rows = query!(db, notebooks::by_ids(ids, viewer.id()))?;
                        Ok(rows
                            .into_iter()
                            .filter_map(|row| Seen::by(&viewer, row))
                            .map(|seen| (seen.notebook.id, seen))
                            .collect())
                    }
                })
            },
            collaborators: {
                let db = app.db.clone();
                Loader::new(move |ids: Vec<NotebookId>| {
                    let db = db.clone();
                    async move {
                        let mut found: HashMap<_, Vec<_>> = HashMap::new();
                        for share in query!(db, notebooks::collaborators_of(ids))? {
                            found.entry(share.notebook_id).or_default().push(share);
                        }
                        Ok(found)
                    }
                })
            },
            newest: {
                let db = app.db.clone();
                Loader::new(move |keys: Vec<NewestOf>| {
                    let db = db.clone();
                    async move {
                        let mut groups: HashMap<(bool, i64), Vec<UserId>> = HashMap::new();
                        for key in &keys {
                            let group = groups.entry((key.drafts, key.limit)).or_default();
                            group.push(key.owner);
                        }
                        let mut found: HashMap<_, Vec<_>> = HashMap::new();
                        for ((drafts, limit), owners) in groups {
                            for notebook in query!(db, notebooks::newest_of(owners, drafts, limit))?
                            {
                                let key = NewestOf {
                                    owner: notebook.owner_id,
                                    drafts,
                                    limit,
                                };
                                found.entry(key).or_default().push(notebook);
                            }
                        }
                        Ok(found)
                    }
                })
            },
            counts: {
                let db = app.db.clone();
                Loader::new(move |keys: Vec<(UserId, bool)>| {
                    let db = db.clone();
                    async move {
                        let mut found = HashMap::new();
                        for drafts in [false, true] {
                            let owners: Vec<_> = keys
                                .iter()
                                .filter(|key| key.1 == drafts)
                                .map(|key| key.0)
                                .collect();
                            if !owners.is_empty() {
                                for (owner, count) in
                                    query!(db, notebooks::count_of(owners, drafts))?
                                {
                                    found.insert((owner, drafts), count);
                                }
                            }
                        }
                        Ok(found)
                    }
                })
            },
        }
    }
}
