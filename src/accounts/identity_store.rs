//! SQL of the accounts elsewhere that sign in here.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{Conn, accounts, emails, jobs, logs, search_index, sessions, transaction};
use crate::accounts::oidc::LinkedIdentity;
use crate::accounts::{RefreshToken, Session, User};
use crate::db::schema::{identities, spent_sign_ins, users};
use crate::db::types::Timestamp;
use crate::error::{Error, Result};
use crate::id::{IdentityId, UserId};
use crate::jobs::NewJob;
use crate::logs::Log;

/// A session that begins, with its first refresh token.
pub type Device = (Session, RefreshToken);

/// The identity of that issuer and subject, with its account.
pub async fn find(
    conn: &mut Conn,
    issuer: String,
    subject: String,
) -> Result<Option<(LinkedIdentity, User)>> {
    let found = identities::table
        .inner_join(users::table)
        .filter(identities::issuer.eq(issuer))
        .filter(identities::subject.eq(subject))
        .select((LinkedIdentity::as_select(), User::as_select()))
        .first(conn)
        .await
        .optional()?;
    Ok(found)
}

/// The identities of an account, the oldest first.
pub async fn list(conn: &mut Conn, user_id: UserId) -> Result<Vec<LinkedIdentity>> {
    let found = identities::table
        .filter(identities::user_id.eq(user_id))
        .order((identities::created_at, identities::id))
        .select(LinkedIdentity::as_select())
        .load(conn)
        .await?;
    Ok(found)
}

/// Notes that a sign-in came back; `false` where it had come before.
pub async fn spend(conn: &mut Conn, state: Vec<u8>, expires_at: Timestamp) -> Result<bool> {
    transaction!(conn, {
        let noted = diesel::insert_into(spent_sign_ins::table)
            .values((
                spent_sign_ins::hash.eq(state),
                spent_sign_ins::expires_at.eq(expires_at),
            ))
            .on_conflict_do_nothing()
            .execute(conn)
            .await?;
        Ok(noted == 1)
    })
}

/// Signs a device in by an identity; `false` where it is gone meanwhile.
pub async fn sign_in(
    conn: &mut Conn,
    id: IdentityId,
    email: Option<String>,
    device: Device,
    entry: Log,
) -> Result<bool> {
    transaction!(conn, {
        let used = diesel::update(identities::table.find(id))
            .set((
                identities::last_used_at.eq(entry.date),
                identities::email.eq(email),
            ))
            .execute(conn)
            .await?;
        if used == 0 {
            return Ok(false);
        }
        sessions::insert(conn, &device.0, &device.1).await?;
        logs::insert(conn, &entry).await?;
        Ok(true)
    })
}

/// Links an identity to an account, and signs in with it where there is a device. `false` where the account
/// is gone, or where `verified`, the key of an address, is not its verified address any more.
pub async fn link(
    conn: &mut Conn,
    identity: LinkedIdentity,
    verified: Option<String>,
    device: Option<Device>,
    entries: Vec<Log>,
    letter: Option<NewJob>,
) -> Result<bool> {
    transaction!(conn, {
        let Some(user) = emails::lock(conn, identity.user_id).await? else {
            return Ok(false);
        };
        let holds = |key: String| user.email_key == key && user.email_verified_at.is_some();
        if !verified.is_none_or(holds) {
            return Ok(false);
        }
        insert(conn, &identity).await?;
        if let Some((session, token)) = device {
            sessions::insert(conn, &session, &token).await?;
        }
        settle(conn, entries, letter).await?;
        Ok(true)
    })
}

/// Stores an account without a password, with the identity that signs in to it.
pub async fn register(
    conn: &mut Conn,
    user: User,
    identity: LinkedIdentity,
    device: Device,
    entries: Vec<Log>,
    letter: Option<NewJob>,
) -> Result<()> {
    transaction!(conn, {
        diesel::insert_into(users::table)
            .values(&user)
            .execute(conn)
            .await?;
        search_index::put_user(conn, &user).await?;
        insert(conn, &identity).await?;
        sessions::insert(conn, &device.0, &device.1).await?;
        settle(conn, entries, letter).await
    })
}

/// Removes an identity of an account; `false` where there is none such, `refusal` where nothing else would
/// sign in to the account.
pub async fn unlink(
    conn: &mut Conn,
    id: IdentityId,
    user_id: UserId,
    refusal: Error,
    entry: Log,
) -> Result<bool> {
    transaction!(conn, {
        emails::lock(conn, user_id).await?;
        let mine = identities::table.filter(identities::user_id.eq(user_id));
        let removed = diesel::delete(mine.filter(identities::id.eq(id)))
            .execute(conn)
            .await?;
        if removed == 0 {
            return Ok(false);
        }
        let others: i64 = mine.count().get_result(conn).await?;
        let account = accounts::find_with_password(conn, user_id).await?;
        if others == 0 && account.is_some_and(|(_, password)| password.is_none()) {
            return Err(refusal);
        }
        logs::insert(conn, &entry).await?;
        Ok(true)
    })
}

/// Removes every identity of an account; called inside a transaction.
pub async fn delete_all(conn: &mut Conn, user_id: UserId) -> Result<()> {
    diesel::delete(identities::table.filter(identities::user_id.eq(user_id)))
        .execute(conn)
        .await?;
    Ok(())
}

/// Forgets the sign-ins that could not come back any more anyway; gives how many.
pub async fn purge(conn: &mut Conn, before: Timestamp) -> Result<usize> {
    transaction!(conn, {
        let removed = diesel::delete(spent_sign_ins::table)
            .filter(spent_sign_ins::expires_at.lt(before))
            .execute(conn)
            .await?;
        Ok(removed)
    })
}

async fn insert(conn: &mut Conn, identity: &LinkedIdentity) -> Result<()> {
    diesel::insert_into(identities::table)
        .values(identity)
        .execute(conn)
        .await?;
    Ok(())
}

async fn settle(conn: &mut Conn, entries: Vec<Log>, letter: Option<NewJob>) -> Result<()> {
    for entry in &entries {
        logs::insert(conn, entry).await?;
    }
    if let Some(letter) = letter {
        jobs::enqueue(conn, letter).await?;
    }
    Ok(())
}
