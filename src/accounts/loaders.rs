//! DataLoaders of accounts: the users that the fields of one request name, in one statement.

use std::collections::HashMap;

use super::User;
use crate::app::App;
use crate::db::query;
use crate::graphql::loader::Loader;
use crate::id::UserId;

/// The loaders of one request.
pub struct Loaders {
    /// Users by their ids.
    pub users: Loader<UserId, User>,
}

impl Loaders {
    /// Loaders that read from the application's database.
    pub fn new(app: &App) -> Self {
        let app = app.clone();
        Self {
            users: Loader::new(move |ids| {
                let app = app.clone();
                async move {
                    let users = query!(app.db, accounts::list_by_ids(ids))?;
                    let by_id: HashMap<_, _> =
                        users.into_iter().map(|user| (user.id, user)).collect();
                    Ok(by_id)
                }
            }),
        }
    }
}
