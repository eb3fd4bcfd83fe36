//! Finding accounts.

use crate::accounts::{User, UserSearch, names};
use crate::app::App;
use crate::db::query;
use crate::error::{Code, Error, Result};
use crate::graphql::connection::Items;
use crate::graphql::paging::{PageArgs, Slice, encode};
use crate::id::UserId;
use crate::validate::fold;
use crate::viewer::{Role, Viewer};

/// What lists of users are sorted by, for their cursors.
const ORDER: &str = "USERNAME";
/// Characters of the longest search.
const QUERY_MAX: usize = 100;

/// An account; anybody may know of it.
pub async fn find(app: &App, id: UserId) -> Result<Option<User>> {
    query!(app.db, accounts::find(id))
}

/// The account of that username; anybody may know of it.
pub async fn find_by_username(app: &App, username: &str) -> Result<Option<User>> {
    match names::lookup_key(username) {
        Some(key) => query!(app.db, accounts::find_by_username(key)),
        None => Ok(None),
    }
}

/// A page of the accounts, by username; for signed-in viewers. Roles are for administrators to search by.
pub async fn list(
    app: &App,
    viewer: &Viewer,
    page: PageArgs,
    beginning: Option<&str>,
    role: Option<Role>,
) -> Result<Items<User>> {
    viewer.require()?;
    if role.is_some() && !viewer.is_admin() {
        return Err(Error::refused(
            Code::Forbidden,
            "Only administrators may filter users by role.",
        ));
    }
    let search = UserSearch {
        prefix: beginning.map(prefix).transpose()?.flatten(),
        role,
    };
    let window = page.window(ORDER)?;
    let rows = query!(app.db, accounts::list(search.clone(), window.clone()))?;
    let slice =
        Slice::cut(rows, &window).map(|user| (encode(ORDER, &(&user.username_key, user.id)), user));
    let app = app.clone();
    Ok(Items::new(slice, move || {
        let (app, search) = (app.clone(), search.clone());
        async move { query!(app.db, accounts::count(search)) }
    }))
}

fn prefix(typed: &str) -> Result<Option<String>> {
    let typed = typed.trim();
    if typed.chars().any(char::is_control) {
        return Err(Error::bad_input(
            "`filter.query` holds control characters, which no name has.",
        ));
    }
    if typed.chars().take(QUERY_MAX + 1).count() > QUERY_MAX {
        return Err(Error::bad_input(format!(
            "`filter.query` has more than {QUERY_MAX} characters."
        )));
    }
    Ok(Some(fold(typed)).filter(|prefix| !prefix.is_empty()))
}
