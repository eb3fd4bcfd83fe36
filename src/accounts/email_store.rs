//! SQL of mailed tokens.
//!
//! The account's row is locked first, then tokens, then sessions: the order in which passwords change.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{Conn, accounts, api_keys, hold_user, identities, jobs, logs, sessions, transaction};
use crate::accounts::User;
use crate::accounts::email::{EmailToken, PasswordReset, Purpose, Spent};
use crate::db::schema::{email_tokens, users};
use crate::db::types::Timestamp;
use crate::error::Result;
use crate::id::UserId;
use crate::jobs::NewJob;
use crate::logs::Log;

/// The account with this address, given its key.
pub async fn find_user(conn: &mut Conn, email_key: String) -> Result<Option<User>> {
    let found = users::table
        .filter(users::email_key.eq(email_key))
        .select(User::as_select())
        .first(conn)
        .await
        .optional()?;
    Ok(found)
}

/// Stores a token in place of earlier ones for the same purpose. `false` where the account is gone, or has
/// another address by now, or one that needs no verification any more.
pub async fn issue(conn: &mut Conn, token: EmailToken, entry: Option<Log>) -> Result<bool> {
    transaction!(conn, {
        let Some(user) = lock(conn, token.user_id).await? else {
            return Ok(false);
        };
        let is_verified = user.email_verified_at.is_some();
        if user.email_key != token.email_key
            || (is_verified && token.purpose == Purpose::VerifyEmail)
        {
            return Ok(false);
        }
        void(conn, user.id, Some(token.purpose), token.created_at).await?;
        diesel::insert_into(email_tokens::table)
            .values(&token)
            .execute(conn)
            .await?;
        if let Some(entry) = entry {
            logs::insert(conn, &entry).await?;
        }
        Ok(true)
    })
}

/// Writes the job of a letter that somebody asked for, and what the log says about it.
pub async fn request(conn: &mut Conn, letter: NewJob, entry: Option<Log>) -> Result<()> {
    transaction!(conn, {
        jobs::enqueue(conn, letter).await?;
        if let Some(entry) = entry {
            logs::insert(conn, &entry).await?;
        }
        Ok(())
    })
}

/// A token with its account.
pub async fn find(conn: &mut Conn, hash: Vec<u8>) -> Result<Option<(EmailToken, User)>> {
    let found = email_tokens::table
        .inner_join(users::table)
        .filter(email_tokens::hash.eq(hash))
        .select((EmailToken::as_select(), User::as_select()))
        .first(conn)
        .await
        .optional()?;
    Ok(found)
}

/// Uses a token to verify the account's address.
pub async fn verify(
    conn: &mut Conn,
    hash: Vec<u8>,
    user_id: UserId,
    now: Timestamp,
    entry: Log,
) -> Result<Spent> {
    transaction!(conn, {
        let Some(mut user) = lock(conn, user_id).await? else {
            return Ok(Spent::TooLate);
        };
        if let Some(refused) = spend(conn, &hash, &user, now).await? {
            return Ok(refused);
        }
        user.email_verified_at = Some(now);
        user.updated_at = now;
        diesel::update(users::table.find(user_id))
            .set((
                users::email_verified_at.eq(user.email_verified_at),
                users::updated_at.eq(now),
            ))
            .execute(conn)
            .await?;
        logs::insert(conn, &entry).await?;
        Ok(Spent::Now(Box::new(user)))
    })
}

/// Uses a token to set another password: every session ends and a new one begins, and the address counts
/// as verified.
pub async fn reset(conn: &mut Conn, reset: PasswordReset) -> Result<Spent> {
    transaction!(conn, {
        let PasswordReset { user_id, now, .. } = reset;
        let Some(mut user) = lock(conn, user_id).await? else {
            return Ok(Spent::TooLate);
        };
        if let Some(refused) = spend(conn, &reset.token, &user, now).await? {
            return Ok(refused);
        }
        if user.email_verified_at.is_none() {
            // Whoever made the account had not shown that the address is theirs: their ways in go.
            identities::delete_all(conn, user_id).await?;
            api_keys::end_all(conn, user_id, now).await?;
        }
        user.email_verified_at = user.email_verified_at.or(Some(now));
        user.updated_at = now;
        diesel::update(users::table.find(user_id))
            .set((
                users::password_hash.eq(&reset.password_hash),
                users::email_verified_at.eq(user.email_verified_at),
                users::updated_at.eq(now),
            ))
            .execute(conn)
            .await?;
        void(conn, user_id, None, now).await?;
        sessions::end_all(conn, user_id, None, now).await?;
        sessions::insert(conn, &reset.device.0, &reset.device.1).await?;
        for entry in &reset.entries {
            logs::insert(conn, entry).await?;
        }
        for letter in reset.letters {
            jobs::enqueue(conn, letter).await?;
        }
        Ok(Spent::Now(Box::new(user)))
    })
}

/// Ends an account's tokens, of one purpose or all; called inside a transaction.
pub async fn void(
    conn: &mut Conn,
    user_id: UserId,
    purpose: Option<Purpose>,
    now: Timestamp,
) -> Result<()> {
    let mut ended = diesel::update(email_tokens::table)
        .set(email_tokens::expires_at.eq(now))
        .into_boxed()
        .filter(email_tokens::user_id.eq(user_id))
        .filter(email_tokens::used_at.is_null())
        .filter(email_tokens::expires_at.gt(now));
    if let Some(purpose) = purpose {
        ended = ended.filter(email_tokens::purpose.eq(purpose));
    }
    ended.execute(conn).await?;
    Ok(())
}

/// Removes tokens that ended before `before`; gives how many.
pub async fn purge(conn: &mut Conn, before: Timestamp) -> Result<usize> {
    transaction!(conn, {
        let removed = diesel::delete(email_tokens::table)
            .filter(email_tokens::expires_at.lt(before))
            .execute(conn)
            .await?;
        Ok(removed)
    })
}

/// Holds an account's row until the end of the transaction that this is called in.
pub async fn lock(conn: &mut Conn, id: UserId) -> Result<Option<User>> {
    hold_user(conn, id).await?;
    accounts::find(conn, id).await
}

/// Marks a token as used; gives why not, where it is not good.
async fn spend(conn: &mut Conn, hash: &[u8], user: &User, now: Timestamp) -> Result<Option<Spent>> {
    let used = diesel::update(email_tokens::table.find(hash))
        .filter(email_tokens::used_at.is_null())
        .filter(email_tokens::expires_at.gt(now))
        .filter(email_tokens::email_key.eq(&user.email_key))
        .set(email_tokens::used_at.eq(now))
        .execute(conn)
        .await?;
    if used == 1 {
        return Ok(None);
    }
    let used_at: Option<Option<Timestamp>> = email_tokens::table
        .find(hash)
        .select(email_tokens::used_at)
        .first(conn)
        .await
        .optional()?;
    let before = used_at.flatten().is_some();
    Ok(Some(if before {
        Spent::Before
    } else {
        Spent::TooLate
    }))
}
