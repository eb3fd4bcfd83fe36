//! The stores of every slice, compiled into each dialect: the one place where the floor names them.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{Backend, Conn, begin, full_text, now, shared, skip_locked};
use crate::db::schema::users;
use crate::db::transaction;
use crate::error::Result;
use crate::id::UserId;
use crate::idempotency::slot;

#[path = "../accounts/store.rs"]
pub mod accounts;
#[path = "../ai/usage_store.rs"]
pub mod ai_usage;
#[path = "../ai/answer_store.rs"]
pub mod answers;
#[path = "../accounts/api_key_store.rs"]
pub mod api_keys;
#[path = "../processing/batch_store.rs"]
pub mod batches;
#[path = "../logs/chain_store.rs"]
pub mod chain;
#[path = "../chat/message_store.rs"]
pub mod chat_messages;
#[path = "../chat/store.rs"]
pub mod chats;
#[path = "../predictions/classification_store.rs"]
pub mod classifications;
#[path = "../datasets/store.rs"]
pub mod datasets;
#[path = "../predictions/drift_store.rs"]
pub mod drifts;
#[path = "../accounts/email_store.rs"]
pub mod emails;
#[path = "../pages/event_store.rs"]
pub mod events;
#[path = "../health/store.rs"]
pub mod health;
#[path = "../idempotency/store.rs"]
pub mod idempotency;
#[path = "../accounts/identity_store.rs"]
pub mod identities;
#[path = "../media/upload_store.rs"]
pub mod image_uploads;
#[path = "../media/use_store.rs"]
pub mod image_uses;
#[path = "../jobs/store.rs"]
pub mod jobs;
#[path = "../keyring/store.rs"]
pub mod keyring;
#[path = "../accounts/live_session_store.rs"]
pub mod live_sessions;
#[path = "../logs/store.rs"]
pub mod logs;
#[path = "../media/store.rs"]
pub mod media;
#[path = "../media/sweep_store.rs"]
pub mod media_sweeps;
#[path = "../models/alias_store.rs"]
pub mod model_aliases;
#[path = "../models/register_store.rs"]
pub mod model_registrations;
#[path = "../models/store.rs"]
pub mod models;
#[path = "../notebooks/changes.rs"]
pub mod notebook_changes;
#[path = "../notebooks/store.rs"]
pub mod notebooks;
#[path = "../pages/organise_store.rs"]
pub mod organising;
#[path = "../pages/store.rs"]
pub mod pages;
#[path = "../predictions/store.rs"]
pub mod predictions;
#[path = "../processing/store.rs"]
pub mod processed_records;
#[path = "../pages/proposal_store.rs"]
pub mod proposals;
#[path = "../legislation/store.rs"]
pub mod propositions;
#[path = "../pages/publish_store.rs"]
pub mod publishing;
#[path = "../pages/restore_store.rs"]
pub mod restoring;
#[path = "../pages/revision_store.rs"]
pub mod revisions;
#[path = "../pages/save_store.rs"]
pub mod saving;
#[path = "../search/store.rs"]
pub mod search;
#[path = "../search/index_store.rs"]
pub mod search_index;
#[path = "../search/missing_store.rs"]
pub mod search_missing;
#[path = "../accounts/session_store.rs"]
pub mod sessions;
#[path = "../transcripts/store.rs"]
pub mod transcripts;

/// Ends a transaction as `outcome` demands. One of a mutation with an idempotency key is noted there by its
/// own commit.
async fn finish<T>(conn: &mut Conn, outcome: Result<T>) -> Result<T> {
    let outcome = match outcome {
        Ok(value) => idempotency::mark(conn).await.map(|()| value),
        failed => failed,
    };
    let finished = crate::db::finish(conn, outcome).await;
    slot::ended(finished.is_ok());
    finished
}

/// Holds an account's row until the end of the transaction that this is called in; gives whether it is there. Who counts
/// what an account has calls this first, so that two who add to it at once are counted one after the other.
async fn hold_user(conn: &mut Conn, id: UserId) -> Result<bool> {
    // Written without a change, as SQLite knows no SELECT … FOR UPDATE.
    let held = diesel::update(users::table.find(id))
        .set(users::updated_at.eq(users::updated_at))
        .execute(conn)
        .await?;
    Ok(held > 0)
}
