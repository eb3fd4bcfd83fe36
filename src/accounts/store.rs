//! SQL of accounts.
//!
//! Locks are taken in one order: a change of password first (it shuts out logins that checked the old
//! one), then sessions, then the account itself.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{Backend, Conn, emails, jobs, search_index, sessions, transaction};
use crate::accounts::email::Purpose;
use crate::accounts::{RefreshToken, Session, User, UserChanges, UserSearch};
use crate::db::schema::users;
use crate::error::{Error, Result};
use crate::graphql::paging::{Window, keyset};
use crate::id::{SessionId, UserId};
use crate::jobs::NewJob;
use crate::logs::Log;
use crate::viewer::Role;

/// An account.
pub async fn find(conn: &mut Conn, id: UserId) -> Result<Option<User>> {
    let user = users::table
        .find(id)
        .select(User::as_select())
        .first(conn)
        .await
        .optional()?;
    Ok(user)
}

/// The account of that username, given its key.
pub async fn find_by_username(conn: &mut Conn, key: String) -> Result<Option<User>> {
    let user = users::table
        .filter(users::username_key.eq(key))
        .select(User::as_select())
        .first(conn)
        .await
        .optional()?;
    Ok(user)
}

/// The account of that username or e-mail, given its key, with its password's hash. No username holds an
/// `@` and every address does, so that there is one at most.
pub async fn find_by_login(conn: &mut Conn, key: String) -> Result<Option<(User, Option<String>)>> {
    let found = users::table
        .filter(
            users::username_key
                .eq(key.clone())
                .or(users::email_key.eq(key)),
        )
        .select((User::as_select(), users::password_hash))
        .first(conn)
        .await
        .optional()?;
    Ok(found)
}

/// An account with its password's hash.
pub async fn find_with_password(
    conn: &mut Conn,
    id: UserId,
) -> Result<Option<(User, Option<String>)>> {
    let found = users::table
        .find(id)
        .select((User::as_select(), users::password_hash))
        .first(conn)
        .await
        .optional()?;
    Ok(found)
}

/// The accounts of these ids, in no order.
pub async fn list_by_ids(conn: &mut Conn, ids: Vec<UserId>) -> Result<Vec<User>> {
    let found = users::table
        .filter(users::id.eq_any(ids))
        .select(User::as_select())
        .load(conn)
        .await?;
    Ok(found)
}

/// Accounts by username, one more than the window holds.
pub async fn list(
    conn: &mut Conn,
    search: UserSearch,
    window: Window<(String, UserId)>,
) -> Result<Vec<User>> {
    let found = keyset!(
        matching(search),
        window,
        false,
        users::username_key,
        users::id
    )
    .select(User::as_select())
    .load(conn)
    .await?;
    Ok(found)
}

/// How many accounts there are of that kind.
pub async fn count(conn: &mut Conn, search: UserSearch) -> Result<i64> {
    let count = matching(search).count().get_result(conn).await?;
    Ok(count)
}

fn matching(search: UserSearch) -> users::BoxedQuery<'static, Backend> {
    let mut query = users::table.into_boxed();
    if let Some(prefix) = search.prefix {
        // A range, as LIKE would need escapes and minds case where the collation does not say so.
        // U+10FFFF is the last of all characters.
        let end = format!("{prefix}\u{10FFFF}");
        query = query.filter(
            users::username_key
                .ge(prefix.clone())
                .and(users::username_key.lt(end.clone()))
                .or(users::display_name_key
                    .ge(prefix)
                    .and(users::display_name_key.lt(end))),
        );
    }
    if let Some(role) = search.role {
        query = query.filter(users::role.eq(role));
    }
    query
}

/// Stores a new account.
pub async fn insert(conn: &mut Conn, user: User, password_hash: String, entry: Log) -> Result<()> {
    transaction!(conn, {
        insert_row(conn, &user, password_hash).await?;
        super::logs::insert(conn, &entry).await
    })
}

/// Stores a new account that is signed in at once.
pub async fn register(
    conn: &mut Conn,
    user: User,
    password_hash: String,
    device: (Session, RefreshToken),
    entries: [Log; 2],
    letter: Option<NewJob>,
) -> Result<()> {
    transaction!(conn, {
        insert_row(conn, &user, password_hash).await?;
        sessions::insert(conn, &device.0, &device.1).await?;
        for entry in &entries {
            super::logs::insert(conn, entry).await?;
        }
        enqueue(conn, letter).await
    })
}

async fn insert_row(conn: &mut Conn, user: &User, password_hash: String) -> Result<()> {
    diesel::insert_into(users::table)
        .values((user, users::password_hash.eq(password_hash)))
        .execute(conn)
        .await?;
    search_index::put_user(conn, user).await
}

