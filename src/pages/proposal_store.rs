//! SQL of changes that the AI proposes.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{Conn, answers, logs, transaction};
use crate::ai::asking::Asked;
use crate::db::schema::edit_proposals as proposals;
use crate::db::types::Timestamp;
use crate::error::Result;
use crate::id::ProposalId;
use crate::logs::Log;
use crate::pages::{Decision, EditProposal};

/// Keeps a proposal with the answer that is to be its text.
pub async fn insert(conn: &mut Conn, proposal: EditProposal, asked: Asked, log: Log) -> Result<()> {
    transaction!(conn, {
        answers::insert(conn, asked.answer, asked.job).await?;
        diesel::insert_into(proposals::table)
            .values(&proposal)
            .execute(conn)
            .await?;
        logs::insert(conn, &log).await
    })
}

/// The proposal of that id.
pub async fn find(conn: &mut Conn, id: ProposalId) -> Result<Option<EditProposal>> {
    let found = proposals::table
        .find(id)
        .select(EditProposal::as_select())
        .first(conn)
        .await
        .optional()?;
    Ok(found)
}

/// Notes what became of a proposal that is open; gives whether it was. Called inside the caller's transaction.
pub async fn decide(
    conn: &mut Conn,
    id: ProposalId,
    decision: Decision,
    now: Timestamp,
) -> Result<bool> {
    let open = proposals::table
        .find(id)
        .filter(proposals::decision.is_null());
    let decided = diesel::update(open)
        .set((
            proposals::decision.eq(decision),
            proposals::decided_at.eq(now),
        ))
        .execute(conn)
        .await?;
    Ok(decided > 0)
}

/// Drops a proposal that is open; gives whether it was.
pub async fn reject(conn: &mut Conn, id: ProposalId, log: Log) -> Result<bool> {
    transaction!(conn, {
        let rejected = decide(conn, id, Decision::Rejected, log.date).await?;
        if rejected {
            logs::insert(conn, &log).await?;
        }
        Ok(rejected)
    })
}
