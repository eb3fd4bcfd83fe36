//! SQL of texts that grow.

use super::{Conn, shared, transaction};
use crate::db::schema::{transcript_pieces as pieces, transcripts};
use crate::error::Result;
use crate::id::{TranscriptId, UserId};
use crate::transcripts::{Piece, Stored};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

/// Begins a text; called inside the caller's transaction.
pub async fn open(conn: &mut Conn, id: TranscriptId, owner: UserId) -> Result<()> {
    diesel::insert_into(transcripts::table)
        .values((
            transcripts::id.eq(id),
            transcripts::owner_id.eq(owner),
            transcripts::closed.eq(false),
            transcripts::text.eq(""),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Stores pieces, those of texts that are still open; gives which texts these are.
pub async fn append(conn: &mut Conn, written: Vec<Piece>) -> Result<Vec<TranscriptId>> {
    transaction!(conn, {
        let ids: Vec<TranscriptId> = written.iter().map(|piece| piece.transcript).collect();
        // Locked, so that none of them is closed between this and the commit, and in one order for everybody.
        let open: Vec<TranscriptId> = shared!(
            transcripts::table
                .filter(transcripts::id.eq_any(ids))
                .filter(transcripts::closed.eq(false))
                .order(transcripts::id)
                .select(transcripts::id)
        )
        .load(conn)
        .await?;
        for piece in written
            .iter()
            .filter(|piece| open.contains(&piece.transcript))
        {
            diesel::insert_into(pieces::table)
                .values((
                    pieces::transcript_id.eq(piece.transcript),
                    pieces::start.eq(piece.start),
                    pieces::text.eq(&piece.text),
                ))
                // One that is there was stored by a try whose answer was lost.
                .on_conflict_do_nothing()
                .execute(conn)
                .await?;
        }
        Ok(open)
    })
}

/// Closes a text and gives the whole of it; `None` where it is closed already, or was never begun. Called inside the
/// caller's transaction.
pub async fn close(conn: &mut Conn, id: TranscriptId) -> Result<Option<String>> {
    let open = transcripts::table
        .find(id)
        .filter(transcripts::closed.eq(false));
    let closed = diesel::update(open)
        .set(transcripts::closed.eq(true))
        .execute(conn)
        .await?;
    if closed == 0 {
        return Ok(None);
    }
    let text = of_pieces(conn, id, 0).await?;
    diesel::update(transcripts::table.find(id))
        .set(transcripts::text.eq(&text))
        .execute(conn)
        .await?;
    diesel::delete(pieces::table.filter(pieces::transcript_id.eq(id)))
        .execute(conn)
        .await?;
    Ok(Some(text))
}

/// A text from its character `from` on; `None` where there is no such text.
pub async fn read(conn: &mut Conn, id: TranscriptId, from: i32) -> Result<Option<Stored>> {
    let stored = || {
        transcripts::table
            .find(id)
            .select((transcripts::closed, transcripts::text))
    };
    let found: Option<(bool, String)> = stored().first(conn).await.optional()?;
    let found = match found {
        Some((false, _)) => {
            let text = of_pieces(conn, id, from).await?;
            // It may have been closed, and its pieces removed, since the line before.
            let now: Option<(bool, String)> = stored().first(conn).await.optional()?;
            match now {
                Some((false, _)) => {
                    return Ok(Some(Stored {
                        text,
                        closed: false,
                    }));
                }
                now => now,
            }
        }
        found => found,
    };
    let from = usize::try_from(from).unwrap_or(0);
    Ok(found.map(|(_, text)| Stored {
        text: text.chars().skip(from).collect(),
        closed: true,
    }))
}

/// Texts as far as they are stored, whether they are closed or not.
pub async fn texts(conn: &mut Conn, ids: Vec<TranscriptId>) -> Result<Vec<(TranscriptId, String)>> {
    // Pieces first: those of a text that is closed in between are in its row by then.
    let growing: Vec<(TranscriptId, String)> = pieces::table
        .filter(pieces::transcript_id.eq_any(ids.clone()))
        .order((pieces::transcript_id, pieces::start))
        .select((pieces::transcript_id, pieces::text))
        .load(conn)
        .await?;
    let mut found: Vec<(TranscriptId, bool, String)> = transcripts::table
        .filter(transcripts::id.eq_any(ids))
        .select((transcripts::id, transcripts::closed, transcripts::text))
        .load(conn)
        .await?;
    for (id, closed, text) in &mut found {
        if !*closed {
            let pieces = growing.iter().filter(|(of, _)| of == id);
            *text = pieces.map(|(_, piece)| piece.as_str()).collect();
        }
    }
    Ok(found.into_iter().map(|(id, _, text)| (id, text)).collect())
}

/// What stands in the pieces from the character `from` on.
async fn of_pieces(conn: &mut Conn, id: TranscriptId, from: i32) -> Result<String> {
    let first: Option<i32> = pieces::table
        .filter(pieces::transcript_id.eq(id))
        .filter(pieces::start.le(from))
        .select(diesel::dsl::max(pieces::start))
        .first(conn)
        .await?;
    let first = first.unwrap_or(0);
    let texts: Vec<String> = pieces::table
        .filter(pieces::transcript_id.eq(id))
        .filter(pieces::start.ge(first))
        .order(pieces::start)
        .select(pieces::text)
        .load(conn)
        .await?;
    let before = usize::try_from(from - first).unwrap_or(0);
    let text = texts.concat();
    Ok(match before {
        0 => text,
        before => text.chars().skip(before).collect(),
    })
}