/// Changes an account and gives it as it is then; a new password ends all its sessions, and both that and
/// a new address the links that were mailed before. `None` where there is none, `refusal` where the last administrator would be demoted.
pub async fn update(
    conn: &mut Conn,
    id: UserId,
    changes: (UserChanges, Option<String>),
    refusal: Error,
    entry: Log,
    letters: Vec<NewJob>,
) -> Result<Option<User>> {
    transaction!(conn, {
        let (changes, password_hash) = changes;
        let another_address = changes.email_key.is_some();
        let renamed =
            changes.username.is_some() || changes.display_name.is_some() || changes.bio.is_some();
        if let Some(hash) = password_hash {
            diesel::update(users::table.find(id))
                .set(users::password_hash.eq(hash))
                .execute(conn)
                .await?;
            emails::void(conn, id, Some(Purpose::ResetPassword), entry.date).await?;
            sessions::end_all(conn, id, None, entry.date).await?;
        }
        if changes.role == Some(Role::User) {
            keep_an_administrator(conn, id, refusal).await?;
        }
        let found = diesel::update(users::table.find(id))
            .set(changes)
            .execute(conn)
            .await?;
        if found == 0 {
            return Ok(None);
        }
        if another_address {
            emails::void(conn, id, None, entry.date).await?;
        }
        super::logs::insert(conn, &entry).await?;
        enqueue(conn, letters).await?;
        let user = find(conn, id).await?;
        if let Some(user) = user.as_ref().filter(|_| renamed) {
            search_index::put_user(conn, user).await?;
        }
        Ok(user)
    })
}

/// Writes the jobs of letters; called inside a transaction.
async fn enqueue(conn: &mut Conn, letters: impl IntoIterator<Item = NewJob>) -> Result<()> {
    for letter in letters {
        jobs::enqueue(conn, letter).await?;
    }
    Ok(())
}

/// Changes the password, if it still is the one that was checked, and ends all sessions but `keep` and the
/// links that were mailed to reset it.
pub async fn change_password(
    conn: &mut Conn,
    id: UserId,
    hashes: (Option<String>, String),
    keep: SessionId,
    entry: Log,
    letter: Option<NewJob>,
) -> Result<Option<User>> {
    transaction!(conn, {
        let (checked, new) = hashes;
        let now = entry.date;
        let mut account = diesel::update(users::table.find(id))
            .set((users::password_hash.eq(new), users::updated_at.eq(now)))
            .into_boxed();
        account = match checked {
            Some(hash) => account.filter(users::password_hash.eq(hash)),
            None => account.filter(users::password_hash.is_null()),
        };
        if account.execute(conn).await? == 0 {
            return Ok(None);
        }
        emails::void(conn, id, Some(Purpose::ResetPassword), now).await?;
        sessions::end_all(conn, id, Some(keep), now).await?;
        super::logs::insert(conn, &entry).await?;
        enqueue(conn, letter).await?;
        find(conn, id).await
    })
}

/// Signs a device in, if the password still is the one that was checked; `rehashed` takes the place of its hash.
pub async fn sign_in(
    conn: &mut Conn,
    checked: String,
    rehashed: Option<String>,
    device: (Session, RefreshToken),
    entry: Log,
) -> Result<bool> {
    transaction!(conn, {
        let (session, token) = device;
        // Written even where nothing changes: the row's lock is what a change of password waits for.
        let held = diesel::update(users::table.find(session.user_id))
            .filter(users::password_hash.eq(checked.clone()))
            .set(users::password_hash.eq(rehashed.unwrap_or(checked)))
            .execute(conn)
            .await?;
        if held == 0 {
            return Ok(false);
        }
        sessions::insert(conn, &session, &token).await?;
        super::logs::insert(conn, &entry).await?;
        Ok(true)
    })
}

/// Removes an account with all that hangs on it; `false` where there is none, `refusal` where it is the
/// last administrator's.
pub async fn delete(conn: &mut Conn, id: UserId, refusal: Error, mut entry: Log) -> Result<bool> {
    transaction!(conn, {
        sessions::delete_all(conn, id).await?;
        keep_an_administrator(conn, id, refusal).await?;
        if diesel::delete(users::table.find(id)).execute(conn).await? == 0 {
            return Ok(false);
        }
        // Who deletes their own account is named by it alone.
        entry.user_id = entry.user_id.filter(|actor| *actor != id);
        super::logs::insert(conn, &entry).await?;
        Ok(true)
    })
}

/// Gives `refusal` where `id` is the only administrator.
async fn keep_an_administrator(conn: &mut Conn, id: UserId, refusal: Error) -> Result<()> {
    let role: Option<Role> = users::table
        .find(id)
        .select(users::role)
        .first(conn)
        .await
        .optional()?;
    if role != Some(Role::Admin) {
        return Ok(());
    }
    // Written without a change, to hold every administrator's row until the end of the transaction: of
    // two who demote each other at once, the second waits here and then finds itself alone.
    diesel::update(users::table.filter(users::role.eq(Role::Admin)))
        .set(users::updated_at.eq(users::updated_at))
        .execute(conn)
        .await?;
    let others: i64 = users::table
        .filter(users::role.eq(Role::Admin))
        .filter(users::id.ne(id))
        .count()
        .get_result(conn)
        .await?;
    if others == 0 { Err(refusal) } else { Ok(()) }
}
