//! DataLoaders of answers, one set per request; who may see one is decided by what it answers.

use super::answer::{Answer, transcript};
use crate::app::App;
use crate::db::query;
use crate::graphql::loader::Loader;
use crate::id::AnswerId;

/// What resolvers load in batches.
pub struct Loaders {
    /// The AI's answers.
    pub answers: Loader<AnswerId, Answer>,
    /// What they say, as far as they are written.
    pub texts: Loader<AnswerId, String>,
}

impl Loaders {
    /// Loaders for one request.
    pub fn new(app: &App) -> Self {
        Self {
            answers: {
                let db = app.db.clone();
                Loader::new(move |ids| {
                    let db = db.clone();
                    async move {
                        let found = query!(db, answers::by_ids(ids))?.into_iter();
                        Ok(found.map(|answer| (answer.id, answer)).collect())
                    }
                })
            },
            texts: {
                let db = app.db.clone();
                Loader::new(move |ids: Vec<AnswerId>| {
                    let db = db.clone();
                    async move {
                        let texts = ids.into_iter().map(transcript).collect();
                        let found = query!(db, transcripts::texts(texts))?.into_iter();
                        Ok(found.map(|(id, text)| (AnswerId(id.0), text)).collect())
                    }
                })
            },
        }
    }
}
